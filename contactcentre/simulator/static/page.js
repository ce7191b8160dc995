// What the phone page and the mailbox page have in common: the citizen who is chosen, asking, and saying how it stands.

export const one = (query, from = document) => from.querySelector(query);
export const all = (query, from = document) => [...from.querySelectorAll(query)];
export const who = one("#who");

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export async function ask(path, body) {
  const answer = await fetch(`/simulator/api/${path}`, body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const data = await answer.json().catch(() => ({ error: `The simulator answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(data.error);
  return data;
}

export function tell(problem) {
  const place = one("#trouble");
  place.textContent = problem || "";
  place.hidden = !problem;
}

// What this browser keeps under a name: nothing in a private window.
export function memory(name) {
  const kept = () => {
    try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; }
  };
  const keep = (changes) => {
    try { localStorage.setItem(name, JSON.stringify({ ...kept(), ...changes })); } catch { /* a private window forgets */ }
  };
  return { kept, keep };
}

// One more citizen to choose; false where they are offered already.
export function offer(value, words = value) {
  if (all("option", who).some((option) => option.value === value)) return null;
  const option = element("option", "", words);
  option.value = value;
  who.append(option);
  return option;
}

export function chooseLast(last) {
  if (last && all("option", who).some((option) => option.value === last)) who.value = last;
}

export function inOrder(found) {
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export function drawFault(fault) {
  for (const button of all("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === fault.mode));
  one("#fault-left").textContent = fault.mode === "ok" ? "" : `Back to OK in ${Math.ceil(fault.seconds)} s`;
}

export function live(fine) {
  const chip = one("#live");
  chip.textContent = fine ? "Live" : "No answer";
  chip.className = fine ? "chip met" : "chip late";
}
