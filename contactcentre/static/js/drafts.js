// What is being written survives a closed tab, a lost line and an expired log-in, in this browser only; log-out clears it.
import { compose, recount } from "./composer.js";

const WAIT = 400;
let timer;

function name(form) {
  const reference = document.getElementById("open")?.dataset.reference;
  return `cc-draft:${document.body.dataset.agent}:${reference}:${form}`;
}

function store(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    return Boolean(text);
  } catch {
    return false; // no room, or storage is switched off: the page works without
  }
}

function read(key) {
  try {
    return localStorage.getItem(key);
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

export function restore() {
  forget();
  for (const form of document.querySelectorAll("[data-draft]")) {
    const box = form.querySelector("textarea");
    const kept = read(name(form.dataset.draft));
    if (kept && !box.value && box.dataset.returned === undefined) {
      box.value = kept;
      if (form.dataset.draft !== "reply" && form.hidden && !document.getElementById("reply-text")?.value) compose(form.dataset.draft);
    }
  }
  recount();
}

export function startDrafts() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-draft]");
    if (!form || event.target.tagName !== "TEXTAREA") return;
    const key = name(form.dataset.draft);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const kept = store(key, event.target.value);
      const note = document.querySelector(`[data-saved="${form.dataset.draft}"]`);
      const at = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      if (note) note.textContent = kept ? `${form.dataset.draft === "reply" ? ", " : ""}draft saved ${at}` : "";
    }, WAIT);
  });
  restore();
}
