// Draws what the phone keeps: jobs as the server has written them, with the forms of each, and what became of each act.

const KINDS = { on_my_way: "On my way", done: "Done", not_done: "Not done", note: "Note", photo: "Photo" };
const STATES = { waits: "waits to be sent", sent: "sent", conflict: "asks you", refused: "was not taken" };

export function clock(instant) {
  return new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function made(tag, more = {}, ...children) {
  const { dataset, ...rest } = more;
  const one = Object.assign(document.createElement(tag), rest);
  Object.assign(one.dataset, dataset);
  one.append(...children.filter((child) => child !== null && child !== ""));
  return one;
}

function button(words, doing, key, tone = "plain") {
  return made("button", { type: "button", className: `btn btn-sm btn-${tone}`, textContent: words, dataset: { doing, key } });
}

function article(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("article");
}

// The card of a job, of the server's own markup.
function card(job) {
  const one = article(job.html);
  const drawn = one.outerHTML;
  const link = one.querySelector("[data-open]");
  link.replaceWith(link.textContent); // here the forms stand in the card itself
  one.querySelector("[data-acts]").replaceChildren(
    made("ul", { className: "plain told", dataset: { told: "" } }),
    document.getElementById("job-acts").content.cloneNode(true),
  );
  one.drawn = drawn;
  return one;
}

// What somebody is writing stays, with what they had seen when they began.
const busy = (one) => Boolean(one.querySelector("details[open]")) || [...one.querySelectorAll("textarea")].some((field) => field.value);

function list(id, jobs, none) {
  const box = document.getElementById(id);
  const cards = jobs.map((job) => {
    const here = document.getElementById(`job-${job.task}`);
    const stays = here && "drawn" in here && (here.drawn === article(job.html).outerHTML || busy(here));
    return stays ? here : card(job);
  });
  const same = cards.length === box.children.length && cards.every((one, number) => box.children[number] === one);
  if (!same || !cards.length) box.replaceChildren(...(cards.length ? cards : [made("p", { className: "none", textContent: none })]));
  document.querySelector(`[data-count="${id}"]`).textContent = cards.length || "";
}

// A button that is being pressed is not drawn anew where nothing has changed.
function redraw(box, of, make) {
  const said = JSON.stringify(of, (_, value) => (value instanceof Blob ? value.size : value));
  if (box.drawn === said) return;
  box.drawn = said;
  box.replaceChildren(...make());
}

export function showJobs(jobs, whose) {
  const drawn = document.getElementById("map");
  document.body.classList.remove("locked");
  list("own", jobs.filter((job) => job.mine), "You have no open job. Take one from the list below, or ask your supervisor.");
  list("take", jobs.filter((job) => !job.mine), "Your department has no job that nobody has.");
  document.querySelector("[data-more]").hidden = !whose.more;
  if (whose.map !== undefined && drawn.drawn !== whose.map) {
    drawn.drawn = whose.map;
    if (whose.map) drawn.innerHTML = whose.map;
  }
  late();
}

// A deadline passes on a phone that hears nothing, too.
export function late() {
  for (const one of document.querySelectorAll(".job[data-due]")) {
    const chip = one.querySelector(".due");
    if (!one.dataset.due || new Date(one.dataset.due) > new Date() || chip.classList.contains("chip-late")) continue;
    chip.className = "chip chip-late due";
    chip.lastChild.textContent = chip.lastChild.textContent.replace(/^Due/, "Late: was due");
  }
}

export function showPictures(pictures) {
  for (const image of document.querySelectorAll("img[data-photo]")) {
    const data = pictures.get(Number(image.dataset.photo));
    if (data && image.src !== data) image.src = data;
  }
}

function line(act) {
  const when = act.state === "sent" ? `sent ${clock(act.sentAt)}` : STATES[act.state];
  const words = made("span", {}, made("b", { textContent: KINDS[act.kind] }), ` ${clock(act.at)}: ${when}`, act.words ? made("span", { className: "soft", textContent: ` “${act.words}”` }) : "");
  const also = act.state === "sent" && act.meanwhile?.length ? made("span", { className: "soft", textContent: ` Also: ${act.meanwhile.join(" ")}` }) : "";
  const picture = act.thumb ? made("img", { src: act.thumb, alt: `Photo ${act.moment} the work`, className: "thumb" }) : "";
  const back = act.state === "waits" ? button("Take back", "drop", act.key, "bare") : "";
  return made("li", { className: `act act-${act.state}`, dataset: { act: act.key } }, picture, made("span", { className: "act-words" }, words, also), back);
}

export function showActs(acts) {
  const cards = [...document.querySelectorAll("#own .job, #take .job")];
  for (const one of cards) {
    const own = acts.filter((act) => String(act.task) === one.dataset.task && ["waits", "sent"].includes(act.state));
    redraw(one.querySelector("[data-told]"), own, () => own.map(line));
    const settled = own.some((act) => ["done", "not_done"].includes(act.kind) && act.state === "waits");
    one.classList.toggle("job-settled", settled);
  }
  const shown = new Set(cards.map((one) => one.dataset.task));
  const gone = acts.filter((act) => act.state === "waits" && !shown.has(String(act.task)));
  const odd = acts.filter((act) => ["conflict", "refused"].includes(act.state));
  redraw(document.getElementById("problems"), [odd, gone], () => [...odd.map(problem), ...left(gone)]);
}

// Acts of jobs that are not on the page any more, and have not been sent.
function left(gone) {
  if (!gone.length) return [];
  return [made("ul", { className: "plain told" }, ...gone.map((act) => line({ ...act, words: `${act.title}. ${act.words ?? ""}`.trim() })))];
}

// Somebody else was quicker, or we did not take it: everything stays here until the officer says what shall become of it.
function problem(act) {
  const lines = act.meanwhile?.length ? made("ul", {}, ...act.meanwhile.map((one) => made("li", { textContent: one }))) : "";
  const choices = act.state === "conflict"
    ? [act.open ? button("Send it all the same", "insist", act.key, "primary") : "", button("Keep it as a note", "note", act.key, act.open ? "plain" : "primary"), button("Drop it", "drop", act.key, "bare")]
    : [button("Try again", "again", act.key, "primary"), button("Drop it", "drop", act.key, "bare")];
  const said = made("p", {}, made("b", { textContent: act.said }));
  const mine = made("p", {}, `You, ${clock(act.at)}: `, made("b", { textContent: KINDS[act.kind] }), act.words ? ` “${act.words}”` : "");
  const picture = act.thumb ? made("img", { src: act.thumb, alt: `Photo ${act.moment} the work`, className: "thumb" }) : "";
  const title = made("h2", { textContent: act.title });
  return made("section", { className: "problem", dataset: { act: act.key } }, title, said, lines, mine, picture, made("p", { className: "line wrap" }, ...choices));
}

const LINES = {
  online: ["met", "On line"], sending: ["met", "Sending"], offline: ["paused", "Off line"], later: ["soon", "The desk is away"],
  ended: ["late", "Logged out"], other: ["late", "Somebody else"], forbidden: ["late", "Not allowed"],
};

const LOCKED = ["ended", "forbidden"];

// The way to what stands at the top of the page, from wherever the officer is.
function asking(number) {
  return made("a", { href: "#problems", className: "touch", textContent: `${number} act${number === 1 ? " needs" : "s need"} you` });
}

export function showLine(state, acts) {
  const [tone, words] = LINES[state] ?? LINES.offline;
  const box = document.getElementById("line");
  const chip = box.querySelector("[data-line]");
  box.hidden = false;
  box.dataset.state = state;
  chip.className = `chip chip-${tone}`;
  if (chip.querySelector("span").textContent !== words) chip.querySelector("span").textContent = words;
  const waits = acts.filter((act) => act.state === "waits").length;
  const sent = Math.max(0, ...acts.filter((act) => act.state === "sent").map((act) => act.sentAt));
  const asks = acts.filter((act) => ["conflict", "refused"].includes(act.state)).length;
  const said = waits ? `${waits} act${waits === 1 ? " waits" : "s wait"}` : asks ? "" : sent ? `All sent, ${clock(sent)}` : "Nothing waits";
  redraw(box.querySelector("[data-waits]"), [said, asks], () => [said, asks ? asking(asks) : ""].filter(Boolean));
  box.querySelector("[data-sync]").hidden = LOCKED.includes(state) || (!waits && state === "online");
}

// Nobody is logged in here, or no longer: no job is shown, and what waits is only counted.
export function showLocked(words, waits, address) {
  document.body.classList.add("locked");
  for (const id of ["own", "take", "problems", "map"]) {
    document.getElementById(id).replaceChildren();
    delete document.getElementById(id).drawn;
  }
  for (const one of document.querySelectorAll("[data-count]")) one.textContent = "";
  const kept = waits ? ` ${waits} act${waits === 1 ? " is" : "s are"} kept on this phone and will go on after you have logged in.` : "";
  const link = made("a", { href: address, className: "btn btn-primary", textContent: "Log in" });
  document.getElementById("problems").replaceChildren(made("section", { className: "problem", id: "locked" }, made("p", { textContent: words + kept }), made("p", {}, link)));
}
