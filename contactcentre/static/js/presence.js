// A heartbeat while the page is looked at: who else has this case open, and who looks at the rows that are shown.
import { opened } from "./panes.js";

const EVERY = 10_000;

function initials(name) {
  return name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
}

function badge(one, named) {
  const what = one.writing ? "is writing" : "is looking";
  const mark = document.createElement("span");
  mark.className = "mark small-mark";
  mark.textContent = initials(one.name);
  mark.title = `${one.name} ${what}`;
  const words = document.createElement("span");
  words.className = named ? "" : "vh";
  words.textContent = named ? ` ${one.name} ${what}` : ` ${what}`;
  if (!named) {
    mark.append(words);
    return mark;
  }
  const whole = document.createElement("span");
  whole.append(mark, words);
  return whole;
}

function draw(place, looking, named) {
  const told = JSON.stringify(looking);
  if (!place || place.dataset.told === told) return; // a live region speaks only of what has changed
  place.dataset.told = told;
  place.replaceChildren(...looking.map((one) => badge(one, named)));
}

function writing() {
  const box = document.getElementById("reply-text");
  return Boolean(box && box.offsetParent && box.value.trim());
}

async function beat() {
  if (document.hidden) return;
  const open = opened()?.dataset.reference;
  const rows = [...document.querySelectorAll("#queue-rows .qrow")].slice(0, 60);
  const body = new URLSearchParams();
  if (open) body.append("case", open);
  if (writing()) body.append("writing", "yes");
  for (const row of rows) body.append("row", row.dataset.reference);
  try {
    const answer = await fetch(document.body.dataset.viewing, { method: "POST", body, headers: { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
    for (const row of rows) draw(row.querySelector("[data-looking]"), told[row.dataset.reference] ?? [], false);
    if (open === opened()?.dataset.reference) draw(document.getElementById("looking"), told[open] ?? [], true);
  } catch {
    // The next beat is soon.
  }
}

function leave(reference) {
  if (!reference) return;
  const body = new URLSearchParams({ csrf: document.body.dataset.csrf, case: reference, gone: "yes" });
  navigator.sendBeacon?.(document.body.dataset.viewing, body);
}

export function startPresence() {
  if (!document.body.dataset.viewing) return; // for somebody who may read no case
  let open = opened()?.dataset.reference;
  beat();
  setInterval(beat, EVERY);
  document.addEventListener("htmx:afterSettle", (event) => {
    const now = opened()?.dataset.reference;
    if (event.detail.target?.id !== "open" || now === open) return;
    leave(open);
    open = now;
    beat();
  });
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pagehide", () => leave(opened()?.dataset.reference));
}
