// Names for a note: after an @ the colleagues who may read the case are offered. Arrows and Enter choose, Escape closes.
const BEGUN = /(?:^|[^\w@.])@([\p{L}][\p{L}\p{N} .'-]{0,40})?$/u;
const WAIT = 200;
let timer;

function box() {
  return document.getElementById("note-text");
}

function list() {
  return document.getElementById("names");
}

function begun() {
  const field = box();
  return field && field.selectionStart === field.selectionEnd ? BEGUN.exec(field.value.slice(0, field.selectionStart)) : null;
}

function close() {
  const shown = list();
  if (shown) {
    shown.hidden = true;
    shown.replaceChildren();
  }
}

async function offer() {
  const found = begun();
  const shown = list();
  if (!found || !shown) return close();
  const answer = await fetch(`${shown.dataset.address}?q=${encodeURIComponent(found[1] ?? "")}`).catch(() => null);
  if (!answer?.ok || !begun()) return close();
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  shown.replaceChildren(...parsed.body.children);
  // A name that is written out is finished: what follows it is the note.
  const names = [...shown.querySelectorAll("[data-name]")];
  shown.hidden = !names.length;
}

function choose(button) {
  const field = box();
  const found = begun();
  if (!field || !found) return close();
  const end = field.selectionStart;
  const start = end - (found[1]?.length ?? 0);
  field.setRangeText(`${button.dataset.name} `, start, end, "end");
  close();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startNames() {
  document.addEventListener("input", (event) => {
    if (event.target.id !== "note-text") return;
    clearTimeout(timer);
    timer = setTimeout(offer, WAIT);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#names [data-name]");
    if (button) choose(button);
  });
  document.addEventListener("keydown", (event) => {
    const shown = list();
    if (!shown || shown.hidden) return;
    const names = [...shown.querySelectorAll("[data-name]")];
    const at = names.indexOf(document.activeElement);
    if (event.key === "Escape") {
      close();
      box().focus();
    } else if (event.key === "ArrowDown" && at < names.length - 1) names[at + 1].focus();
    else if (event.key === "ArrowUp" && at > 0) names[at - 1].focus();
    else if (event.key === "ArrowUp" && at === 0) box().focus();
    else return;
    event.preventDefault();
  });
}
