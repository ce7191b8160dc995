// Shows the field page where there is no line: an empty page from the cache, which finds the jobs that the phone keeps.
// It caches nothing that says a word of anybody's. TOLD comes before this text.

const CACHE = `cc-field-${TOLD.release}`;
const PATIENCE = 8_000;

self.addEventListener("install", (event) => {
  const kept = [TOLD.shell, ...TOLD.kept].map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(kept)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("cc-field-") && name !== CACHE;
  const gone = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(gone.then(() => self.clients.claim()));
});

async function page(request) {
  const kept = () => caches.match(TOLD.shell, { ignoreVary: true });
  const slow = new Promise((done) => setTimeout(done, PATIENCE));
  try {
    const answer = await Promise.race([fetch(request), slow]);
    return answer && answer.status < 502 ? answer : (await kept()) ?? answer ?? (await fetch(request));
  } catch {
    return (await kept()) ?? Response.error();
  }
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  const ours = pathname === TOLD.page || pathname.startsWith(`${TOLD.page}/`);
  if (request.mode === "navigate" && ours) event.respondWith(page(request));
  else if (TOLD.kept.includes(pathname)) event.respondWith(file(request));
});
