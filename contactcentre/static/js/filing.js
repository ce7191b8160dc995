// Two keys: f files a message elsewhere, g merges the case. Both follow links that are on the page.
const OFF = "cc-keys-off";

function off() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
}

function linkOf(key) {
  if (key === "g") return document.querySelector("[data-merge]");
  const own = document.activeElement?.closest?.(".msg")?.querySelector("[data-refile]");
  return own ?? [...document.querySelectorAll("[data-refile]")].at(-1);
}

export function startFiling() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || off()) return;
    if (!["f", "g"].includes(event.key) || event.target.closest?.("input, textarea, select, dialog[open]")) return;
    const link = linkOf(event.key);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}
