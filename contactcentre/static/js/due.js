// A deadline of the open case passes while somebody looks at it: its promises are drawn anew, and the breach is said at
// once. Deadlines move, so the page is asked before anything is said.
import { opened } from "./panes.js";

const LONGEST = 2 ** 31 - 1; // of a browser's own timer
const GRACE = 500;
const AGAIN = 20_000;
const behind = Date.parse(document.body.dataset.now) - Date.now(); // the server's clock, from this one's
let waits;

function promises(root) {
  return [...root.querySelectorAll("#open .timer")];
}

function late(root) {
  return promises(root).filter((one) => one.matches(".timer-late")).map((one) => one.dataset.timer);
}

function wait(least) {
  clearTimeout(waits);
  const now = Date.now() + behind;
  const due = promises(document).filter((one) => one.dataset.due && !one.matches(".timer-late")).map((one) => Date.parse(one.dataset.due));
  if (due.length) waits = setTimeout(look, Math.min(LONGEST, Math.max(least, Math.min(...due) - now + GRACE)));
}

async function fetched(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

export async function look() {
  const open = opened();
  const before = late(document);
  const fresh = open?.dataset.address && (await fetched(open.dataset.address));
  if (fresh && open === opened()) {
    draw(fresh);
    const broken = late(document).filter((name) => !before.includes(name));
    if (broken.length) document.getElementById("urgent").textContent = `Late now in this case: ${broken.join(", ")}.`;
  }
  wait(AGAIN);
}

// What was opened to be read stays as it is until it is closed.
function draw(fresh) {
  for (const one of promises(fresh)) {
    const here = promises(document).find((other) => other.dataset.timer === one.dataset.timer);
    if (!here) continue;
    one.open = here.open;
    const held = here.contains(document.activeElement);
    here.replaceWith(one);
    if (held) one.querySelector("summary").focus();
  }
}

export function startDue() {
  document.addEventListener("htmx:afterSettle", () => wait(GRACE));
  wait(GRACE);
}
