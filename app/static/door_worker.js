// The service worker of one door: keeps its page, which names nobody, and its files for when there is no connection.

const { door, page, parts, version } = self.shell;
const OURS = `door ${door} `;
const CACHE = OURS + version;
const PATIENCE = 6000;

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(parts);
  const answer = await fetch(page, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error("the page of the door did not come");
  await cache.put(page, answer);
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

const late = () => new Promise((resolve, reject) => setTimeout(reject, PATIENCE, new Error("late")));

async function visit(request) {
  try {
    return await Promise.race([fetch(request), late()]);
  } catch (error) {
    const kept = await caches.match(page);
    return kept || Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const path = new URL(request.url).pathname;
  if (parts.includes(path)) event.respondWith(caches.match(path).then((kept) => kept || fetch(request)));
  else if (request.mode === "navigate" && path.startsWith(door)) event.respondWith(visit(request));
});
