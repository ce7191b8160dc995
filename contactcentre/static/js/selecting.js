// Selecting rows: the bar shows itself with the first one and says how many there are.
let last;

function boxes() {
  return [...document.querySelectorAll("#queue-rows .pick input")];
}

function reference(box) {
  return box.value.split(".")[0];
}

// The entry of the history remembers what was selected, so that it is selected still for who comes back to it.
function keep() {
  const picked = boxes().filter((one) => one.checked).map(reference);
  history.replaceState({ ...history.state, picked }, "");
}

function restore() {
  const picked = history.state?.picked ?? [];
  for (const one of boxes()) if (picked.includes(reference(one))) one.checked = true;
}

function tell() {
  const chosen = boxes().filter((one) => one.checked).length;
  const bar = document.getElementById("bulk");
  if (!bar) return;
  bar.classList.toggle("shown", chosen > 0);
  bar.querySelector("[data-selected]").textContent = `${chosen} selected`;
  for (const one of boxes()) one.closest("li").classList.toggle("picked", one.checked);
}

export function startSelecting() {
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".pick input");
    if (!box) return;
    const all = boxes();
    // With Shift, all rows between the two.
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    }
    last = box;
    tell();
    keep();
  });
  document.addEventListener("htmx:afterSettle", tell);
  restore();
  tell();
}
