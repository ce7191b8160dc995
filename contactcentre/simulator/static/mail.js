// The mailbox page: what a citizen's mail program shows, and what it hides. Polls once a second.
import { all, ask, chooseLast, drawFault, element, inOrder, live, memory, offer, one, tell, who } from "./page.js";

const PAUSE = 1000;
const { kept, keep } = memory("simulator.addresses");
const LARGEST = 10 * 1024 * 1024; // of all files of one mail

const mails = new Map();
let change = 0;
let round = 0; // grows when another address is chosen: answers of an earlier round are dropped
let opened = ""; // the conversation that is shown; empty: a new mail is being written
let answered = null; // the mail that the form answers
let timer;

const clock = (at) => new Date(at).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

// ---- whose mailbox

function offerMailbox(address, name) {
  const option = offer(address, name ? `${address}, ${name}` : address);
  if (option) option.dataset.name = name;
}

function choose(address, name = "") {
  offerMailbox(address, name);
  who.value = address;
  keep({ last: address });
  mails.clear();
  change = 0;
  round += 1;
  show("");
  one(".mails").classList.remove("reads");
  poll();
}

// ---- drawing

function stateOf(mail) {
  if (mail.direction === "refused") return [mail.state, "late"];
  if (mail.direction === "out") return ["Arrived", "met"];
  if (mail.state === "lost") return ["Never taken", "late"];
  if (mail.state === "delivered") return ["In the Assembly's mailbox", "met"];
  if (mail.tries > 0) return [`${mail.answer || "No"} answer${mail.answer ? "ed" : ""}, try ${mail.tries}`, "soon"];
  return ["On its way", ""];
}

function threads() {
  const found = new Map();
  for (const mail of inOrder(mails)) {
    const known = found.get(mail.thread) || [];
    found.delete(mail.thread); // the latest stands last
    found.set(mail.thread, [...known, mail]);
  }
  return [...found].reverse();
}

function titleOf(own) {
  return own[0].subject || (own[0].direction === "refused" ? "Not taken" : "(no subject)");
}

function threadRow([key, own]) {
  const made = element("li");
  const button = element("button");
  button.type = "button";
  const latest = own[own.length - 1];
  button.dataset.thread = key;
  if (key === opened) button.setAttribute("aria-current", "true");
  const time = element("time", "", clock(latest.at));
  time.dateTime = latest.at;
  button.append(element("span", "subject", `${titleOf(own)}${own.length > 1 ? ` (${own.length})` : ""}`), time);
  button.append(element("span", "first", latest.text.slice(0, 120) || stateOf(latest)[0]));
  button.addEventListener("click", () => { show(key); one(".mails").classList.add("reads"); one("#open-title").focus(); });
  made.append(button);
  return made;
}

function letter(mail) {
  const made = one("#letter").content.firstElementChild.cloneNode(true);
  const [word, colour] = stateOf(mail);
  made.dataset.id = mail.id;
  made.classList.toggle("mine", mail.direction === "in");
  one(".from", made).textContent = mail.sender || mail.from || "The Assembly";
  const state = one(".state", made);
  state.textContent = word;
  state.className = `chip state ${colour}`;
  const about = [`${clock(mail.at)}, to ${mail.to}`];
  if (mail.by_machine) about.push("sent by a machine");
  if (mail.answer_to && mail.direction === "out") about.push(`answers go to ${mail.answer_to}`);
  one(".about", made).textContent = about.join("; ");
  one(".words", made).textContent = mail.text;
  one(".files", made).hidden = !mail.files.length;
  one(".files", made).append(...mail.files.map((file) => element("li", "chip", `${file.name || file.type}, ${Math.ceil(file.bytes / 1024)} KB`)));
  one(".hidden-parts", made).hidden = !mail.kept;
  one("pre", made).textContent = mail.headers;
  one("a", made).href = `/simulator/api/mail?id=${encodeURIComponent(mail.id)}`;
  const acts = one(".acts", made);
  acts.hidden = !(mail.kept && mail.direction === "out" && mail.envelope);
  one(".bounce", made).addEventListener("click", () => act("mail/bounce", { id: mail.id, reason: one(".reason", made).value }));
  one(".away", made).addEventListener("click", () => act("mail/away", { id: mail.id }));
  return made;
}

function draw() {
  const every = threads();
  one("#threads").replaceChildren(...every.map(threadRow));
  one("#empty").hidden = every.length > 0;
  const own = (every.find(([key]) => key === opened) || [])[1];
  one("#open").hidden = !own;
  one("#new").hidden = Boolean(own);
  if (!own) return;
  one("#open-title").textContent = titleOf(own);
  const unfolded = new Set(all(".letter:has(details[open])").map((part) => part.dataset.id));
  const reasons = new Map(all(".letter").map((part) => [part.dataset.id, one(".reason", part).value]));
  one("#letters").replaceChildren(...own.map(letter));
  for (const part of all(".letter")) {
    one("details", part).open = unfolded.has(part.dataset.id);
    if (reasons.has(part.dataset.id)) one(".reason", part).value = reasons.get(part.dataset.id);
  }
  const ours = own.filter((mail) => mail.direction === "out" && mail.kept);
  answered = ours[ours.length - 1] || null;
  one("#reply").hidden = !answered;
  one("#reply-to").textContent = answered ? answered.answer_to : "";
}

function show(key) {
  opened = key;
  draw();
}

// ---- talking to the simulator

async function poll() {
  clearTimeout(timer);
  const mine = round;
  try {
    if (who.value) {
      const data = await ask(`mails?${new URLSearchParams({ after: change, citizen: who.value })}`);
      if (mine !== round) return;
      const fresh = data.change < change; // another data folder: start over
      if (fresh) mails.clear();
      change = fresh ? 0 : data.change;
      for (const mail of data.items) mails.set(mail.id, mail);
      if (data.items.length || fresh) draw();
      drawFault(data.fault);
    }
    live(true);
  } catch (problem) {
    if (mine !== round) return;
    live(false);
  }
  timer = setTimeout(poll, PAUSE);
}

async function act(path, body) {
  try {
    await ask(path, body);
    tell("");
    poll();
  } catch (problem) {
    tell(problem.message);
  }
}

async function filesOf(form) {
  const chosen = [...all("input[type=file]", form)].flatMap((field) => [...field.files]);
  if (chosen.reduce((sum, file) => sum + file.size, 0) > LARGEST) throw new Error("files: more than 10 MB together do not fit into one mail here");
  return Promise.all(chosen.map(async (file) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let n = 0; n < bytes.length; n += 32768) text += String.fromCharCode(...bytes.subarray(n, n + 32768));
    return { name: file.name, type: file.type, content: btoa(text) };
  }));
}

async function send(form, values) {
  if (!who.value) { one("#ask").showModal(); return; }
  const button = one("button", form);
  const mine = round;
  button.disabled = true;
  try {
    const name = who.selectedOptions[0].dataset.name || "";
    const sent = await ask("mail", { from: who.value, name, files: await filesOf(form), ...values });
    form.reset();
    tell("");
    if (mine === round && !values.answers) opened = sent.id;
    one(".mails").classList.add("reads");
    poll();
  } catch (problem) {
    tell(problem.message);
  } finally {
    button.disabled = false;
  }
}

one("#write").addEventListener("submit", (event) => {
  event.preventDefault();
  const { to, subject, text, html, forged } = event.target.elements;
  send(event.target, { to: to.value, subject: subject.value, text: text.value, html: html.value, forged: forged.checked });
});
one("#reply").addEventListener("submit", (event) => {
  event.preventDefault();
  const { text, quote } = event.target.elements;
  if (answered) send(event.target, { answers: answered.id, text: text.value, quote: quote.checked });
});
one("#compose").addEventListener("click", () => { show(""); one(".mails").classList.add("reads"); one("#subject").focus(); });
one("#back").addEventListener("click", () => { one(".mails").classList.remove("reads"); one("#compose").focus(); });
for (const button of all("[data-mode]")) {
  button.addEventListener("click", () => act("faults", { gateway: "mailbox", mode: button.dataset.mode, seconds: 60 }));
}
who.addEventListener("change", () => choose(who.value));
one("#new-address").addEventListener("click", () => one("#ask").showModal());
one("#ask-cancel").addEventListener("click", () => one("#ask").close());
one("#ask form").addEventListener("submit", () => {
  const address = one("#address").value.trim().toLowerCase();
  const name = one("#name").value.trim();
  keep({ own: [...(kept().own || []).filter(([known]) => known !== address), [address, name]].slice(-20) });
  choose(address, name);
  one("#address").value = one("#name").value = "";
});

for (const [address, name] of kept().own || []) offerMailbox(address, name);
chooseLast(kept().last);
draw();
poll();
