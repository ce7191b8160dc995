// The board of an open page: asked for anew when something happens, at most twice a second, and every five seconds
// anyhow. What is older than it may be looks old, whatever it is that has stopped: the counting, the server, the line.
const LEAST = 500;
const USUAL = 5_000;
const PATIENCE = 8_000;
const AGAIN = 3_000;
const page = document.body;
const frozenAfter = Number(page.dataset.frozenAfter) * 1_000;
let behind = Date.parse(page.dataset.at) - Date.now(); // the server's clock, from this one's
let address = page.dataset.board;
let asking = false;
let wanted = false;
let last = Date.now();
let waits;
let streaming; // not yet, yes or no
let refused = "";
let frozen = false;
let pressed = false;
let held = "";

function numbers() {
  return document.querySelector("#board > .numbers");
}

function seconds(number) {
  const minutes = Math.floor(number / 60);
  return number < 60 ? `${number} s` : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

// A browser's clock jumps when a machine wakes up, and is then put right by the next answer.
function age() {
  const known = Date.parse(numbers()?.dataset.known ?? "");
  return Number.isNaN(known) ? Infinity : Math.max(0, Date.now() + behind - known);
}

function show() {
  const now = age();
  const shown = numbers();
  if (!shown) return;
  const old = now > frozenAfter;
  shown.classList.toggle("frozen", old);
  const banner = shown.querySelector(".standstill");
  if (banner.hidden === old) banner.hidden = !old;
  const fresh = shown.querySelector("[data-fresh]");
  fresh.classList.toggle("slow", streaming === false || refused !== "" || old);
  const line = refused || (streaming === false ? "No live line, asked every 5 s" : "Live");
  fresh.querySelector("[data-age]").textContent = now === Infinity ? "Nothing has been counted yet" : `${old && !refused ? "" : `${line}, `}${seconds(Math.floor(now / 1_000))} old`;
  if (old !== frozen) {
    frozen = old;
    document.getElementById("said").textContent = old ? "This board stands still." : "The board goes on.";
  }
}

// A wall has nobody who scrolls: what stands below the edge is at least counted.
function below() {
  for (const box of document.querySelectorAll("#board .scrolls")) {
    const line = box.nextElementSibling;
    line.hidden = true;
    box.style.maxHeight = "";
    if (box.scrollHeight <= box.clientHeight + 1) continue;
    line.hidden = false;
    line.textContent = "More below";
    const edge = box.getBoundingClientRect().bottom; // with the line below it
    const ends = [...box.querySelectorAll("tbody tr")].map((one) => one.getBoundingClientRect().bottom);
    const seen = ends.filter((one) => one <= edge + 1);
    if (seen.length < ends.length) line.textContent = `${ends.length - seen.length} more below`;
    if (seen.length) box.style.maxHeight = `${seen.at(-1) - box.getBoundingClientRect().top}px`; // no half a line
  }
}

// Whoever has a number in focus keeps it, and a number that is being pressed is not taken away from under the finger.
function draw(html) {
  if (pressed) {
    held = html;
    return;
  }
  const focused = document.activeElement?.closest?.("#board a")?.getAttribute("href");
  const scrolled = [...document.querySelectorAll("#board .scrolls")].map((one) => one.scrollTop);
  document.getElementById("board").innerHTML = html;
  below();
  [...document.querySelectorAll("#board .scrolls")].forEach((one, at) => (one.scrollTop = scrolled[at] ?? 0));
  if (focused) [...document.querySelectorAll("#board a")].find((one) => one.getAttribute("href") === focused)?.focus({ preventScroll: true });
  show();
}

async function ask() {
  clearTimeout(waits);
  if (asking) {
    wanted = true;
    return;
  }
  asking = true;
  wanted = false;
  last = Date.now();
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE), headers: { Accept: "text/html" }, redirect: "manual" });
    const at = answer.headers.get("Board-At");
    if (answer.ok && at) {
      const html = await answer.text();
      behind = Date.parse(at) - Date.now();
      refused = "";
      draw(html);
    } else refused = answer.type === "opaqueredirect" || answer.status === 401 ? "Logged out" : "No answer";
  } catch {
    refused = "No answer";
  }
  asking = false;
  show();
  later(wanted ? LEAST : USUAL);
}

// The next question: soon where something happened, but never sooner than half a second after the last.
function later(span) {
  clearTimeout(waits);
  waits = setTimeout(ask, Math.max(span - (Date.now() - last), 0));
}

function hint() {
  wanted = true;
  if (!asking) later(LEAST);
}

function connect() {
  const stream = new EventSource(page.dataset.live, { withCredentials: true });
  stream.addEventListener("open", () => {
    streaming = true;
    hint();
  });
  stream.addEventListener("cases", hint);
  stream.addEventListener("error", () => {
    streaming = false;
    show();
    if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
    stream.close();
    setTimeout(connect, AGAIN);
  });
}

function rotate() {
  const turns = Number(page.dataset.turns);
  if (!(turns > 1)) return;
  setInterval(() => {
    const url = new URL(address, location.href);
    url.searchParams.set("turn", (Number(url.searchParams.get("turn") ?? 0) + 1) % turns);
    address = `${url.pathname}${url.search}`;
    ask();
  }, Number(page.dataset.seconds) * 1_000);
}

document.querySelector("[data-refresh]")?.addEventListener("click", (event) => {
  event.preventDefault();
  ask();
});
document.addEventListener("pointerdown", () => (pressed = true));
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    pressed = false;
    // After the click that this may become.
    setTimeout(() => {
      if (held) draw(held);
      held = "";
    });
  });
}
window.addEventListener("online", hint);
document.addEventListener("visibilitychange", () => document.hidden || hint());
window.addEventListener("resize", below);
setInterval(show, 1_000);
if ("EventSource" in window) connect();
rotate();
below();
show();
later(USUAL);
