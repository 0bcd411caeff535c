// The door with a script: finds people as one types, takes codes and the camera, and goes on without a connection.
// On this phone lie, per meeting: names, organisations, hashes of codes, flags of needs. What was done waits in a
// queue of its own until the server has it; the queue holds no names and is never thrown away. Whoever is added here,
// see door_walk_ins.js, lies with the name in a third store.

const door = document.getElementById("door");
const words = JSON.parse(document.getElementById("door-words").textContent);
const meeting = Number(door.dataset.meeting);
const base = door.dataset.door;
const isShell = "shell" in door.dataset;
const until = Date.parse(door.dataset.until);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "numeric", minute: "2-digit", hour12: false, timeZone: door.dataset.zone,
});
const find = (id) => document.getElementById(id);
const LISTS = "door-lists";
const QUEUE = "door-queue";
const SHOWN = 40;
const CLOSED = ["draft", "called_off", "early"]; // why nobody at all can be checked in
const PORTION = 50;
const EVERY = 8000;
const ANEW = 5 * 60 * 1000;
const CZECH = "+ěščřžýáíé=%-\"yzYZ";
const AMERICAN = "1234567890-_/:zyZY";

let people = new Map();
let byCode = new Map();
let csrf = "";
let last = 0;
let loaded = 0;
let busy = false;
let lost = isShell;
let counts = null;
let shown = "";
let walkIns = null; // the part for them, when it is wanted
let preparing = null;
let added = false; // somebody, so that the order of the list is another one

// --- what is kept on this phone ---------------------------------------------------------------------------

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const done = (change) => new Promise((resolve, reject) => {
  change.oncomplete = () => resolve();
  change.onabort = change.onerror = () => reject(change.error);
});

const opened = (name, make) => {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => make(request.result);
  return asked(request).then((base) => {
    base.onversionchange = () => base.close(); // the page of the sign-in wipes the list
    return base;
  });
};

const lists = () => opened(LISTS, (base) => base.createObjectStore("lists", { keyPath: "meeting" }));
const queue = () => opened(QUEUE, (base) => base.createObjectStore("scans", { keyPath: "seq", autoIncrement: true }));

async function within(open, store, mode, act) {
  const base = await open();
  try {
    const change = base.transaction(store, mode);
    const ends = done(change);
    const result = await act(change.objectStore(store));
    await ends;
    return result;
  } finally {
    base.close();
  }
}

const keepList = () => within(lists, "lists", "readwrite", (store) => asked(store.put({
  meeting, until, last, loaded, counts, people: [...people.values()],
})));

async function readList() {
  const all = await within(lists, "lists", "readonly", (store) => asked(store.getAll()));
  const over = all.filter((one) => one.until < Date.now());
  if (over.length) {
    await within(lists, "lists", "readwrite", (store) => Promise.all(over.map((one) => asked(store.delete(one.meeting)))));
  }
  return all.find((one) => one.meeting === meeting && one.until >= Date.now());
}

async function waiting() {
  const all = await within(queue, "scans", "readonly", (store) => asked(store.getAll()));
  return all.filter((one) => one.meeting === meeting);
}

const changeQueue = (act) => within(queue, "scans", "readwrite", act);
const keepScan = (scan) => changeQueue((store) => asked(store.put(scan)));
const dropScans = (numbers) => changeQueue((store) => Promise.all(numbers.map((number) => asked(store.delete(number)))));

// What was taken out of the queue meanwhile does not come back by a change.
const changeScan = (number, change) => changeQueue(async (store) => {
  const scan = await asked(store.get(number));
  if (scan) await asked(store.put(Object.assign(scan, change)));
  return scan;
});

const isWalkIn = (scan) => scan.way === "walk_in" && scan.act === "in";
const isKept = (scan) => scan.problem || scan.until < Date.now(); // a walk-in about whom somebody has to decide

function remember(rows, all) {
  if (all) people = new Map();
  rows.forEach((row) => people.set(row.id, Object.assign({}, people.get(row.id), row)));
  people.forEach((one) => { one.key = fold(`${one.full} ${one.organisation}`); });
  byCode = new Map([...people.values()].map((one) => [one.code, one]));
}

function noteEnd() {
  try {
    localStorage.setItem("door-until", Math.max(until, Number(localStorage.getItem("door-until"))));
  } catch (error) { /* without it the list goes at the next visit of a door, or at the sign-out */ }
}

function nameOfDoor() {
  try {
    const name = localStorage.getItem("door-name") || Math.random().toString(36).slice(2, 10);
    localStorage.setItem("door-name", name);
    return name;
  } catch (error) {
    return "";
  }
}

// --- words ------------------------------------------------------------------------------------------------

const say = (name, ...values) => values.reduce((text, value) => text.replace("{}", value), words[name] || name);
const form = (number) => (number === 1 ? 1 : number > 1 && number < 5 ? 2 : 5);
const time = (instant) => clock.format(new Date(instant));

function fold(text) {
  const plain = { "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss" };
  return text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[łđøæœß]/g, (one) => plain[one]);
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text) node.textContent = text;
  return node;
}

function button(text, about, kind, act) {
  const node = make("button", `button ${kind}`.trim(), text);
  node.type = "button";
  if (about) {
    node.append(" ", make("span", "unseen", about));
  }
  node.addEventListener("click", act);
  return node;
}

function isolated(tag, text) {
  const node = make(tag);
  node.append(make("bdi", "", text));
  return node;
}

// --- what is seen -----------------------------------------------------------------------------------------

function showCounts() {
  if (!counts) return;
  document.querySelectorAll("[data-count]").forEach((node) => {
    const number = counts[node.dataset.count];
    node.textContent = number === null ? "–" : number;
  });
}

function count() {
  if (!counts) return;
  const all = [...people.values()];
  const here = walkIns ? walkIns.here() : 0; // whom the server does not know of
  if (counts.seats === undefined) counts.seats = counts.free;
  if (counts.seats !== null) counts.free = Math.max(0, counts.seats - here);
  counts.present = all.filter((one) => one.since).length + here;
  counts.expected = all.filter((one) => !one.since && !one.no).length;
  showCounts();
}

async function showLine(state) {
  const all = await waiting();
  const refused = all.filter(isKept).length;
  const number = all.length - refused;
  const parts = number ? [say(`waiting_${form(number)}`, number)] : [];
  if (state) parts.unshift(say(state));
  if (lost && loaded) parts.push(say("old_list", time(loaded)));
  if (refused) parts.push(say(`kept_${form(refused)}`, refused));
  const line = find("line");
  const text = parts.join(" ");
  line.hidden = !text;
  line.dataset.waiting = number;
  if (line.dataset.said === text) return; // what is said once is not read out again
  line.dataset.said = line.textContent = text;
  if (refused) line.append(" ", linkTo("#unsent", words.see_who));
  if (state === "signed_out") line.append(" ", linkTo(base, words.sign_in));
}

function linkTo(address, text) {
  const link = make("a", "", text);
  link.href = address;
  return link;
}

function tagsOf(one) {
  const tags = one.needs.map((need) => make("span", "tag maybe", need));
  if (one.since) tags.push(make("span", "tag yes", say("since", time(one.since))));
  else if (words[`short_${one.no}`]) tags.push(make("span", "tag wait", words[`short_${one.no}`]));
  return tags;
}

function rowOf(one) {
  const row = make("li");
  const who = make("span", "who");
  who.append(isolated("b", one.name));
  if (one.organisation) who.append(" ", isolated("small", one.organisation));
  tagsOf(one).forEach((tag) => who.append(" ", tag));
  row.append(who);
  if (one.since) row.append(button(words.undo, one.name, "second", () => record("undo", one, "list")));
  else if (one.no) row.append(button(words.why_not, one.name, "second", () => showResult(one, `no_${one.no}`)));
  else row.append(button(words.check_in, one.name, "", () => record("in", one, "list")));
  return row;
}

function showPeople() {
  if (!people.size) return;
  document.querySelectorAll("#find button").forEach((node) => { node.hidden = true; }); // it finds as one types
  const wanted = fold(find("q").value).split(/\s+/).filter(Boolean);
  const all = [...people.values()];
  const fits = wanted.length
    ? all.filter((one) => wanted.every((word) => one.key.includes(word)))
    : all.filter((one) => one.since || !one.no || CLOSED.includes(one.no));
  const box = find("people");
  box.textContent = "";
  if (fits.length) {
    const list = make("ul", "guests");
    list.id = "guests";
    fits.slice(0, SHOWN).forEach((one) => list.append(rowOf(one)));
    box.append(list);
  }
  if (!fits.length) box.append(make("p", "quiet", words.nobody));
  else if (fits.length > SHOWN) box.append(make("p", "quiet", say("more", fits.length)));
}

function showResult(one, said, scan, quiet) {
  const box = find("result");
  const held = box.contains(document.activeElement);
  const kind = { in: "in", again: "again", undone: "undone", removed: "undone" }[said] || "no";
  box.textContent = "";
  if (find("said")) find("said").textContent = "";
  const card = make("div", `result ${kind}`);
  card.tabIndex = -1;
  card.append(make("p", "state", said === "in" ? `${words.in} ${time(one.since)}` : say(said, one && one.since ? time(one.since) : "")));
  if (one) {
    const name = isolated("p", one.full);
    name.className = "name";
    card.append(name);
    if (one.organisation) card.append(isolated("p", one.organisation));
    if (one.needs.length) {
      const tags = make("p");
      one.needs.forEach((need) => tags.append(make("span", "tag maybe", need), " "));
      card.append(tags);
    }
    if (one.unsent) {
      card.append(make("p"));
      card.lastChild.append(make("span", "tag wait", words.not_sent));
    }
    if (one.acts) one.acts.forEach(([text, look, act]) => card.append(button(text, one.name, look, act), " "));
    else if (one.since) card.append(button(words.undo, one.name, "second", () => record("undo", one, "list")));
    else if (one.let_in) card.append(button(words.let_in, one.name, "", () => record("let_in", one, "list")));
  }
  box.append(card);
  shown = scan || "";
  if (!quiet) feel(kind);
  else if (held) card.focus();
}

let sound = null;
function feel(kind) {
  if (navigator.vibrate) navigator.vibrate(kind === "in" ? 80 : kind === "undone" ? 0 : [120, 80, 120]);
  if (!sound || kind === "undone") return;
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  volume.gain.value = 0.15;
  tone.frequency.value = { in: 880, again: 440, no: 220 }[kind];
  tone.connect(volume);
  volume.connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + (kind === "in" ? 0.12 : 0.35));
}

document.addEventListener("pointerdown", () => {
  const Audio = window.AudioContext || window.webkitAudioContext;
  if (!sound && Audio) sound = new Audio();
}, { once: true });

// --- what is done -----------------------------------------------------------------------------------------

const newAct = (act, way) => ({
  meeting, act, way, client_id: newId(), at: new Date().toISOString(), attendee_id: null, code: "", queued: lost,
});

async function record(act, one, way, code) {
  const scan = Object.assign(newAct(act, way), one ? { attendee_id: one.id } : { code });
  await keepScan(scan);
  if (!one) {
    showResult(null, "no_unknown", scan.client_id);
  } else if (act === "undo") {
    one.since = null;
    showResult(one, "undone", scan.client_id);
  } else if (one.since) {
    showResult(one, "again", scan.client_id);
  } else if (one.no && act !== "let_in") {
    showResult(one, `no_${one.no}`, scan.client_id);
  } else {
    one.since = Date.parse(scan.at);
    one.no = "";
    showResult(one, "in", scan.client_id);
  }
  const pressed = find("people").contains(document.activeElement);
  count();
  showPeople();
  if (pressed) find("result").firstChild.focus();
  await keepList();
  await showLine(lost ? "offline" : "");
  send();
}

async function take(text, way) {
  const token = codeIn(text);
  if (!token) {
    showResult(null, say("not_a_code", text.slice(0, 60)));
    return;
  }
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  const code = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  await record("in", byCode.get(code), way, code);
}

function codeIn(text) {
  const pressed = [...text].map((one) => (CZECH.includes(one) ? AMERICAN[CZECH.indexOf(one)] : one)).join("");
  for (const one of [text.trim(), pressed.trim()]) {
    const found = /\/c\/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])/.exec(one) || /^([A-Za-z0-9_-]{22})$/.exec(one);
    if (found) return found[1];
  }
  return "";
}

// --- the line to the server -------------------------------------------------------------------------------

async function ask(path, body) {
  const options = { credentials: "same-origin", redirect: "manual", cache: "no-store" };
  if (body) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(base + path, options);
  if (answer.ok) return answer.json();
  const status = answer.type === "opaqueredirect" ? 401 : answer.status;
  const { why } = await answer.json().catch(() => ({})); // the sentence for somebody who cannot be added
  throw Object.assign(new Error(`answered ${status}`), { status, why });
}

function heard(answer) {
  csrf = answer.csrf;
  counts = answer.counts;
  if (answer.last !== undefined) last = answer.last;
}

async function load() {
  const answer = await ask("people.json");
  heard(answer);
  remember(answer.people, true);
  loaded = Date.now();
  added = false;
  await overlay();
}

async function overlay() { // what still waits here is true on this phone already
  (await waiting()).forEach((scan) => {
    const one = people.get(scan.attendee_id);
    if (!one) return;
    if (scan.act === "undo") one.since = null;
    else if (!one.since && (!one.no || scan.act === "let_in")) one.since = Date.parse(scan.at);
  });
}

async function catchUp() {
  const answer = await ask(`state.json?after=${last}`);
  heard(answer);
  const strange = answer.people.some((row) => !people.has(row.id));
  if (strange || added || Date.now() - loaded > ANEW) return load();
  remember(answer.people, false);
  return overlay();
}

async function deliver() {
  for (;;) {
    const all = (await waiting()).filter((scan) => !isKept(scan));
    if (all.some(isWalkIn)) await prepareWalkIns();
    const names = walkIns ? await walkIns.named(all) : new Map();
    const acts = all.filter((scan) => !isWalkIn(scan) || names.has(scan.client_id));
    if (!acts.length) return;
    if (!csrf) await catchUp();
    const before = acts.findIndex(isWalkIn);
    if (before === 0) took(await walkIns.deliver(acts[0], names.get(acts[0].client_id)), showAdded);
    else await deliverScans(acts.slice(0, before < 0 ? PORTION : Math.min(before, PORTION)));
    await overlay();
  }
}

async function deliverScans(scans) {
  const answer = await ask("scans", { door: nameOfDoor(), sent_at: new Date().toISOString(), scans });
  const numbers = new Map(scans.map((scan) => [scan.client_id, scan.seq]));
  await dropScans(answer.answers.map((one) => numbers.get(one.client_id)).filter(Boolean));
  took(answer, correct);
}

function took(answer, tell) {
  if (!answer) return;
  heard(answer);
  remember(answer.people, false);
  answer.answers.forEach(tell);
}

function showAdded(answer) { // the card of a walk-in becomes that of somebody on the list
  const one = people.get(answer.attendee_id);
  added = true;
  if (answer.client_id === shown && one && one.since) showResult(one, "in", shown, true);
}

function correct(answer) { // the card that is shown says what became of it
  if (answer.client_id !== shown) return;
  const one = people.get(answer.attendee_id);
  const said = ["in", "again", "undone", "nothing"].includes(answer.verdict) ? "" : `no_${answer.verdict}`;
  if (said && document.querySelector("#result .state").textContent !== words[said]) showResult(one, said, shown);
  if (answer.verdict === "again" && one && document.querySelector("#result .in")) showResult(one, "again", shown);
}

async function send() {
  if (busy) return;
  busy = true;
  const was = lost;
  let state = "";
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        await deliver();
        await catchUp();
        break;
      } catch (error) {
        if (error.status !== 400 || tries) throw error; // an old token: the next one comes with the list
        csrf = "";
      }
    }
    lost = false;
    noteEnd();
  } catch (error) {
    lost = !error.status || error.status >= 500;
    state = lost ? "offline" : error.status === 401 ? "signed_out" : "refused";
    if (state === "signed_out") csrf = "";
    await markQueued();
  } finally {
    busy = false;
  }
  showCounts();
  if (people.size) {
    if (document.activeElement === null || !find("people").contains(document.activeElement)) showPeople();
    if (!lost) await keepList();
  } else if (lost) {
    state = "no_list";
  }
  if (walkIns) await walkIns.show();
  await showLine(state || (was && !lost ? "online" : ""));
  const idle = !find("q").value && !(walkIns && walkIns.isOpen());
  if (isShell && !lost && !state && idle && (await waiting()).every(isKept)) location.replace(base);
}

const markQueued = () => waiting().then((scans) => Promise.all(
  scans.filter((scan) => !scan.queued).map((scan) => changeScan(scan.seq, { queued: true })),
));

// --- the beginning ----------------------------------------------------------------------------------------

async function begin() {
  const kept = await readList();
  if (kept) {
    counts = kept.counts;
    last = kept.last;
    loaded = kept.loaded;
    remember(kept.people, true);
    await overlay();
    if (isShell) {
      count();
      showPeople();
    }
  }
  find("q").addEventListener("input", showPeople);
  find("find").addEventListener("submit", (event) => {
    if (!people.size) return;
    event.preventDefault();
    showPeople();
  });
  find("enter").addEventListener("submit", (event) => {
    if (!people.size && !isShell) return;
    event.preventDefault();
    event.stopPropagation();
    const field = find("code");
    const text = field.value;
    field.value = "";
    field.focus();
    if (text.trim()) take(text, "code");
  }, true);
  window.addEventListener("online", send);
  window.addEventListener("offline", () => { lost = true; showLine("offline"); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(() => {
    if (Date.now() > until) {
      indexedDB.deleteDatabase(LISTS);
      if (walkIns) walkIns.show();
    } else if (!document.hidden) send();
  }, EVERY);
  prepareCamera();
  find("walk-in-open").addEventListener("click", async (event) => {
    event.preventDefault();
    await prepareWalkIns();
    if (walkIns) walkIns.open();
    else location.assign(event.target.href);
  });
  if ((await waiting()).some(isWalkIn)) await prepareWalkIns();
  if (location.pathname.endsWith("/walk-in/")) find("walk-in-open").click();
  if ("serviceWorker" in navigator && !isShell) {
    navigator.serviceWorker.register(`${base}worker.js`, { scope: base }).catch(() => {});
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  }
  await send();
}

function prepareWalkIns() { // without it the link leads to the page, which wants a connection
  preparing = preparing || loadWalkIns();
  return preparing;
}

async function loadWalkIns() {
  try {
    walkIns = walkIns || (await import(door.dataset.walkIns)).prepare({
      until, words, say, time, make, button, isolated, asked, opened, within, waiting, keepScan, dropScans, changeScan,
      changeQueue, isWalkIn, newAct, showResult, ask, nameOfDoor,
      isLost: () => lost,
      isShown: (id) => shown === id,
      organisations: () => [...people.values()].map((one) => one.organisation).filter(Boolean),
      goOn: async () => {
        count();
        await showLine(lost ? "offline" : "");
        send();
      },
    });
    await walkIns.show();
    if (isShell) count();
  } catch (error) {
    preparing = null;
  }
}

function prepareCamera() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
  find("camera-open").hidden = false;
  find("camera-open").addEventListener("click", async () => {
    const camera = await import(door.dataset.camera);
    camera.open(door.dataset.reader, words, (text) => take(text, "qr"));
  });
}

if (window.indexedDB && window.crypto && crypto.subtle) begin();
