// The pages of a letter: moved by hand, gone through one by one, and brought to the place of a word.

function pages() {
  return document.querySelector("[data-pages]");
}

function middle(element, block) {
  const box = pages();
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  const top = block === "start" ? inner.top - outer.top - 8 : inner.top - outer.top - (outer.height - inner.height) / 2;
  const left = inner.left - outer.left - (outer.width - inner.width) / 2;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  box.scrollBy({ top, left: inner.width > outer.width ? 0 : left, behavior: still ? "auto" : "smooth" });
}

// Shows where on the page a word stands; its box alone is marked as the one that is looked at.
export function showBox(id) {
  for (const one of document.querySelectorAll(".sheet-of rect.at")) one.classList.remove("at");
  const box = document.getElementById(`box-${id}`);
  if (!box) return;
  box.classList.add("at");
  middle(box);
}

function now() {
  const box = pages().getBoundingClientRect();
  const all = [...document.querySelectorAll("[data-page]")];
  const at = all.findIndex((one) => one.getBoundingClientRect().bottom > box.top + box.height / 3);
  return { all, at: at < 0 ? all.length - 1 : at };
}

function say() {
  const { all, at } = now();
  if (!all.length) return;
  document.getElementById("page-said").textContent = `Page ${at + 1} of ${all.length}`;
  for (const [index, link] of [...document.querySelectorAll("[data-pager] a")].entries()) {
    if (index === at) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function go(step) {
  const { all, at } = now();
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (next) middle(next, "start");
}

function zoom(step) {
  const all = [...document.querySelectorAll("input[name=zoom]")];
  const next = all[all.findIndex((one) => one.checked) + step];
  if (next) next.checked = true;
}

function dragging(box) {
  let from;
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest("a, button")) return;
    if (event.offsetX > box.clientWidth || event.offsetY > box.clientHeight) return; // the bar that scrolls
    from = { x: event.clientX, y: event.clientY, left: box.scrollLeft, top: box.scrollTop };
    box.setPointerCapture(event.pointerId);
    box.classList.add("moving");
  });
  box.addEventListener("pointermove", (event) => {
    if (!from) return;
    box.scrollLeft = from.left + from.x - event.clientX;
    box.scrollTop = from.top + from.y - event.clientY;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    box.addEventListener(end, () => {
      from = undefined;
      box.classList.remove("moving");
    });
  }
}

export function startView() {
  const box = pages();
  if (!box) return;
  dragging(box);
  box.addEventListener("dragstart", (event) => event.preventDefault());
  box.addEventListener("scroll", say, { passive: true });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key !== "+" && event.key !== "-") return;
    zoom(event.key === "+" ? 1 : -1);
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || (event.key !== "PageDown" && event.key !== "PageUp")) return;
    go(event.key === "PageDown" ? 1 : -1);
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-pager] a");
    const page = link && document.getElementById(link.hash.slice(1));
    if (!page) return;
    event.preventDefault();
    middle(page, "start");
  });
  say();
}
