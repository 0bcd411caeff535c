// A draft that saves itself, and a page that keeps itself up to date. Both work without it.

const form = document.querySelector("form[data-autosave]");
if (form) {
  const said = document.getElementById(form.dataset.autosave);
  let timer = 0;
  let saving = false;
  let changed = false;
  const save = async () => {
    if (saving) return;
    saving = true;
    changed = false;
    const data = new FormData(form);
    data.delete("file");
    data.set("act", "auto");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      const told = await answer.json();
      said.textContent = told.said;
      if (told.version) form.elements.version.value = told.version;
      if (told.reach) document.getElementById("reach").textContent = told.reach;
    } catch (error) {
      said.textContent = form.dataset.offline;
    }
    saving = false;
    if (changed) later();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    changed = true;
    later();
  });
  form.addEventListener("submit", () => clearTimeout(timer));
}

const look = async () => {
  const old = document.querySelector("[data-watch]");
  if (!old) return;
  setTimeout(look, 3000);
  if (document.hidden || old.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(old.id);
    if (fresh && answer.ok) old.replaceWith(fresh);
  } catch (error) {
    // The next look may find the line again; the link on the page works as before.
  }
};
setTimeout(look, 3000);
