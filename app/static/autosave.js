// A draft that saves itself. The button works without it.

const form = document.querySelector("form[data-autosave]");
if (form) {
  const said = document.getElementById(form.dataset.autosave);
  let timer = 0;
  let saving = false;
  let changed = false;
  let over = false;
  let pressed = null;
  const save = async () => {
    if (saving || over) return;
    saving = true;
    changed = false;
    const data = new FormData(form);
    data.delete("file");
    data.set("act", "auto");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      const told = await answer.json();
      said.textContent = told.said;
      // Somebody else saved: only a person can say whose words count.
      over = answer.status === 409;
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
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    changed = true;
    later();
  });
  // A button that is pressed while the script saves waits for the new version, or it would meet itself.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!saving || !event.submitter) return;
    pressed = event.submitter;
    event.preventDefault();
    event.stopPropagation();
  });
}
