// The seconds in which a reply may be taken back, counted down. The form works without this; a worker decides in truth.
const STEP = 250;
const AFTER = 4000; // a worker claims it a little later than it might

function end(form) {
  const ends = Number(form.dataset.ends);
  if (ends) return ends;
  const left = form.dataset.seconds ? Number(form.dataset.seconds) * 1000 : new Date(form.dataset.leaves) - new Date(form.dataset.now);
  form.dataset.ends = Date.now() + left;
  return Date.now() + left;
}

function count() {
  for (const form of document.querySelectorAll("[data-leaves], [data-seconds]")) {
    const left = end(form) - Date.now();
    const said = form.querySelector("[data-left]");
    if (said) said.textContent = left > 0 ? `, ${Math.ceil(left / 1000)} s left to take it back` : ", it is about to leave";
    if (left < -AFTER) form.hidden = true;
  }
}

export function startUndo() {
  count();
  setInterval(count, STEP);
}
