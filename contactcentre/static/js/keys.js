// Single letters outside of fields; they can be switched off, for people whose tools use letters themselves.
import { compose } from "./composer.js";
import { showCase, showNew } from "./live.js";

const OFF = "cc-keys-off";

function off() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
}

function move(step) {
  const rows = [...document.querySelectorAll(".qrow")];
  const at = rows.indexOf(document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.classList.contains("on"));
  rows[Math.min(Math.max(from + step, 0), rows.length - 1)]?.focus();
}

function resolve() {
  if (compose("reply")) document.getElementById("outcome")?.focus();
}

const ACTS = {
  j: () => move(1),
  k: () => move(-1),
  r: () => compose("reply"),
  n: () => compose("note"),
  c: () => compose("contact"),
  e: resolve,
  t: () => document.getElementById("take-form")?.requestSubmit(),
  q: () => document.getElementById("next-form")?.requestSubmit(),
  "/": () => document.getElementById("search")?.focus(),
  ".": () => {
    showNew();
    showCase();
  },
};

function sheet() {
  document.getElementById("keys-off").checked = off();
  document.getElementById("keysheet").showModal();
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest?.("input, textarea, select, dialog[open]");
    if (event.key === "Escape" && field && !field.matches("dialog")) field.blur();
    if (field) return;
    if (event.key === "?") sheet();
    else if (!off() && ACTS[event.key]) ACTS[event.key]();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys]")) return;
    event.preventDefault();
    sheet();
  });
  // What had the focus in the sheet is hidden now, and would swallow the next key.
  document.getElementById("keysheet")?.addEventListener("close", () => document.activeElement?.blur());
  document.getElementById("keys-off")?.addEventListener("change", (event) => {
    try {
      localStorage.setItem(OFF, event.target.checked ? "yes" : "no");
    } catch {
      // Without storage the keys stay as they are.
    }
  });
}
