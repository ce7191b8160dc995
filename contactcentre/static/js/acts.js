// What the keys and the palette do, by the names of the table on the server (contactcentre/web/desk/keys.py).
import { openChooser } from "./choose.js";
import { logCall, ownLine } from "./calls.js";
import { compose } from "./composer.js";
import { showCase, showNew } from "./live.js";

const NEXT = "cc-next";

function rows() {
  return [...document.querySelectorAll("#queue-rows .qrow, [data-paper]")];
}

function place() {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  return at >= 0 ? at : all.findIndex((row) => row.classList.contains("on"));
}

function move(step) {
  const all = rows();
  all[Math.min(Math.max(place() + step, 0), all.length - 1)]?.focus();
}

function beside(step) {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("on"));
  return at < 0 ? undefined : all[at + step];
}

function press(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  found.click();
  return true;
}

// Opens a menu of the case's head, and puts the focus into its first field.
function menu(field) {
  const found = document.getElementById(field);
  const details = found?.closest("details");
  if (!details) return;
  details.open = true;
  found.focus();
}

function tool(id, field) {
  const details = document.getElementById(id);
  if (!details) return;
  details.open = true;
  details.querySelector(field)?.focus();
}

function resolve() {
  if (compose("reply")) document.getElementById("outcome")?.focus();
}

function back() {
  const open = document.getElementById("open")?.dataset.reference;
  const row = rows().find((one) => one.dataset.reference === open);
  if (row && row.offsetParent) row.focus();
  else if (open || document.getElementById("back")?.offsetParent) document.getElementById("back")?.click();
}

function select() {
  const row = rows()[place()];
  row?.closest("li").querySelector(".pick input")?.click();
}

// The message that has the focus, or else the latest that can be filed elsewhere.
function refile() {
  const own = document.activeElement?.closest?.(".msg")?.querySelector("[data-refile]");
  (own ?? [...document.querySelectorAll("[data-refile]")].at(-1))?.click();
}

// A reply that has not left is taken back at once; the undo of a merge or a split is shown first.
function undo() {
  if (press(".undo[data-leaves] button, .newbar[data-seconds] button")) return;
  const last = [...document.querySelectorAll("#timeline .undo button")].at(-1);
  last?.scrollIntoView({ block: "nearest" });
  if (last) last.focus();
  else document.getElementById("said").textContent = "Nothing here can be taken back.";
}

function bulk() {
  if (document.querySelector(".pick input:checked")) document.getElementById("bulk-action")?.focus();
  else document.getElementById("said").textContent = "Select rows first, with X.";
}

export const ACTS = {
  down: () => move(1),
  up: () => move(-1),
  open: () => rows()[place()]?.click(),
  back,
  next: () => (beside(1) ?? document.getElementById("next-letter"))?.click(),
  previous: () => (beside(-1) ?? document.getElementById("previous-letter"))?.click(),
  reply: () => compose("reply"),
  note: () => compose("note"),
  contact: () => compose("contact"),
  take: () => document.getElementById("take-form")?.requestSubmit(),
  assign: () => menu("agent"),
  status: () => menu("status"),
  priority: () => menu("priority"),
  transfer: () => menu("to-department"),
  resolve,
  resolve_next: () => {
    const row = beside(1);
    try {
      if (row) sessionStorage.setItem(NEXT, row.getAttribute("href"));
    } catch {
      // Without storage the case is resolved and stays open.
    }
    resolve();
  },
  macro: () => openChooser("macro"),
  merge: () => press("[data-merge]"),
  refile,
  snooze: () => menu("snooze-when"),
  undo,
  take_next: () => document.getElementById("next-form")?.requestSubmit(),
  select,
  bulk,
  views: () => tool("saved-views", "a, input"),
  narrow: () => tool("narrow", "select"),
  search: () => (document.getElementById("search") ?? document.getElementById("register-words"))?.focus(),
  letters: () => press("[data-room=letters]"),
  calls: () => press("[data-room=calls]"),
  own_line: () => ownLine(),
  hold: () => press("#own-line [data-line-act=hold]"),
  log_call: () => logCall(),
  news: () => {
    showNew();
    showCase();
  },
};

// After an answer that resolves, the next case of the view is opened, if that was asked for.
export function goOn() {
  let next = null;
  try {
    next = sessionStorage.getItem(NEXT);
    sessionStorage.removeItem(NEXT);
  } catch {
    return;
  }
  const answered = new URL(location.href).searchParams.get("done") === "reply";
  if (next && answered) location.assign(next);
}
