// A draft that saves itself. The button works without it.

const form = document.querySelector("form[data-autosave]");
const said = document.getElementById(form.dataset.autosave);
let timer = 0;
let saving = false;
let changed = false;
let pressed = null;
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
    // Somebody else saved: a person says whose words count.
    if (answer.status === 409) form.oninput = changed = null;
    if (told.version) form.elements.version.value = told.version;
    if (told.reach) document.getElementById("reach").textContent = told.reach;
  } catch (error) {
    said.textContent = form.dataset.offline;
  }
  saving = false;
  if (pressed) pressed.click();
  else if (changed) later();
};
const later = () => {
  clearTimeout(timer);
  timer = setTimeout(save, 1500);
};
form.oninput = (event) => {
  if (event.target.type === "file") return;
  changed = true;
  later();
};
// A button pressed meanwhile waits for the new version.
form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (!saving || !event.submitter) return;
  pressed = event.submitter;
  event.preventDefault();
  event.stopPropagation();
});
