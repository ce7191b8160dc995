// Opening a case beside the queue, which stays where it was scrolled to.
import { restore } from "./drafts.js";

export function opened() {
  return document.getElementById("open");
}

function settle() {
  const open = opened();
  if (!open) return;
  document.querySelector(".desk").dataset.view = open.dataset.view;
  for (const row of document.querySelectorAll("#queue .qrow")) {
    const on = row.dataset.reference === open.dataset.reference;
    row.classList.toggle("on", on);
    if (on) {
      row.setAttribute("aria-current", "true");
      row.classList.remove("unread");
      row.querySelector(".dot")?.remove();
    } else row.removeAttribute("aria-current");
  }
  const back = document.getElementById("back");
  const queue = document.getElementById("queue");
  if (back && queue) back.href = queue.dataset.here;
  scroll();
  seen();
  told();
}

function scroll() {
  const fresh = document.getElementById("new");
  if (fresh) fresh.scrollIntoView({ block: "start" });
  else document.getElementById("latest")?.scrollIntoView({ block: "end" });
}

// Reading is told to the server by a form of its own: opening a page changes nothing.
export function seen() {
  const open = opened();
  if (!open?.dataset.unseen || !open.dataset.seen || document.hidden) return;
  open.dataset.unseen = "";
  const body = new URLSearchParams({ message: open.dataset.seen });
  fetch(open.dataset.seenAddress, { method: "POST", body, headers: { "X-CSRF-Token": document.body.dataset.csrf } }).catch(() => {});
}

// So is that a notice was read, where the case that it is about stands open.
function told() {
  const form = document.getElementById("told");
  if (!form || form.dataset.sent || document.hidden) return;
  form.dataset.sent = "yes";
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" }).then(
    () => {
      for (const count of document.querySelectorAll(".bell .count")) {
        const left = parseInt(count.textContent, 10) - form.dataset.count;
        if (left > 0) count.firstChild.data = left;
        else count.remove();
      }
    },
    () => {},
  );
}

export function startPanes() {
  document.documentElement.classList.add("js");
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "open" || event.detail.elt?.id === "open") {
      settle();
      restore();
    }
  });
  // What went wrong is shown as the page it is, instead of nothing happening.
  document.addEventListener("htmx:responseError", (event) => location.assign(event.detail.pathInfo.requestPath));
  document.addEventListener("htmx:sendError", () => {
    document.getElementById("said").textContent = "No connection. Try again in a moment.";
  });
  document.addEventListener("visibilitychange", () => {
    seen();
    told();
  });
  settle();
}
