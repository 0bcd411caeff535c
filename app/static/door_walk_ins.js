// Walk-ins at the door, also without a connection. In the queue of the door they are a number and a time; what was
// typed lies in a store of its own until the server has it, at most until 12 hours after the end of the meeting.

const find = (id) => document.getElementById(id);
const NAMES = "door-names";
const UNTIL = "door-names-until"; // with it every page of ours knows when to wipe the names
const FIELDS = ["name", "organisation", "email", "language"];
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const over = (one) => one.until < Date.now();

export function prepare(page) {
  const { words, say, time, make, button, isolated, asked, within, isWalkIn } = page;
  const form = find("walk-in");
  const field = (name) => form.elements[name];
  const names = () => page.opened(NAMES, (base) => base.createObjectStore("people", { keyPath: "client_id" }));
  let fixing = null;
  let saving = false; // two quick presses are one
  let seen = "";
  let unsent = [];

  // --- what is kept ---

  const dropName = (id) => within(names, "people", "readwrite", (store) => asked(store.delete(id)));

  async function keepName(person) {
    await within(names, "people", "readwrite", (store) => asked(store.put(person)));
    try {
      localStorage.setItem(UNTIL, Math.max(person.until, Number(localStorage.getItem(UNTIL))));
    } catch (error) { /* then the names go at the next visit of a door */ }
  }

  function mayHoldNames() {
    try {
      return Boolean(localStorage.getItem(UNTIL));
    } catch (error) {
      return true;
    }
  }

  async function named(acts) { // who was typed, by the name of the act; what is too old is wiped
    if (!acts.some(isWalkIn) && !mayHoldNames()) return new Map();
    const all = await within(names, "people", "readonly", (store) => asked(store.getAll()));
    await Promise.all(all.filter(over).map((one) => dropName(one.client_id)));
    return new Map(all.filter((one) => !over(one)).map((one) => [one.client_id, one]));
  }

  // --- what is seen ---

  function card(act, person, acts) {
    return { full: person.name, name: person.name, organisation: person.organisation, needs: [],
      since: Date.parse(act.at), unsent: page.isLost(), acts };
  }

  const ways = (act, person) => (act.problem
    ? [[words.correct, "", () => open(act, person)], [words.remove, "second", () => remove(act, person)]]
    : [[words.undo, "second", () => takeBack(act, person)]]);

  function row({ act, person }) {
    const node = make("li");
    const who = make("span", "who");
    if (person) {
      who.append(isolated("b", person.name));
      if (person.organisation) who.append(" ", isolated("small", person.organisation));
      who.append(" ", make("span", act.problem ? "tag wait" : "tag yes", say("since", time(act.at))));
    }
    if (!person) who.append(make("span", "", say("erased", time(act.at))));
    else if (act.problem) who.append(make("span", "wrong", act.problem));
    else who.append(" ", make("span", "tag wait", words.not_sent));
    node.append(who);
    const acts = person ? ways(act, person) : [[words.remove, "second", () => remove(act)]];
    const box = acts.length > 1 ? node.appendChild(make("span", "acts")) : node;
    acts.forEach(([text, kind, press]) => box.append(button(text, person ? person.name : "", kind, press)));
    return node;
  }

  async function show() { // what the server has not taken, with what stands in the way
    const acts = await page.waiting();
    const people = await named(acts);
    unsent = acts.filter(isWalkIn).map((act) => ({ act, person: people.get(act.client_id) }))
      .filter(({ act, person }) => person || over(act));
    const now = JSON.stringify(unsent);
    if (now === seen) return;
    seen = now;
    const list = find("unsent-people");
    list.textContent = "";
    unsent.forEach((one) => list.append(row(one)));
    find("unsent").hidden = !unsent.length;
  }

  // --- what is typed ---

  function wrong(name, text) {
    const about = make("span", "wrong", text);
    about.id = `${name}-error`;
    field(name).before(about);
    field(name).setAttribute("aria-invalid", "true");
    field(name).setAttribute("aria-describedby", `${name}-hint ${name}-error`);
    field(name).closest(".field").classList.add("bad");
    field(name).focus();
  }

  function clear() {
    form.querySelectorAll(".bad").forEach((node) => node.classList.remove("bad"));
    form.querySelectorAll(".wrong").forEach((node) => node.remove());
    form.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
  }

  function open(act, person) {
    clear();
    const known = [...new Set(page.organisations())].sort(new Intl.Collator(document.documentElement.lang).compare);
    find("organisations").textContent = "";
    known.forEach((name) => { find("organisations").append(make("option")); find("organisations").lastChild.value = name; });
    if (person) FIELDS.forEach((name) => { field(name).value = person[name]; });
    fixing = act || null;
    form.hidden = false;
    field("name").focus();
  }

  function close() {
    form.reset();
    form.hidden = true;
    fixing = null;
  }

  async function submit() {
    const typed = {};
    FIELDS.forEach((name) => { typed[name] = field(name).value.trim(); });
    clear();
    if (!typed.name) return wrong("name", words.name_missing);
    if (typed.email && !ADDRESS.test(typed.email)) return wrong("email", words.email_wrong);
    const act = fixing ? Object.assign({}, fixing, { problem: "" }) : page.newAct("in", "walk_in");
    act.until = page.until;
    const person = Object.assign({ client_id: act.client_id, meeting: act.meeting, until: act.until }, typed);
    try {
      await keepName(person); // first, so that no act waits without its name
      act.seq = await page.keepScan(act);
    } catch (error) {
      return wrong("name", words.not_kept);
    }
    close();
    page.showResult(card(act, person, ways(act, person)), "in", act.client_id);
    return done();
  }

  async function takeBack(act, person) { // the server may have it, if its answer got lost: so that is told, too
    const undo = Object.assign(page.newAct("undo", "walk_in"), { walk_in: act.client_id });
    await page.changeQueue((store) => Promise.all([asked(store.delete(act.seq)), asked(store.put(undo))]));
    await dropName(act.client_id);
    page.showResult(card(act, person, []), "undone", undo.client_id);
    await done();
  }

  async function remove(act, person) { // was refused, or has no name any more: the server does not have it
    await page.dropScans([act.seq]);
    await dropName(act.client_id);
    if (fixing && fixing.client_id === act.client_id) close();
    const back = async () => { await keepName(person); await page.keepScan(act); await done(); };
    if (person) page.showResult(card(act, person, [[words.undo, "second", back]]), "removed");
    await done();
  }

  async function done() {
    await show();
    if (find("result").firstChild) find("result").firstChild.focus();
    await page.goOn();
  }

  // --- the line to the server ---

  async function deliver(act, person) { // one at a time; what it says if it refuses is kept until somebody decides
    const { client_id, at, queued } = act;
    const sent = { door: page.nameOfDoor(), sent_at: new Date().toISOString(), client_id, at, queued };
    FIELDS.forEach((name) => { sent[name] = person[name]; });
    try {
      const answer = await page.ask("walk-ins", sent);
      await page.dropScans([act.seq]);
      await dropName(client_id);
      return answer;
    } catch (error) {
      if (!error.why) throw error;
      const kept = await page.changeScan(act.seq, { problem: error.why });
      if (kept && page.isShown(client_id)) page.showResult(card(kept, person, ways(kept, person)), error.why, client_id);
      return null;
    }
  }

  find("walk-in-close").addEventListener("click", () => { close(); find("walk-in-open").focus(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (saving) return;
    saving = true;
    submit().finally(() => { saving = false; });
  }, true);

  return {
    deliver, named, show,
    open: () => open(),
    isOpen: () => !form.hidden,
    here: () => unsent.filter(({ act, person }) => person && !act.problem).length,
  };
}
