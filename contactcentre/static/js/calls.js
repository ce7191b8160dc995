// The agent's own line: a part of the page that the server writes, asked for again whenever something of it may have
// changed. What is being written in it is never lost: it is drawn anew only where it differs, and carries over.
let place;
let asking = false;
let timer;
let rang = "";

function own() {
  return place?.querySelector("[data-own]");
}

function say(id, words) {
  const region = document.getElementById(id);
  if (region) region.textContent = words;
}

function two(number) {
  return String(number).padStart(2, "0");
}

function lasting(seconds) {
  const hours = Math.floor(seconds / 3600);
  const rest = `${Math.floor((seconds % 3600) / 60)}`;
  return hours ? `${hours}:${two(rest)}:${two(seconds % 60)}` : `${rest}:${two(seconds % 60)}`;
}

// Seconds of the call, and of the time to wrap up that is left.
function tick() {
  const shown = place?.querySelector("[data-since]");
  if (!shown) return;
  const until = shown.dataset.until && Date.parse(shown.dataset.until);
  const left = until ? Math.round((until - Date.now()) / 1000) : 0;
  if (until) shown.textContent = left > 0 ? `${left} s left` : "the time is over";
  else shown.textContent = lasting(Math.max(Math.round((Date.now() - Date.parse(shown.dataset.since)) / 1000), 0));
}

// What was typed goes along: into the same field, or from the note of a call into its wrap-up.
function carry(before, after) {
  if (!before || before.dataset.call !== after.dataset.call) return;
  const folded = before.querySelector(".call-more:not([open])");
  if (folded && before.dataset.state === after.dataset.state) after.querySelector(".call-more")?.removeAttribute("open");
  const written = before.querySelector("[data-carry]");
  const field = after.querySelector("[data-carry]");
  if (written && field && written.value !== written.defaultValue) field.value = written.value;
  if (written && document.activeElement === written) field?.setAttribute("data-focus", "");
  for (const one of before.querySelectorAll("form [name]:not([type=hidden]):not([data-carry])")) {
    const same = one.id && after.querySelector(`#${one.id}`);
    if (same && one.value && before.dataset.state === after.dataset.state) same.value = one.value;
  }
}

function state(part) {
  const shown = document.getElementById("line-state");
  const line = part.querySelector("[data-line-state]");
  if (shown && line) shown.replaceChildren(...line.cloneNode(true).childNodes);
  for (const pip of document.querySelectorAll("[data-line-pip]")) {
    pip.hidden = ["none", "off"].includes(part.dataset.state);
    pip.className = `pip pip-${part.dataset.state}`;
    pip.innerHTML = "";
    const words = document.createElement("span");
    words.className = "vh";
    words.textContent = ` ${part.dataset.said}`;
    pip.append(words);
  }
}

function announce(part) {
  const now = part.dataset.call ? `${part.dataset.call}:${part.dataset.state}` : "";
  if (now === rang) return;
  rang = now;
  const title = part.querySelector("#call-title")?.textContent.trim();
  if (part.dataset.state === "rings") say("urgent", `Your telephone rings: ${title}. ${part.querySelector(".banner-late")?.textContent.trim() ?? ""}`);
  else if (title) say("said", `${part.dataset.said}: ${title}`);
}

function draw(html, force) {
  const held = document.createElement("template");
  held.innerHTML = html;
  const part = held.content.querySelector("[data-own]");
  if (!part) return;
  const before = own();
  const same = before && before.dataset.signature === part.dataset.signature;
  if (!same || force) {
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    if (!force) carry(before, part);
    place.replaceChildren(part);
    const field = place.querySelector("[data-focus]") ?? (focused && document.getElementById(focused));
    if (field && (before?.contains(document.activeElement) || focused)) field.focus({ preventScroll: true });
    announce(part);
  }
  place.hidden = !place.classList.contains("here") && !part.dataset.call;
  if (!same || force || !before) state(part);
  tick();
  later(Number(own()?.dataset.again ?? 60));
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, seconds * 1000);
}

async function ask() {
  if (!place || asking) return;
  if (document.hidden && own() && !own().dataset.call) return later(Number(own().dataset.again));
  asking = true;
  try {
    const answer = await fetch(place.dataset.address, { headers: { "X-Part": "line", Accept: "text/html" }, redirect: "error" });
    if (answer.ok) draw(await answer.text(), false);
    else later(60);
  } catch {
    later(15);
  } finally {
    asking = false;
  }
}

// A form of the line does its work without leaving the page, where somebody may be writing an answer.
async function send(form) {
  if (form.dataset.leaving) return;
  form.dataset.leaving = "yes";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Part": "line" } });
    if (answer.ok || answer.status === 422 || answer.status === 409 || answer.status === 403) {
      const refused = !answer.ok;
      const html = await answer.text();
      if (html.includes("data-own")) draw(html, true);
      else location.reload();
      if (refused) place.querySelector(".wrong, .error")?.focus();
      else if (form.hasAttribute("data-kept")) say("said", "Kept.");
    } else location.reload();
  } catch {
    delete form.dataset.leaving;
    delete form.dataset.sent; // what keeps every form from being sent twice
    say("urgent", "No connection. Try again in a moment.");
  }
}

export function ownLine() {
  const first = "select:not([disabled]), textarea, button, summary";
  const card = place?.querySelector(".call-card");
  const found = card?.querySelector(".wrap-form select, #call-note") ?? card?.querySelector(first) ?? document.querySelector("#line-state button") ?? place?.querySelector(first);
  if (found) found.focus();
  else document.querySelector("[data-room=calls]")?.click();
}

export function logCall() {
  const field = document.getElementById("log-who");
  if (field) field.focus();
  else location.assign(`${document.querySelector("[data-room=calls]")?.getAttribute("href")}#log-who`);
}

export function startCalls() {
  place = document.getElementById("own-line");
  if (!place) return; // for somebody who takes no calls
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-line]")) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("cc:calls", ask);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  // The queue may be drawn anew, and with it the place where the line's state stands.
  document.addEventListener("htmx:afterSettle", () => {
    if (own() && document.querySelector("#line-state [data-without-script]")) state(own());
  });
  setInterval(tick, 1000);
  if (own()) {
    announce(own());
    state(own());
    tick();
    later(Number(own().dataset.again));
  } else ask();
  if (location.hash === "#log-who") document.getElementById("log-who")?.focus();
}
