// Files that were chosen to go with a reply: listed by name, each can be taken out again before it is sent.

function taken(input, without) {
  const left = new DataTransfer();
  [...input.files].forEach((file, number) => {
    if (number !== without) left.items.add(file);
  });
  return left.files;
}

function list(input) {
  const shown = document.getElementById("reply-chosen");
  if (!shown) return;
  shown.replaceChildren(...[...input.files].map((file, number) => {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.className = "cut";
    name.textContent = file.name;
    const out = document.createElement("button");
    out.type = "button";
    out.className = "btn btn-sm btn-plain";
    out.textContent = "Take out";
    out.setAttribute("aria-label", `Take out ${file.name}`);
    out.addEventListener("click", () => {
      input.files = taken(input, number);
      list(input);
      input.closest("details").open = true;
      input.focus();
    });
    line.append(name, ` ${Math.max(1, Math.round(file.size / 1024))} KB `, out);
    return line;
  }));
  shown.hidden = !input.files.length;
}

export function startEnclosing() {
  document.addEventListener("change", (event) => {
    if (event.target.id === "reply-files") list(event.target);
  });
}
