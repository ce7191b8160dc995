// Selecting rows: the bar shows itself with the first one and says how many there are.
let last;

function boxes() {
  return [...document.querySelectorAll("#queue-rows .pick input")];
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
  });
  document.addEventListener("htmx:afterSettle", tell);
  tell();
}
