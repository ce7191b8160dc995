// The composer: reply or note, the count of parts while typing, one sending for one press. A mail has no parts, but a
// subject and files: what belongs to it alone is marked data-mailed.
import { aboutPages } from "./letter_pages.js";
import { count } from "./segments.js";

const MOST_CULPRITS = 8;

export function compose(kind) {
  const section = document.getElementById("composer");
  const form = document.getElementById(`${kind}-form`);
  if (!section || !form) return false;
  for (const part of section.querySelectorAll("[data-of]")) part.hidden = part.dataset.of !== kind;
  for (const tab of section.querySelectorAll("[data-compose]")) {
    const on = tab.dataset.compose === kind;
    tab.classList.toggle("on", on);
    if (on) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  section.classList.toggle("noting", kind === "note");
  form.querySelector("textarea").focus();
  return true;
}

function showCount(box) {
  const shown = document.getElementById("parts");
  const warning = document.getElementById("culprits");
  if (!shown || !warning) return;
  // The server strips and turns line ends into one character before it counts.
  const text = box.value.replaceAll("\r\n", "\n").trim();
  const found = count(text);
  const chosen = document.getElementById("account")?.selectedOptions[0] ?? box;
  const mailed = chosen.dataset.channel === "email";
  const longest = Number(chosen.dataset.longest);
  const lettered = chosen.dataset.channel === "letters";
  const pages = aboutPages(text);
  for (const part of document.querySelectorAll("[data-mailed]")) part.hidden = !mailed;
  for (const part of document.querySelectorAll("[data-lettered]")) part.hidden = !lettered;
  shown.textContent = !text ? "" : [...text].length > longest
    ? `${[...text].length - longest} characters too long`
    : mailed ? "" : lettered ? `about ${pages} ${pages === 1 ? "page" : "pages"}` : `${found.parts} ${found.parts === 1 ? "part" : "parts"}, ${found.left} left`;
  const cost = document.getElementById("cost");
  const price = (chosen === box ? cost : chosen)?.dataset.price;
  if (cost) cost.textContent = text && !mailed && price !== undefined ? `${cost.dataset.currency} ${(Number(price) * (lettered ? 1 : found.parts)).toFixed(2)}` : "";
  warning.hidden = mailed || lettered || !found.culprits.length;
  const listed = found.culprits.slice(0, MOST_CULPRITS).join(" ") + (found.culprits.length > MOST_CULPRITS ? " …" : "");
  warning.lastElementChild.textContent = `These characters make every part shorter (70 instead of 160): ${listed}`;
}

export function recount() {
  const box = document.getElementById("reply-text");
  if (box) showCount(box);
}

export function startComposer() {
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-compose]");
    if (tab && compose(tab.dataset.compose)) event.preventDefault();
    const ending = event.target.closest("[data-resolve]");
    if (ending && compose("reply")) {
      event.preventDefault();
      document.getElementById("outcome")?.focus();
    }
    const menu = event.target.closest(".menu");
    for (const open of document.querySelectorAll(".menu[open]")) if (open !== menu) open.open = false;
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "reply-text") showCount(event.target);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-draft]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-default]"));
    }
  });
  // The key in the form already makes a second sending harmless; this spares the wait for it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  // What opens below the edge of a small window comes into sight.
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".menu.up[open]")) event.target.querySelector(".sheet")?.scrollIntoView({ block: "nearest" });
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.id === "account") recount();
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  recount();
}
