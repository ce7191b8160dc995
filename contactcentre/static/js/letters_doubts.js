// Doubtful words: marked beneath the text, gone through with F8, and settled by Enter or by writing something else.
import { showBox } from "./letters_view.js";

const settled = new Set();
let at; // the doubtful word, or field, that one is at

function box() {
  return document.querySelector("[data-marked]");
}

function doubts() {
  return [...document.querySelectorAll("[data-doubt]")];
}

const LETTER = /[\p{L}\p{N}]/u;

function whole(text, start, end) {
  return !(LETTER.test(text[start - 1] ?? " ") && LETTER.test(text[start])) && !(LETTER.test(text[end] ?? " ") && LETTER.test(text[end - 1]));
}

function find(text, word, from) {
  for (let start = text.indexOf(word, from); start >= 0; start = text.indexOf(word, start + 1)) {
    if (whole(text, start, start + word.length)) return start;
  }
  return -1;
}

// Where each word stands now: in the order of the pages, each looked for after the one before it. One that is not
// found has been written anew, and is doubtful no more.
function places() {
  const text = box().value;
  const found = [];
  let from = 0;
  for (const one of doubts()) {
    const word = one.dataset.word;
    const start = find(text, word, from);
    if (start < 0) continue;
    found.push({ one, id: one.dataset.doubt, start, end: start + word.length });
    from = start + word.length;
  }
  return found;
}

function open() {
  return places().filter((place) => !settled.has(place.id));
}

function draw() {
  const under = document.querySelector("[data-under]");
  const text = box().value;
  const left = open();
  const parts = [];
  let from = 0;
  for (const place of left) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(place.start, place.end);
    mark.classList.toggle("at", place.id === at);
    parts.push(text.slice(from, place.start), mark);
    from = place.end;
  }
  under.replaceChildren(...parts, `${text.slice(from)}\n`);
  const waiting = new Set(left.map((place) => place.id));
  for (const one of doubts()) {
    const done = !waiting.has(one.dataset.doubt);
    one.classList.toggle("settled", done);
    one.classList.toggle("at", one.dataset.doubt === at);
    document.getElementById(`box-${one.dataset.doubt}`)?.classList.toggle("settled", done);
  }
  const words = document.querySelector("#doubt-count span");
  if (words) words.textContent = left.length === 1 ? "1 doubtful word" : left.length ? `${left.length} doubtful words` : "no doubtful words left";
  document.querySelector("[data-right]").hidden = !left.some((place) => place.id === at);
}

function select(place) {
  at = place.id;
  const text = box();
  text.focus();
  text.setSelectionRange(place.start, place.end);
  showBox(place.id);
  draw();
  document.querySelector(".marked mark.at")?.scrollIntoView({ block: "nearest" });
  document.getElementById("said").textContent = place.one.textContent.trim();
}

function fields() {
  return [...document.querySelectorAll("[data-doubted] .form-control")].filter((one) => !settled.has(one.id));
}

// From where one is: the doubtful fields stand above the text, and come before its words.
export function next(step = 1) {
  const words = open();
  const stops = [...fields().map((field) => ({ field })), ...words];
  if (!stops.length) {
    document.getElementById("said").textContent = "Nothing doubtful is left.";
    return;
  }
  const active = document.activeElement;
  const caret = active === box() ? box().selectionStart : -1;
  const here = stops.findIndex((stop) => (stop.field ? stop.field === active : stop.id === at && active === box()));
  let to = here >= 0 ? here + step : caret >= 0 ? stops.findIndex((stop) => !stop.field && stop.start >= caret) : 0;
  if (to < 0 || to >= stops.length) to = step > 0 ? 0 : stops.length - 1;
  const stop = stops[to];
  if (stop.field) {
    at = undefined;
    stop.field.focus();
    stop.field.select();
  } else select(stop);
}

function right() {
  if (at === undefined) return;
  settled.add(at);
  draw();
  if (open().length) next();
  else box().focus();
}

function selected() {
  const text = box();
  const place = open().find((one) => one.id === at);
  return place && text.selectionStart === place.start && text.selectionEnd === place.end;
}

function settleField(field) {
  if (!field.closest("[data-doubted]")) return;
  settled.add(field.id);
  field.closest("[data-doubted]").classList.remove("doubted");
}

export function startDoubts() {
  if (!document.querySelector("[data-key-form]")) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F8" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    next(event.shiftKey ? -1 : 1);
  });
  document.addEventListener("input", (event) => {
    if (event.target === box() && doubts().length) draw();
    else settleField(event.target);
  });
  // Enter in a line confirms it and leads on; the letter is filed by its button, or by Ctrl and Enter.
  document.querySelector("[data-key-form]").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.target === box() && at !== undefined && selected()) {
      event.preventDefault();
      right();
    } else if (event.target.matches("input:not([type=radio])")) {
      event.preventDefault();
      settleField(event.target);
      const all = [...event.currentTarget.querySelectorAll(".fields .form-control")];
      all[all.indexOf(event.target) + 1]?.focus();
    }
  });
  if (!doubts().length) return;
  box().addEventListener("scroll", () => {
    document.querySelector("[data-under]").scrollTop = box().scrollTop;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-right]")) right();
    const jump = event.target.closest("[data-doubt]");
    if (!jump) return;
    event.preventDefault();
    settled.delete(jump.dataset.doubt);
    const place = places().find((one) => one.id === jump.dataset.doubt);
    if (place) select(place);
    else showBox(jump.dataset.doubt);
  });
  draw();
}
