// The phone page: what a citizen sees and writes, and what the gateway saw. Polls once a second.
import { all, ask, chooseLast, drawFault, element, inOrder, live, memory, offer, one, tell, who } from "./page.js";

const PAUSE = 1000;
const SHOWN = 200;
const { kept, keep } = memory("simulator.phones");

const messages = new Map();
let turns = [];
let calls = [];
let change = 0;
let round = 0; // grows when another phone is chosen: answers of an earlier round are dropped
let timer;

const clock = (at, seconds) =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds && { second: "2-digit" }) });

// ---- which phone

function choose(number) {
  if (offer(number)) keep({ own: [...new Set([...(kept().own || []), number])].slice(-20) });
  who.value = number;
  keep({ last: number });
  messages.clear();
  turns = [];
  calls = [];
  change = 0;
  round += 1;
  for (const side of all(".dials")) forget(side);
  draw();
  poll();
}

// ---- drawing

function stateOf(message) {
  if (message.direction === "refused") return [message.state[0].toUpperCase() + message.state.slice(1), "late"];
  if (message.state === "lost") return ["Never taken", "late"];
  if (message.state === "delivered") return ["Delivered", "met"];
  if (message.tries > 0 && (message.answer < 200 || message.answer > 299)) {
    return [`${message.answer || "No"} answer${message.answer ? "ed" : ""}, try ${message.tries}`, "soon"];
  }
  return [{ new: "On its way", accepted: "Taken", sent: "Sent" }[message.state] || message.state, ""];
}

function bubble(message) {
  const made = element("li", message.direction === "in" ? "bubble me" : "bubble");
  made.append(element("span", "words", message.text));
  const [word] = stateOf(message);
  made.append(element("small", "", `${clock(message.at)}, ${word.toLowerCase()}`));
  return made;
}

function row(message) {
  const made = element("li");
  const [word, colour] = stateOf(message);
  const line = element("div", "line");
  line.append(element("strong", "", "SMS"), element("span", `chip ${colour}`, word));
  const length = [...message.text].length;
  const what = {
    in: `In from ${message.from} to ${message.to}, ${length} characters`,
    out: `Out to ${message.to} from ${message.from}, ${length} characters`,
    refused: `Not taken: to ${message.to} from ${message.from}`,
  }[message.direction];
  const hook = message.answer ? `, hook ${message.answer} in ${message.ms} ms` : "";
  const body = element("div", "what");
  body.append(line, element("div", "", what + hook));
  if (message.text) body.append(element("code", "", `id=${message.id}`));
  made.append(element("time", "", clock(message.at, true)), body);
  return made;
}

function turnRow(turn) {
  const made = element("li");
  const line = element("div", "line");
  const fine = !turn.fault && turn.answer === 200;
  line.append(element("strong", "", "USSD"), element("span", `chip ${fine ? "met" : "late"}`, fine ? (turn.ends ? "Ended" : "Goes on") : "Fault"));
  const body = element("div", "what");
  const what = `${turn.code} from ${turn.phone}, hook ${turn.answer || "no answer"} in ${turn.ms} ms, ${[...turn.answered].length} characters`;
  body.append(line, element("div", "", what));
  if (turn.fault) body.append(element("div", "", `Fault: ${turn.fault}`));
  const bytes = element("details");
  bytes.append(element("summary", "", "Request and answer"), element("code", "", turn.asked), element("code", "answered", turn.answered));
  body.append(bytes);
  made.append(element("time", "", clock(turn.at, true)), body);
  return made;
}

function callRow(request) {
  const made = element("li");
  const fine = request.answer >= 200 && request.answer < 300;
  const line = element("div", "line");
  line.append(element("strong", "", "Call"), element("span", `chip ${fine ? "met" : "late"}`, `${request.answer || "No answer"} in ${request.ms} ms`));
  const body = element("div", "what");
  body.append(line, element("div", "", `${request.reads ? "Asked" : "Told"} at ${request.event}: ${request.phone} on ${request.line}`));
  const bytes = element("details");
  bytes.append(element("summary", "", "Request and answer"), element("code", "", request.asked), element("code", "answered", request.answered));
  body.append(bytes);
  made.append(element("time", "", clock(request.at, true)), body);
  return made;
}

function drawThread(side, sorted) {
  const thread = one(".thread", side);
  const atEnd = thread.scrollTop + thread.clientHeight >= thread.scrollHeight - 40;
  const own = sorted.filter((message) => message.account === side.dataset.account && message.direction !== "refused");
  thread.replaceChildren(...own.slice(-SHOWN).map(bubble));
  if (atEnd) thread.scrollTop = thread.scrollHeight;
}

function draw() {
  const sorted = inOrder(messages);
  for (const side of all(".side:not(.dials):not(.caller)")) drawThread(side, sorted);
  const seen = [...sorted.map((message) => [message.at, row(message)]), ...turns.map((turn) => [turn.at, turnRow(turn)]), ...calls.map((one) => [one.at, callRow(one)])];
  seen.sort(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0));
  one("#ledger").replaceChildren(...seen.slice(0, SHOWN).map(([, made]) => made));
  one("#empty").hidden = seen.length > 0;
}

function drawFaults(faults) {
  gateways = Object.keys(faults);
  drawFault(Object.values(faults).find((fault) => fault.mode !== "ok") || { mode: "ok" });
}
let gateways = [];

// ---- talking to the simulator

async function poll() {
  clearTimeout(timer);
  const mine = round;
  try {
    const last = turns.length ? turns[turns.length - 1].number : 0;
    const heard = calls.length ? calls[calls.length - 1].number : 0;
    const query = new URLSearchParams({ after: change, turns: last, calls: heard, ...(who.value && { phone: who.value }) });
    const data = await ask(`ledger?${query}`);
    if (mine !== round) return;
    const fresh = data.change < change; // another data folder: start over
    if (fresh) { messages.clear(); turns = []; calls = []; }
    turns = [...turns, ...data.turns].slice(-SHOWN);
    calls = [...calls, ...data.calls].slice(-SHOWN);
    change = fresh ? 0 : data.change;
    for (const message of data.items) if (message.gateway !== "mailbox") messages.set(message.id, message);
    if (data.items.length || data.turns.length || data.calls.length || fresh) draw();
    drawFaults(data.faults);
    live(true);
    const shown = all(".side:not(.caller)").map((side) => side.dataset.account);
    const lines = all("#line option").map((option) => option.value);
    if (String(data.accounts) !== String(shown) || String(data.lines) !== String(lines)) {
      tell("The accounts have changed. Load this page again to see them.");
    }
  } catch (problem) {
    if (mine !== round) return;
    live(false);
  }
  const now = clock(Date.now());
  for (const place of all(".clock")) place.textContent = now;
  timer = setTimeout(poll, PAUSE);
}

async function write(form) {
  const side = form.closest(".side");
  const text = form.elements.text;
  if (!text.value.trim()) return;
  if (!who.value) { one("#ask").showModal(); return; }
  const button = one("button", form);
  button.disabled = true;
  try {
    await ask("sms", { from: who.value, to: side.dataset.address, text: text.value });
    text.value = "";
    tell("");
    poll();
  } catch (problem) {
    tell(problem.message);
  } finally {
    button.disabled = false;
  }
}

async function misbehave(mode) {
  try {
    for (const gateway of gateways) await ask("faults", { gateway, mode, seconds: 60 });
    tell("");
    poll();
  } catch (problem) {
    tell(problem.message);
  }
}

// ---- dialling

const sessions = new Map(); // which session each code's phone is in

function forget(side) {
  sessions.delete(side.dataset.account);
  show(side, "Dial the code to begin.", true);
}

function show(side, text, end) {
  one(".popup", side).textContent = text;
  one(".count", side).textContent = sessions.has(side.dataset.account) || end ? "" : "…";
  for (const part of all(".keyed input, .keyed button, .hang", side)) part.disabled = end;
  one(".dial", side).textContent = "Dial";
  if (!end) one(".keyed input", side).focus();
}

async function pass(side, body) {
  if (!who.value) { one("#ask").showModal(); return; }
  const buttons = all("button", side);
  const mine = round;
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await ask("ussd", body);
    if (mine !== round) return;
    if (answer.end) sessions.delete(side.dataset.account); else sessions.set(side.dataset.account, answer.session);
    show(side, answer.text, answer.end);
    one(".count", side).textContent = `${[...answer.text].length + 4} characters${answer.end ? ", the session has ended" : ""}`;
    tell("");
    poll();
  } catch (problem) {
    forget(side);
    tell(problem.message);
  } finally {
    one(".dial", side).disabled = false;
  }
}

for (const side of all(".dials")) {
  one(".dial", side).addEventListener("click", () => pass(side, { phone: who.value, code: side.dataset.address }));
  one(".hang", side).addEventListener("click", async () => {
    const session = sessions.get(side.dataset.account);
    forget(side);
    try { if (session) await ask("ussd/end", { session }); tell(""); } catch (problem) { tell(problem.message); }
  });
  one(".keyed", side).addEventListener("submit", (event) => {
    event.preventDefault();
    const field = one(".keyed input", side);
    const session = sessions.get(side.dataset.account);
    if (!session || field.disabled) return;
    const input = field.value;
    field.value = "";
    pass(side, { session, input });
  });
}

function face(name) {
  one("#main").dataset.shown = name;
  for (const tab of all(".tabs [data-face]")) tab.setAttribute("aria-pressed", String(tab.dataset.face === name));
  for (const part of all(".side")) part.classList.toggle("shown", part.dataset.account === name);
  one(".card").classList.toggle("shown", name === "gateway");
  for (const thread of all(".thread")) thread.scrollTop = thread.scrollHeight;
}

for (const form of all(".write:not(.keyed)")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); write(form); });
  form.elements.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
}
for (const button of all("[data-mode]")) button.addEventListener("click", () => misbehave(button.dataset.mode));
for (const tab of all(".tabs [data-face]")) tab.addEventListener("click", () => face(tab.dataset.face));
who.addEventListener("change", () => choose(who.value));
one("#new-phone").addEventListener("click", () => one("#ask").showModal());
one("#ask-cancel").addEventListener("click", () => one("#ask").close());
one("#ask form").addEventListener("submit", () => {
  choose(one("#number").value.replace(/\s/g, ""));
  one("#number").value = "";
});

for (const number of kept().own || []) offer(number);
face(all(".tabs [data-face]")[0].dataset.face);
chooseLast(kept().last);
poll();
