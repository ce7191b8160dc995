// News without reloading: a stream, or a question every 20 seconds where there is none. Rows never move by themselves.
import { opened, seen } from "./panes.js";

const POLL = 20_000;
const AGAIN = 3_000;
const changed = new Map(); // reference → version, or 0 where the stream named none
const known = new Map(); // reference → the version that is on the page
let since = document.body.dataset.now;
let polling;
let missed = false;
let again;

function current() {
  return opened()?.dataset.reference;
}

// What is drawn is known: the page's own change, told once more by the stream, is no news.
function learn() {
  for (const drawn of [...document.querySelectorAll(".qrow"), opened()]) {
    if (drawn?.dataset.version) known.set(drawn.dataset.reference, Number(drawn.dataset.version));
  }
}

function notice(reference, version) {
  if (version && known.get(reference) === version) return;
  if (version) known.set(reference, version);
  if (reference === current()) {
    const bar = document.getElementById("casebar");
    if (bar?.hidden) {
      bar.hidden = false;
      document.getElementById("said").textContent = "This case has changed.";
    }
  }
  changed.set(reference, version);
}

function tell() {
  const bar = document.getElementById("newbar");
  const others = [...changed.keys()].filter((reference) => reference !== current()).length;
  if (!bar) return;
  bar.hidden = !others && !missed;
  bar.querySelector("[data-count]").textContent = missed ? "Many cases changed:" : others === 1 ? "1 case changed:" : `${others} cases changed:`;
  if (others) document.getElementById("said").textContent = `${others} changed in the queue.`;
}

// The focus and the selected rows are still there after the queue was drawn anew.
function held() {
  const row = document.activeElement?.closest?.(".qrow");
  const picked = [...document.querySelectorAll(".pick input:checked")].map((one) => one.value.split(".")[0]);
  return { row: row?.dataset.reference, picked };
}

function hold({ row, picked }) {
  for (const reference of picked) {
    const box = document.querySelector(`.pick input[value^="${reference}."]`);
    if (box) box.checked = true;
  }
  if (row) (document.querySelector(`.qrow[data-reference="${row}"]`) ?? document.querySelector(".qrow"))?.focus();
}

function state(text) {
  const chip = document.getElementById("live-state");
  if (!chip) return;
  chip.hidden = false;
  chip.className = `push chip chip-${text === "Live" ? "met" : "line"}`;
  chip.querySelector("span").textContent = text;
}

async function changes() {
  try {
    const answer = await fetch(`${document.body.dataset.changes}?since=${encodeURIComponent(since)}`, { headers: { Accept: "application/json" } });
    if (answer.ok) return await answer.json();
    state(answer.status === 401 ? "Logged out" : "Offline");
  } catch {
    state("Offline");
  }
  return null;
}

// A stream that is open does not tell what was missed: a question that was not answered is put once more.
function askAgain() {
  clearTimeout(again);
  if (!polling) again = setTimeout(ask, AGAIN);
}

export async function ask() {
  const found = await changes();
  if (!found) return askAgain();
  state(polling ? "Every 20 s" : "Live");
  since = found.at;
  missed ||= found.more; // more than one answer holds: the queue is to be drawn anew as a whole
  for (const [reference, version] of Object.entries(found.cases)) notice(reference, version);
  tell();
}

// The stream names no versions. Of the open case it tells one's own changes too, so this one is asked for.
async function ofStream(references) {
  for (const reference of references) if (reference !== current()) notice(reference, 0);
  tell();
  if (!references.includes(current())) return;
  const found = await changes();
  if (!found) return askAgain();
  const version = found.cases[current()];
  if (version) notice(current(), version);
}

function poll(on) {
  if (!on) {
    clearInterval(polling);
    polling = undefined;
  } else if (!polling) polling = setInterval(ask, POLL);
}

export function showNew() {
  const queue = document.getElementById("queue");
  if ((!changed.size && !missed) || !queue) return;
  changed.clear();
  missed = false;
  const before = held();
  window.htmx.ajax("GET", queue.dataset.here, { target: "#queue", select: "#queue", swap: "outerHTML" }).then(() => {
    const mine = current();
    for (const row of document.querySelectorAll("#queue .qrow")) {
      const on = row.dataset.reference === mine;
      row.classList.toggle("on", on);
      if (on) row.setAttribute("aria-current", "true");
    }
    hold(before);
    state(polling ? "Every 20 s" : "Live");
  });
}

// Timeline and head are drawn anew: what is being written below them stays, and now answers to the newer message. So
// does a form of the head that is open.
export function showCase() {
  const bar = document.getElementById("casebar");
  if (!bar || bar.hidden) return;
  bar.hidden = true;
  changed.delete(current());
  if (document.querySelector("#case-head .menu[open]")) bar.removeAttribute("hx-select-oob");
  else bar.setAttribute("hx-select-oob", "#case-head");
  window.htmx.ajax("GET", opened().dataset.address, { source: bar, target: "#timeline", select: "#timeline", swap: "outerHTML" }).then(() => {
    const open = opened();
    open.dataset.version = document.querySelector("#case-head [name=version]")?.value ?? open.dataset.version;
    open.dataset.seen = document.querySelector("[name=seen_message]")?.value ?? "";
    open.dataset.unseen = "yes";
    document.getElementById("latest").scrollIntoView({ block: "end" });
    seen();
  });
}

function connect() {
  const stream = new EventSource(document.body.dataset.live, { withCredentials: true });
  stream.addEventListener("open", () => {
    state("Live");
    poll(false);
    ask(); // what happened while there was no stream
  });
  stream.addEventListener("cases", (event) => {
    const told = JSON.parse(event.data);
    if (told.calls) document.dispatchEvent(new CustomEvent("cc:calls")); // a telephone of this agent's rings, or no more
    ofStream(told.references);
  });
  stream.addEventListener("error", () => {
    state("Every 20 s");
    poll(true);
    if (stream.readyState !== EventSource.CLOSED) return;
    stream.close();
    setTimeout(connect, POLL);
  });
}

export function startLive() {
  if (!document.body.dataset.live) return; // for somebody who may read no case
  document.addEventListener("click", (event) => {
    if (event.target.closest("#newbar")) showNew();
    if (event.target.closest("#casebar")) showCase();
  });
  window.addEventListener("offline", () => state("Offline"));
  window.addEventListener("online", ask);
  document.addEventListener("htmx:afterSettle", learn);
  learn();
  if ("EventSource" in window) connect();
  else poll(true);
}
