// Where the focus is: when a page has come, and when what had it was drawn anew or hidden. Who works by keys never loses
// it to nothing; who works by pointer sees no ring that they did not ask for.
import { opened } from "./panes.js";

const BY = "cc-by";
const FIELDS = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea, select";

function by(what) {
  try {
    sessionStorage.setItem(BY, what);
  } catch {
    // Without storage the next page takes it for a pointer.
  }
}

function byKeys() {
  try {
    return sessionStorage.getItem(BY) === "keys";
  } catch {
    return false;
  }
}

export function lost() {
  const at = document.activeElement;
  return !at || at === document.body || !at.getClientRects().length;
}

function visible(found) {
  return [...found].find((one) => one.getClientRects().length);
}

function put(element) {
  if (!element) return false;
  // What a key cannot reach by itself can still hold the focus.
  if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  return true;
}

// The field that a refused form came back for, or else its words of refusal.
function refused() {
  const error = visible(document.querySelectorAll("#open .error[role=alert]"));
  const form = error?.closest("form, .sheet");
  if (!error) return false;
  return put(visible(form?.querySelectorAll(".wrong") ?? []) ?? visible(form?.querySelectorAll(FIELDS) ?? []) ?? error);
}

// What the address names: the composer's field, or a part of the page such as the facts.
function named() {
  const part = location.hash && document.getElementById(location.hash.slice(1));
  if (!part || part.closest("#timeline")) return false;
  return put(visible(part.querySelectorAll("textarea")) ?? part);
}

function row() {
  return document.querySelector("#queue-rows .qrow.on") ?? document.getElementById("queue-rows");
}

// Where one reads on: the timeline, a page that stands in its place, or the queue.
export function rest(from) {
  const beside = opened()?.dataset.view === "case" ? document.getElementById("main") : null;
  const places = [document.getElementById("timeline"), beside, row()];
  if (from?.closest?.("#queue")) places.unshift(row());
  put(visible(places.filter(Boolean)));
}

// What a page that has just come begins with; asked again, since the browser goes to the address's fragment at the end.
function arrive() {
  if (lost() && !refused() && !named() && byKeys()) rest();
}

export function startFocus() {
  let used = false;
  const mark = (what) => () => {
    used = true;
    by(what);
  };
  document.addEventListener("keydown", mark("keys"), true);
  document.addEventListener("pointerdown", mark("pointer"), true);
  const rescue = () => {
    if (!lost() || document.querySelector("dialog[open]")) return;
    if (!used) arrive();
    else if (byKeys()) rest();
  };
  arrive();
  document.addEventListener("htmx:afterSettle", rescue);
  // What is hidden loses the focus only when the page is next drawn.
  document.addEventListener("focusout", () => setTimeout(rescue, 100));
}
