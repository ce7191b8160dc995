// Buttons that copy what stands in a field. Without this script the field can be marked and copied by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  field.addEventListener("focus", () => field.select());
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    const words = button.firstChild;
    words.textContent = "Copied";
    setTimeout(() => {
      words.textContent = "Copy";
    }, 2000);
  });
}
