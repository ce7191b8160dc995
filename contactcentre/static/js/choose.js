// What is chosen stands in the field at once. :: at the end of a line opens replies, ?? articles; both load when opened.
import { compose } from "./composer.js";

const OPENS = /(^|\s)(::|\?\?)$/;
let wanted; // what shall have the focus as soon as it is there: "words", "macro" or "first"

function insert(text, into) {
  const field = document.getElementById(into === "note" ? "note-text" : "reply-text");
  if (!field) return false;
  document.querySelector(`[data-compose="${into === "note" ? "note" : "reply"}"]`)?.click();
  const before = field.value.slice(0, field.selectionStart);
  const gap = before && !/\s$/.test(before) ? "\n" : "";
  field.setRangeText(gap + text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

// The list comes over the line, so what is wanted of it waits until it stands there; of "first", for these very words.
function reach() {
  const list = document.querySelector("#chooser #choice");
  const words = document.getElementById("choice-q");
  if (!list || !wanted || (wanted === "first" && list.dataset.words !== words.value.trim())) return;
  const places = { words, macro: list.querySelector("a[href*='/macros/']") ?? words, first: list.querySelector("[data-insert], a[href*='/macros/']") };
  places[wanted]?.focus();
  wanted = undefined;
}

export function openChooser(what) {
  const chooser = document.getElementById("chooser");
  if (!chooser || !compose("reply")) return;
  wanted = what;
  chooser.open = true;
  reach();
}

function close() {
  document.getElementById("chooser")?.removeAttribute("open");
}

export function startChoosing() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-insert]");
    if (!button || !insert(button.dataset.insert, button.dataset.into)) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "reply-text") return;
    const field = event.target;
    const found = OPENS.exec(field.value.slice(0, field.selectionStart));
    if (!found || !document.getElementById("chooser")) return;
    field.setRangeText("", field.selectionStart - 2, field.selectionStart, "end");
    openChooser("words");
  });
  // Enter leads to the first that was found, which Enter then inserts; Escape leads back to the field.
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#chooser")) return;
    event.preventDefault();
    wanted = "first";
    reach();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.closest?.("#chooser")) return;
    event.preventDefault();
    event.stopPropagation();
    close();
    compose("reply");
  }, true);
  document.addEventListener("htmx:afterSettle", reach);
}
