// Scans that are dropped into the form, and a list of what was chosen; the form sends them as any other.

function size(file) {
  return file.size >= 1024 * 1024 ? `${(file.size / 1024 / 1024).toFixed(1)} MB` : `${Math.max(1, Math.round(file.size / 1024))} KB`;
}

function list(input) {
  const shown = document.getElementById("scans-chosen");
  shown.replaceChildren(
    ...[...input.files].map((file) => {
      const line = document.createElement("li");
      const name = document.createElement("span");
      name.className = "cut";
      name.textContent = file.name;
      line.append(name, ` ${size(file)}`);
      return line;
    }),
  );
  shown.hidden = !input.files.length;
}

export function startDropping() {
  const place = document.querySelector("[data-drop]");
  const input = document.getElementById("scans");
  if (!place || !input) return;
  input.addEventListener("change", () => list(input));
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault(); // dropped anywhere on the page, a file is put in and not opened instead of the page
      place.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) place.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    place.classList.remove("over");
    const all = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
    input.files = all.files;
    list(input);
    place.closest("form").querySelector("button").focus();
  });
}
