// What is written of a letter is kept on this device until it is saved; colleagues are told who keys what; Ctrl and Enter
// saves. Log-out clears this device.
const KEPT = 300;
const EVERY = 10_000;
const LEFT_OUT = new Set(["csrf", "key", "version"]);

function form() {
  return document.querySelector("[data-key-form]");
}

function place(number) {
  return `cc-letter:${document.body.dataset.agent}:${number}`;
}

function values(of) {
  return Object.fromEntries([...new FormData(of)].filter(([name, value]) => !LEFT_OUT.has(name) && typeof value === "string"));
}

function store(number, kept) {
  try {
    if (kept) localStorage.setItem(place(number), JSON.stringify(kept));
    else localStorage.removeItem(place(number));
  } catch {
    // No room, or storage is switched off: the page itself still holds it.
  }
}

function read(number) {
  try {
    return JSON.parse(localStorage.getItem(place(number)));
  } catch {
    return null;
  }
}

function put(of, kept) {
  for (const [name, value] of Object.entries(kept)) {
    const field = of.elements[name];
    if (field) field.value = value; // of several radio buttons the one with this value
  }
  of.querySelector("[data-marked]")?.dispatchEvent(new Event("input", { bubbles: true }));
}

function restore(of) {
  const kept = read(of.dataset.number);
  if (!kept || of.dataset.returned !== undefined) return;
  if (JSON.stringify(kept) === JSON.stringify(values(of))) return store(of.dataset.number);
  put(of, kept);
  document.getElementById("key-saved").textContent = "What you had begun is here again.";
}

// Saved letters need no copy here: the page that follows names the one that was saved.
function forget() {
  const here = new URL(location.href);
  const done = here.searchParams.get("done");
  if (!done) return;
  store(done);
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}

function initials(name) {
  return name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
}

function draw(names) {
  const shown = document.getElementById("keyers");
  const told = JSON.stringify(names);
  if (!shown || shown.dataset.told === told) return; // a live region speaks only of what has changed
  shown.dataset.told = told;
  shown.replaceChildren(
    ...names.map((name) => {
      const mark = document.createElement("span");
      mark.className = "mark small-mark";
      mark.textContent = initials(name);
      const whole = document.createElement("span");
      whole.append(mark, ` ${name} keys it too`);
      return whole;
    }),
  );
}

async function beat() {
  const of = form();
  if (document.hidden || !of) return;
  const headers = { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" };
  try {
    const answer = await fetch(of.dataset.beat, { method: "POST", headers });
    if (answer.ok) draw((await answer.json()).others);
  } catch {
    // The next beat is soon.
  }
}

function leave() {
  const body = new URLSearchParams({ csrf: document.body.dataset.csrf, gone: "yes" });
  navigator.sendBeacon?.(form().dataset.beat, body);
}

export function startKeying() {
  forget();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const button = document.querySelector("[data-save]");
    if (!button) return;
    event.preventDefault();
    button.form.requestSubmit(button);
  });
  const of = form();
  if (!of) return;
  restore(of);
  let timer;
  of.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => store(of.dataset.number, values(of)), KEPT);
  });
  of.addEventListener("submit", () => clearTimeout(timer));
  if (document.activeElement === document.body) of.querySelector(".wrong, #sender_name")?.focus({ preventScroll: true });
  beat();
  setInterval(beat, EVERY);
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pagehide", leave);
}
