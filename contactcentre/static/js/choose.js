// What is chosen stands in the field at once. :: at the end of a line opens replies, ?? articles; both load when opened.
const OPENS = /(^|\s)(::|\?\?)$/;

function insert(text, into) {
  const field = document.getElementById(into === "note" ? "note-text" : "reply-text");
  if (!field) return false;
  document.querySelector(`[data-compose="${into === "note" ? "note" : "reply"}"]`)?.click();
  const before = field.value.slice(0, field.selectionStart);
  const gap = before && !/\s$/.test(before) ? "\n" : "";
  field.setRangeText(gap + text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

export function startChoosing() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-insert]");
    if (!button || !insert(button.dataset.insert, button.dataset.into)) return;
    event.preventDefault();
    document.getElementById("chooser")?.removeAttribute("open");
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "reply-text") return;
    const field = event.target;
    const found = OPENS.exec(field.value.slice(0, field.selectionStart));
    const chooser = document.getElementById("chooser");
    if (!found || !chooser) return;
    field.setRangeText("", field.selectionStart - 2, field.selectionStart, "end");
    chooser.open = true;
    setTimeout(() => document.getElementById("choice-q")?.focus(), 300);
  });
}
