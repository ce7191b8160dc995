// What the phone keeps: jobs, small pictures, and acts that wait for a line. Everything is kept under the agent whose it
// is. Log-out removes all of it; whoever logs in next finds no job of somebody else's here, and sends no act of theirs.

const NAME = "cc-field";
let opening;

function ask(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function open() {
  opening ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const made = request.result;
      made.createObjectStore("meta", { keyPath: "name" });
      made.createObjectStore("jobs", { keyPath: ["agent", "task"] });
      made.createObjectStore("pictures", { keyPath: ["agent", "id"] });
      made.createObjectStore("acts", { keyPath: "key" }).createIndex("agent", "agent");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      done(request.result);
    };
    request.onerror = () => failed(request.error);
  });
  return opening;
}

async function store(name, mode = "readonly") {
  return (await open()).transaction(name, mode).objectStore(name);
}

function finished(transaction) {
  return new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onerror = transaction.onabort = () => failed(transaction.error);
  });
}

const of = (agent) => IDBKeyRange.bound([agent], [agent, []]);

// Whose phone this is now: {agent, name, until, at, map, more}, or nothing.
export async function current() {
  return await ask((await store("meta")).get("current"));
}

// Somebody is logged in: jobs and pictures of anybody else go. Their acts stay, unseen, until they log in again.
export async function begin(whose) {
  const transaction = (await open()).transaction(["meta", "jobs", "pictures"], "readwrite");
  const before = await ask(transaction.objectStore("meta").get("current"));
  for (const name of ["jobs", "pictures"]) {
    const kept = transaction.objectStore(name);
    for (const key of await ask(kept.getAllKeys())) if (key[0] !== whose.agent) kept.delete(key);
  }
  const same = before?.agent === whose.agent ? before : {};
  transaction.objectStore("meta").put({ ...same, ...whose, name: "current", called: whose.name });
  await finished(transaction);
}

// The log-in is over: jobs are not shown until it is begun anew.
export async function end() {
  const whose = await current();
  if (whose) await ask((await store("meta", "readwrite")).put({ ...whose, until: new Date(0).toISOString() }));
}

export async function keepJobs(agent, jobs) {
  const transaction = (await open()).transaction(["jobs", "pictures"], "readwrite");
  const kept = transaction.objectStore("jobs");
  kept.delete(of(agent));
  jobs.forEach((job, order) => kept.put({ ...job, agent, order }));
  const wanted = new Set(jobs.flatMap((job) => job.photos));
  const pictures = transaction.objectStore("pictures");
  for (const key of await ask(pictures.getAllKeys(of(agent)))) if (!wanted.has(key[1])) pictures.delete(key);
  await finished(transaction);
}

export async function jobs(agent) {
  const found = await ask((await store("jobs")).getAll(of(agent)));
  return found.sort((one, other) => one.order - other.order);
}

export async function pictures(agent) {
  const found = await ask((await store("pictures")).getAll(of(agent)));
  return new Map(found.map((one) => [one.id, one.data]));
}

export async function keepPicture(agent, id, data) {
  await ask((await store("pictures", "readwrite")).put({ agent, id, data }));
}

export async function acts(agent) {
  const found = await ask((await store("acts")).index("agent").getAll(agent));
  return found.sort((one, other) => one.order - other.order);
}

export async function keepAct(act) {
  await ask((await store("acts", "readwrite")).put(act));
}

// An act that another tab has dealt with meanwhile is not brought back.
export async function changeAct(key, change) {
  const kept = await store("acts", "readwrite");
  const act = await ask(kept.get(key));
  if (act) await ask(kept.put({ ...act, ...change }));
}

export async function dropAct(key) {
  await ask((await store("acts", "readwrite")).delete(key));
}

// How many acts have not reached us: this agent's, and those of others who used this phone.
export async function unsent(agent) {
  const every = await ask((await store("acts")).getAll());
  const left = every.filter((one) => one.state !== "sent");
  const own = left.filter((one) => one.agent === agent).length;
  return { own, others: left.length - own };
}

export async function forgetSent(agent, before) {
  for (const act of await acts(agent)) if (act.state === "sent" && act.sentAt < before) await dropAct(act.key);
}

export async function wipe() {
  const made = await open();
  const names = [...made.objectStoreNames];
  const transaction = made.transaction(names, "readwrite");
  for (const name of names) transaction.objectStore(name).clear();
  await finished(transaction);
  for (const name of await caches.keys()) if (name.startsWith("cc-field-")) await caches.delete(name);
}
