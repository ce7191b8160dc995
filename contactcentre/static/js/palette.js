// The command palette: every act, every view, and any case by its reference; what is typed else is searched for.
import { lost, rest } from "./focus.js";

const MOST = 12;

function digits(text) {
  const found = text.replace(/[\s.\-–—/]/g, "");
  return /^\d{8}$/.test(found) ? found : "";
}

function commands(acts) {
  const links = [...document.querySelectorAll("[data-command]")].map((link) => ({ words: link.dataset.command, run: () => link.click() }));
  const keys = [...document.querySelectorAll("#keysheet [data-palette]")].map((one) => ({
    words: one.textContent,
    key: one.dataset.key,
    run: () => acts[one.dataset.act]?.(),
  }));
  return [...keys, ...links];
}

function offered(text, acts, box) {
  const wanted = text.trim().toLowerCase();
  const found = commands(acts).filter((one) => wanted.split(/\s+/).every((word) => one.words.toLowerCase().includes(word)));
  const reference = digits(text);
  const first = reference ? [{ words: `Open case ${reference.slice(0, 4)}-${reference.slice(4)}`, run: () => location.assign(box.dataset.case.replace(/0$/, reference)) }] : [];
  const last = wanted ? [{ words: `Search for “${text.trim()}”`, run: () => location.assign(`${box.dataset.search}?q=${encodeURIComponent(text.trim())}`) }] : [];
  return [...first, ...found.slice(0, MOST), ...last];
}

export function startPalette(acts) {
  const dialog = document.getElementById("palette");
  const box = document.getElementById("palette-text");
  const list = document.getElementById("palette-list");
  let shown = [];
  let at = 0;
  let before;

  function mark() {
    for (const [index, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(index === at));
    box.setAttribute("aria-activedescendant", shown.length ? `command-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function draw() {
    shown = offered(box.value, acts, box);
    at = 0;
    list.replaceChildren(
      ...shown.map((one, index) => {
        const item = document.createElement("li");
        item.id = `command-${index}`;
        item.setAttribute("role", "option");
        item.textContent = one.words;
        if (one.key) {
          const key = document.createElement("kbd");
          key.textContent = one.key;
          item.append(" ", key);
        }
        return item;
      }),
    );
    mark();
  }

  function run(index) {
    const chosen = shown[index];
    dialog.close();
    chosen?.run();
  }

  box?.addEventListener("input", draw);
  box?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
      mark();
    } else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
  });
  list?.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) run([...list.children].indexOf(item));
  });
  // The focus goes back where it was, unless the command has put it elsewhere.
  dialog?.addEventListener("close", () => {
    if (document.activeElement === document.body || dialog.contains(document.activeElement)) before?.focus?.();
    if (lost()) rest();
  });
  return () => {
    if (!dialog || dialog.open) return;
    before = document.activeElement;
    box.value = "";
    draw();
    dialog.showModal();
    box.focus();
  };
}
