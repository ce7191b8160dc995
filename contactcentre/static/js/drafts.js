// What is being written is kept here at every stroke and on the server a little later, so that it survives a closed
// tab, a lost line, an expired log-in and another device. Each save carries a number that grows; the higher one wins,
// and the page says which one that was. Log-out clears this device; the server keeps its copy.
import { compose, recount } from "./composer.js";

const HERE = 400; // until it is kept on this device
const THERE = 1200; // and on the server
const AGAIN = 15_000;
const timers = new Map();
const saving = new Set();

function name(form) {
  const reference = document.getElementById("open")?.dataset.reference;
  return `cc-draft:${document.body.dataset.agent}:${reference}:${form}`;
}

function store(key, text, seq) {
  try {
    if (text) localStorage.setItem(key, JSON.stringify({ text, seq }));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false; // no room, or storage is switched off: the server keeps it alone
  }
}

function read(key) {
  try {
    const kept = localStorage.getItem(key);
    if (!kept) return null;
    return kept.startsWith("{") ? JSON.parse(kept) : { text: kept, seq: 0 };
  } catch {
    return null;
  }
}

function forget() {
  const here = new URL(location.href);
  const done = here.searchParams.get("done");
  if (!done) return;
  store(name(done), "");
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}

function clock(instant) {
  return new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function say(form, words, offer) {
  const note = document.querySelector(`[data-saved="${form}"]`);
  if (!note) return;
  note.textContent = words;
  if (!offer) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm btn-plain";
  button.textContent = offer.words;
  button.addEventListener("click", offer.act);
  note.append(" ", button);
}

function put(form, text) {
  form.querySelector("textarea").value = text;
  recount();
}

// The other text is never thrown away without having been seen.
function offerOther(form, other, words) {
  const kind = form.dataset.draft;
  const mine = form.querySelector("textarea").value;
  say(kind, words, {
    words: "Show the other",
    act: () => {
      put(form, other);
      say(kind, "the other one is shown", { words: "Back to the first", act: () => { put(form, mine); later(form, 0); } });
      later(form, 0);
    },
  });
}

async function save(form) {
  const kind = form.dataset.draft;
  if (!form.isConnected || form.dataset.sent) return;
  if (saving.has(form)) return later(form, THERE);
  saving.add(form);
  const text = form.querySelector("textarea").value;
  const seq = Number(form.dataset.seq) + 1;
  form.dataset.seq = seq;
  store(name(kind), text, seq);
  try {
    const body = new URLSearchParams({ text, seq });
    const answer = await fetch(form.dataset.drafts, { method: "POST", body, headers: { "X-CSRF-Token": document.body.dataset.csrf }, redirect: "manual" });
    const kept = answer.ok || answer.status === 409 ? await answer.json() : null;
    if (!kept) say(kind, "kept on this device only");
    else if (answer.ok) say(kind, text ? `draft saved ${clock(kept.saved_at)}` : "");
    else {
      form.dataset.seq = kept.seq;
      if (kept.text && kept.text !== text) offerOther(form, kept.text, `another page of yours wrote something newer at ${clock(kept.saved_at)}.`);
      else later(form, THERE);
    }
  } catch {
    say(kind, "no connection: kept on this device");
    later(form, AGAIN);
  } finally {
    saving.delete(form);
  }
}

function later(form, wait) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), wait));
}

// Which one wins where both hold something: the one with the higher number, and on a tie they are the same.
function choose(form) {
  const box = form.querySelector("textarea");
  const kind = form.dataset.draft;
  const here = read(name(kind));
  if (!box || box.dataset.returned !== undefined || form.dataset.chosen) return;
  form.dataset.chosen = "yes";
  const there = Number(form.dataset.seq);
  if (here && here.seq >= there && here.text !== box.value) {
    put(form, here.text);
    if (box.defaultValue) offerOther(form, box.defaultValue, "this device's draft is the newer one.");
    else say(kind, "draft of this device");
    form.dataset.seq = Math.max(there, here.seq);
    later(form, THERE);
  } else if (here && here.text && here.text !== box.value && here.seq < there && box.value) {
    offerOther(form, here.text, `draft of ${clock(form.dataset.savedAt)}, newer than this device's.`);
  } else if (form.dataset.savedAt) say(kind, `draft of ${clock(form.dataset.savedAt)}`);
  if (here && here.seq < there && !box.value) store(name(kind), "");
}

export function restore() {
  forget();
  for (const form of document.querySelectorAll("[data-draft]")) {
    choose(form);
    const box = form.querySelector("textarea");
    if (box?.value.trim() && form.dataset.draft !== "reply" && form.hidden && !document.getElementById("reply-text")?.value) compose(form.dataset.draft);
  }
  recount();
}

export function wrote(form) {
  clearTimeout(timers.get(form));
  const box = form.querySelector("textarea");
  // At once on this device, with the number that the next save will have; the server gets it when there is a pause.
  timers.set(form, setTimeout(() => {
    store(name(form.dataset.draft), box.value, Number(form.dataset.seq) + 1);
    later(form, THERE - HERE);
  }, HERE));
}

export function startDrafts() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-draft]");
    if (form && event.target.tagName === "TEXTAREA") wrote(form);
  });
  document.addEventListener("submit", (event) => clearTimeout(timers.get(event.target)));
  window.addEventListener("online", () => {
    for (const form of timers.keys()) if (form.isConnected) later(form, 0);
  });
  restore();
}
