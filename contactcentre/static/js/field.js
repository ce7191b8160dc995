// The field page on a phone. Without this script the same jobs and forms are there as plain pages.
import * as keep from "./field_keep.js";
import { shrink } from "./field_photo.js";
import { afresh, sync } from "./field_send.js";
import * as show from "./field_show.js";

const body = document.body;
const EVERY = 60_000;
let whose;
let state = navigator.onLine ? "online" : "offline";

// The page that came by the line holds the jobs: they are kept from it, so that they cross the line once.
function harvest() {
  return [...document.querySelectorAll("#own .job, #take .job")].map((one) => ({
    ...{ task: Number(one.dataset.task), reference: one.dataset.reference, seen: Number(one.dataset.seen) },
    ...{ due: one.dataset.due || null, mine: "mine" in one.dataset, title: one.querySelector("h3").textContent.trim() },
    photos: [...one.querySelectorAll("[data-photo]")].map((image) => Number(image.dataset.photo)),
    html: one.outerHTML,
  }));
}

async function fromThePage() {
  const agent = Number(body.dataset.agent);
  const { name, until, at } = body.dataset;
  const map = document.querySelector("#map figure")?.outerHTML ?? "";
  await keep.begin({ agent, name, until, at, map, more: !document.querySelector("[data-more]").hidden });
  await keep.keepJobs(agent, harvest());
}

const over = () => !whose || new Date(whose.until) <= new Date();

async function draw() {
  const acts = whose ? await keep.acts(whose.agent) : [];
  show.showLine(over() && state === "online" ? "ended" : state, acts);
  const waits = acts.filter((act) => act.state !== "sent").length;
  if (over()) return show.showLocked(whose ? "Your log-in has ended. Log in to see your jobs." : "Log in to see your jobs.", waits, body.dataset.login);
  show.showJobs(await keep.jobs(whose.agent), whose);
  show.showPictures(await keep.pictures(whose.agent));
  show.showActs(acts);
}

async function changed(now) {
  state = now === "online" && !navigator.onLine ? "offline" : now; // it was lost since the last answer
  if (now === "other") return location.reload(); // the page of who is logged in now
  whose = await keep.current();
  await draw();
}

function go(minute = false) {
  if (!minute) afresh();
  if (whose) sync(whose.agent, changed).catch((error) => console.warn(error));
}

const newKey = () => `phone-${crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(5))].join("-")}`;

async function act(form) {
  const job = form.closest(".job").dataset;
  const said = new FormData(form);
  const made = {
    ...{ key: newKey(), agent: whose.agent, kind: form.dataset.kind, task: Number(job.task), reference: job.reference },
    ...{ seen: Number(job.seen), at: new Date().toISOString(), order: Date.now(), state: "waits" },
    title: form.closest(".job").querySelector("h3").textContent.trim(),
    words: (said.get("words") ?? "").trim(),
  };
  if (made.kind === "not_done") made.reason = said.get("reason");
  if (made.kind === "photo") Object.assign(made, { moment: said.get("moment") }, await shrink(said.get("photo")));
  await keep.keepAct(made);
  form.reset();
  form.closest("details")?.removeAttribute("open");
}

function complain(form, words) {
  form.querySelector(".error")?.remove();
  if (words) form.insertAdjacentElement("afterbegin", Object.assign(document.createElement("p"), { className: "error", role: "alert", textContent: words }));
}

async function submitted(event) {
  const form = event.target.closest(".field-form");
  if (!form || !whose) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  complain(form, "");
  try {
    const other = form.dataset.kind === "not_done" && form.elements.reason.value === "other" && !form.elements.words.value.trim();
    if (other) return complain(form, "Say in a few words why it was not done.");
    await act(form);
    await draw();
    go();
  } catch {
    complain(form, form.dataset.kind === "photo" ? "This picture cannot be read, or the phone has no room left. Try another one." : "The phone has no room left for this. Send what waits first.");
  } finally {
    delete form.dataset.busy;
  }
}

// What the officer decides about an act that was not taken: another sending is another act, with a key of its own.
const DOINGS = {
  drop: (one) => keep.dropAct(one.key),
  again: (one) => keep.changeAct(one.key, { state: "waits" }),
  async insist(one) {
    await keep.keepAct({ ...one, key: newKey(), seen: one.newSeen, state: "waits", said: "", meanwhile: [] });
    await keep.dropAct(one.key);
  },
  async note(one) {
    const words = `${one.kind === "done" ? "Done as well" : "Not done"}, as told from the street. ${one.words ?? ""}`.trim();
    await keep.keepAct({ ...one, key: newKey(), kind: "note", words, reason: undefined, seen: one.newSeen, state: "waits", said: "", meanwhile: [] });
    await keep.dropAct(one.key);
  },
};

async function clicked(event) {
  const pressed = event.target.closest("[data-doing]");
  if (pressed) {
    const one = (await keep.acts(whose.agent)).find((act) => act.key === pressed.dataset.key);
    if (one) await DOINGS[pressed.dataset.doing](one);
    await draw();
    if (pressed.dataset.doing !== "drop") go();
  } else if (event.target.closest("[data-sync]")) go();
}

function view(event) {
  const chosen = event.target.closest("[data-view]");
  if (!chosen) return;
  event.preventDefault();
  document.getElementById("map").hidden = chosen.dataset.view !== "map";
  for (const one of document.querySelectorAll("[data-view]")) {
    if (one === chosen) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

async function start() {
  if ("agent" in body.dataset) await fromThePage();
  whose = await keep.current();
  if (whose) document.querySelector("nav a:last-child").textContent = whose.called;
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  document.addEventListener("click", view);
  window.addEventListener("online", () => go());
  window.addEventListener("offline", () => changed("offline"));
  document.addEventListener("visibilitychange", () => document.hidden || go());
  setInterval(() => (show.late(), document.hidden || go(true)), EVERY);
  await draw();
  body.dataset.ready = "yes";
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(body.dataset.worker, { scope: body.dataset.page, updateViaCache: "none" }).catch(() => {});
  if (navigator.storage?.persist) navigator.storage.persist().catch(() => {}); // asks no question of who has none to answer
  go();
}

start();
