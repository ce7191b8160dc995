// The telephone of the phone page: calls a line, says aloud what is heard, takes keys, and rings for whoever is called.
import { all, ask, element, memory, one, tell, who } from "./page.js";

const PAUSE = 1000;
const place = one("#telephone");
const aloud = one("#call-aloud");
const { kept, keep } = memory("simulator.telephone");

let call = null; // what the simulator told of it, with the number at its other end and when it began
let keyed = ""; // pressed and not sent yet
let left = 0; // seconds until the gateway goes on by itself
let incoming = null;
let sound = null;
let busy = false;

// ---- speaking

function hush() {
  if (window.speechSynthesis) window.speechSynthesis.cancel();
  if (sound) { sound.pause(); sound = null; }
}

function spoken(text) {
  return new Promise((done) => {
    const made = new SpeechSynthesisUtterance(text);
    const longest = setTimeout(done, 2500 + text.length * 90); // a browser without a voice never says that it has ended
    made.onend = made.onerror = () => { clearTimeout(longest); done(); };
    window.speechSynthesis.speak(made);
  });
}

function played(url) {
  return new Promise((done) => {
    sound = new Audio(new URL(url).pathname); // the same host that this page came from
    sound.onended = sound.onerror = done;
    sound.play().catch(done);
  });
}

async function speak(said, step) {
  hush();
  const loud = aloud.getAttribute("aria-pressed") === "true";
  for (const part of said) {
    if (!call || call.step !== step) return;
    if (loud && part.audio) await played(part.audio);
    else if (loud && part.text && window.speechSynthesis) await spoken(part.text);
  }
  if (call && call.step === step) left = call.seconds; // the time runs from when all is said
}

// ---- drawing

const HINTS = {
  digits: "Press a key.",
  recording: "Speak; press # when you have said it all.",
  ringing: "Another telephone rings.",
  talk: "You are talking.",
  answer: "It rings.",
};

function line(text, className) {
  const said = one("#call-said");
  said.append(element("p", className, text));
  while (said.children.length > 30) said.firstChild.remove();
  said.scrollTop = said.scrollHeight;
}

function draw() {
  const state = call ? call.expects || "over" : incoming ? "incoming" : "idle";
  place.dataset.state = state;
  const words = { idle: "Choose a line and call it.", incoming: incoming && `Rings: ${incoming.from}`, over: "The call has ended." };
  one("#call-with").textContent = words[state] || (call.with ? `With ${call.with}` : `In a call with ${call.number}`);
  const hint = HINTS[state] || "";
  one("#call-hint").textContent = keyed ? `Pressed: ${keyed}` : hint;
  const on = Boolean(call && call.expects);
  for (const key of all("[data-key]", place)) key.disabled = !on;
  one("#call-begin").hidden = state !== "idle";
  one("#line").disabled = state !== "idle";
  one("#call-answer").hidden = one("#call-refuse").hidden = state !== "incoming" && state !== "answer";
  one("#call-nothing").hidden = !["digits", "recording", "ringing"].includes(state);
  one("#call-mute").hidden = one("#call-hold").hidden = state !== "talk";
  one("#call-end").hidden = !on || state === "answer";
}

function take(answer, number) {
  const fresh = !call || call.session !== answer.session;
  if (!fresh && call.step === answer.step && call.expects === answer.expects) return;
  const since = fresh || answer.expects === "talk" && call.expects !== "talk" ? Date.now() : call.since;
  const heard = fresh || call.step !== answer.step;
  const heardAt = heard ? Date.now() : call.heardAt;
  call = { ...answer, number: number || (call && call.number), since, heardAt };
  keyed = "";
  left = 0;
  if (heard) {
    for (const part of answer.spoken) line(part.text || "♪ music or a recording");
    speak(answer.spoken, answer.step);
  }
  if (answer.fault) tell(`The gateway could not carry out the answer: ${answer.fault}`);
  if (answer.ended) end();
  draw();
}

function end() {
  line("The call has ended.", "soft");
  for (const button of [one("#call-mute"), one("#call-hold")]) button.setAttribute("aria-pressed", "false");
  call = null;
  keyed = "";
  left = 0;
}

// ---- doing

async function does(body, number) {
  if (busy) return;
  busy = true;
  try {
    take(await ask("call", body), number);
    tell("");
  } catch (problem) {
    tell(problem.message);
    if (call && "session" in body) { end(); draw(); }
  } finally {
    busy = false;
  }
}

const act = (more) => call && does({ session: call.session, ...more });

function press(key) {
  if (!call) return;
  hush();
  if (call.expects === "recording") {
    if (call.finish.includes(key)) act({ record: Math.max(1, Math.round((Date.now() - call.heardAt) / 1000)) });
    return;
  }
  if (call.expects !== "digits") return;
  keyed += key;
  left = call.seconds;
  if ((call.digits && keyed.length >= call.digits) || (call.finish && key === call.finish)) {
    const digits = keyed;
    keyed = "";
    act({ digits });
  }
  draw();
}

function tick() {
  if (call) {
    const seconds = Math.floor((Date.now() - call.since) / 1000);
    one("#call-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  if (!call || !left || busy || call.expects !== "digits") return;
  left -= 1;
  if (left > 0) return;
  if (keyed) act({ digits: keyed }); else act({ wait: true });
}

async function look() {
  try {
    if (call && !busy) {
      const session = call.session;
      const answer = await ask(`call?${new URLSearchParams({ session })}`).catch(() => null);
      if (call && call.session === session && !busy) {
        if (answer) take(answer); else { end(); draw(); }
      }
    } else if (!call && who.value) {
      const rings = await ask(`ringing?${new URLSearchParams({ number: who.value })}`);
      const found = rings[0] || null;
      if (String(found && found.session) !== String(incoming && incoming.session)) {
        incoming = found;
        document.title = found ? "It rings" : "Phone simulator";
        if (found) one(".tabs [data-face=calls]").click(); // on a narrow screen one thing is shown at a time
        draw();
      }
    }
  } catch { /* the page itself says when the simulator does not answer */ }
  setTimeout(look, PAUSE);
}

one("#call-begin").addEventListener("click", () => {
  if (!who.value) { one("#ask").showModal(); return; }
  one("#call-said").replaceChildren();
  does({ from: who.value, to: one("#line").value }, one("#line").value);
});
one("#call-answer").addEventListener("click", () => {
  const found = incoming;
  if (!found) return;
  incoming = null;
  document.title = "Phone simulator";
  one("#call-said").replaceChildren();
  does({ session: found.session, answer: true }, found.from);
});
one("#call-refuse").addEventListener("click", async () => {
  const found = incoming;
  incoming = null;
  draw();
  try { if (found) await ask("call", { session: found.session, reject: true }); } catch (problem) { tell(problem.message); }
});
one("#call-nothing").addEventListener("click", () => act({ wait: true }));
one("#call-end").addEventListener("click", () => { hush(); act({ hangup: true }); });
for (const key of all("[data-key]", place)) key.addEventListener("click", () => press(key.dataset.key));
for (const button of [one("#call-mute"), one("#call-hold"), aloud]) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (button === aloud) { keep({ aloud: on }); if (!on) hush(); }
    else line(`${button.textContent}: ${on ? "on" : "off"}`, "soft");
  });
}
place.addEventListener("keydown", (event) => {
  if (/^[0-9*#]$/.test(event.key) && event.target.tagName !== "SELECT") { event.preventDefault(); press(event.key); }
});
addEventListener("pagehide", () => {
  if (!call) return;
  const body = new Blob([JSON.stringify({ session: call.session, hangup: true })], { type: "application/json" });
  navigator.sendBeacon("/simulator/api/call", body);
});

if (kept().aloud === false) aloud.setAttribute("aria-pressed", "false");
draw();
setInterval(tick, PAUSE);
look();
