// Single letters outside of fields, read from the sheet on the page; an agent may switch them off on every machine.
import { ACTS, goOn } from "./acts.js";
import { lost, rest } from "./focus.js";
import { startPalette } from "./palette.js";

function off() {
  return document.body.dataset.keysOff !== undefined;
}

function table() {
  const keys = new Map();
  for (const one of document.querySelectorAll("#keysheet [data-key]")) keys.set(one.dataset.key, one.dataset.act);
  return keys;
}

let before; // what had the focus when the sheet was opened

function sheet() {
  before = document.activeElement;
  document.getElementById("keysheet").showModal();
}

function switched(box) {
  document.body.toggleAttribute("data-keys-off", box.checked);
  const body = new URLSearchParams({
    csrf: document.body.dataset.csrf,
    key: Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16)).join(""),
    keys: box.checked ? "off" : "on",
  });
  fetch(box.dataset.address, { method: "POST", body, redirect: "manual" }).catch(() => {
    document.getElementById("said").textContent = "No connection. The keys are switched here alone.";
  });
}

export function startKeys() {
  const keys = table();
  const acts = { ...ACTS, sheet };
  const openPalette = startPalette(acts);
  goOn();
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog[open]");
    if (event.key === "Escape" && field && !field.matches("dialog")) {
      field.blur();
      rest(field);
      return;
    }
    if (field) return;
    const act = keys.get(event.key);
    if (event.key === "Enter" || !acts[act] || (off() && event.key !== "?" && event.key !== "Escape")) return;
    if (event.key === "Escape" && document.querySelector("details.tool[open], details.menu[open]")) {
      for (const one of document.querySelectorAll("details.tool[open], details.menu[open]")) {
        one.open = false;
        one.querySelector("summary").focus();
      }
    } else acts[act]();
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys]")) return;
    event.preventDefault();
    sheet();
  });
  // What had the focus in the sheet is hidden now, and would swallow the next key.
  document.getElementById("keysheet")?.addEventListener("close", () => {
    before?.focus?.();
    if (lost() || document.activeElement.closest("dialog")) rest();
  });
  document.getElementById("keys-off")?.addEventListener("change", (event) => switched(event.target));
}
