// Sends what waits, each act once: its key was made here, so that an act whose answer was lost is sent again and not
// done again. Photos go one by one. What is refused, or stands against what others did, is kept until the officer decides.
import * as keep from "./field_keep.js";

const BATCH = 20;
const PAUSES = [2_000, 5_000, 15_000, 60_000, 300_000];
const NO_LINE = 15_000;
const PICTURES = 24;
const AT_ONCE = 60_000;
let failures = 0;
let again;
let running;

class Stop extends Error {
  constructor(state) {
    super(state);
    this.state = state;
  }
}

const places = () => document.body.dataset;

async function reach(address, options = {}) {
  let answer;
  try {
    const headers = { Accept: "application/json", ...options.headers };
    answer = await fetch(address, { ...options, headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(AT_ONCE) });
  } catch {
    throw new Stop("offline");
  }
  if (answer.status === 401 || answer.type === "opaqueredirect") throw new Stop("ended");
  if (answer.status === 409) throw new Stop("other");
  if (answer.status === 403) throw new Stop("forbidden");
  if (!answer.ok) throw new Stop("later");
  try {
    return await answer.json();
  } catch {
    throw new Stop("offline"); // it broke off
  }
}

// Jobs as they are now, and the token by which acts are sent. Another agent's are not taken for ours.
async function load(agent) {
  const told = await reach(places().jobs);
  if (told.agent !== agent) throw new Stop("other");
  const { name, until, at, map, more } = told;
  await keep.begin({ agent, name, until, at, map, more });
  await keep.keepJobs(agent, told.jobs);
  return told;
}

const FIELDS = ["key", "kind", "reference", "task", "seen", "at", "words", "reason", "moment"];

function plain(act) {
  return Object.fromEntries(FIELDS.filter((name) => act[name] !== undefined).map((name) => [name, act[name]]));
}

async function answered({ answers }) {
  for (const { key, state, said, meanwhile, seen, open } of answers) {
    if (state === "later") continue;
    if (state === "done" || state === "already") await keep.changeAct(key, { state: "sent", sentAt: Date.now(), meanwhile, photo: null });
    else await keep.changeAct(key, { state, said, meanwhile, newSeen: seen, open });
  }
}

async function sendSome(agent, csrf, some) {
  const body = JSON.stringify({ agent, acts: some.map(plain) });
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  await answered(await reach(places().acts, { method: "POST", body, headers }));
}

async function sendPhoto(agent, csrf, act) {
  const body = new FormData();
  body.set("agent", agent);
  body.set("act", JSON.stringify(plain(act)));
  body.set("photo", act.photo, "photo.jpg");
  await answered(await reach(places().photos, { method: "POST", body, headers: { "X-CSRF-Token": csrf } }));
}

// In the order in which they were done.
function parcels(waiting) {
  const made = [];
  for (const act of waiting) {
    const last = made.at(-1);
    if (act.kind !== "photo" && last && last[0].kind !== "photo" && last.length < BATCH) last.push(act);
    else made.push([act]);
  }
  return made;
}

async function sendAll(agent, csrf, changed) {
  const waiting = (await keep.acts(agent)).filter((act) => act.state === "waits");
  for (const some of parcels(waiting)) {
    if (some[0].kind === "photo") await sendPhoto(agent, csrf, some[0]);
    else await sendSome(agent, csrf, some);
    await changed("sending");
  }
  return waiting.length;
}

function asData(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = failed;
    reader.readAsDataURL(blob);
  });
}

// Small pictures of the cases, so that they are there without a line.
async function fetchPictures(agent, jobs) {
  const have = await keep.pictures(agent);
  const wanted = jobs.flatMap((job) => job.photos).filter((id) => !have.has(id));
  for (const id of wanted.slice(0, PICTURES)) {
    const answer = await fetch(places().picture.replace("/0/", `/${id}/`)).catch(() => null);
    if (answer?.ok) await keep.keepPicture(agent, id, await asData(await answer.blob()));
  }
}

async function once(agent, changed) {
  let told = await load(agent);
  if (await sendAll(agent, told.csrf, changed)) told = await load(agent);
  await keep.forgetSent(agent, Date.now() - 12 * 3600_000);
  await changed("online");
  await fetchPictures(agent, told.jobs);
}

// A browser that says there is no line also says when there is one. It may say there is one that carries nothing; then
// asking costs nobody anything, and goes on. A server that is away is asked less and less.
function later(agent, changed, longest) {
  clearTimeout(again);
  const pause = Math.min(PAUSES[Math.min(failures, PAUSES.length - 1)], longest);
  failures += 1;
  if (navigator.onLine) again = setTimeout(() => sync(agent, changed), pause);
}

async function waits(agent) {
  return (await keep.acts(agent)).some((act) => act.state === "waits");
}

async function tried(agent, changed) {
  try {
    await once(agent, changed);
    failures = 0;
    await changed("online");
    if (await waits(agent)) later(agent, changed, Infinity);
  } catch (error) {
    const state = error instanceof Stop ? error.state : "later";
    if (state === "ended" || state === "forbidden") await keep.end(); // whose role was taken sees no job either
    if (state === "later") later(agent, changed, Infinity);
    else if (state === "offline" && (await waits(agent))) later(agent, changed, NO_LINE);
    await changed(state);
    if (!(error instanceof Stop)) throw error;
  }
}

// Somebody did something, or the line is back: what follows is tried soon, however often it failed before.
export function afresh() {
  failures = 0;
}

// One at a time, over all tabs of this phone.
export async function sync(agent, changed) {
  if (running) {
    await running;
    if (!(await waits(agent))) return;
  }
  const turn = () => tried(agent, changed);
  running = navigator.locks ? navigator.locks.request("cc-field", turn) : turn();
  try {
    await running;
  } finally {
    running = undefined;
  }
}
