// Shortens the way; every page works without it.

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// A page that comes back with errors begins at their list.
each(".summary[role=alert]", (summary) => summary.focus());

// A second click on a button that posts does nothing while the first is on its way.
// After ten seconds, or when the page is seen again (a download, the back button), it works again.
const free = (form) => {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-disabled=true]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) button.textContent = button.dataset.label;
  });
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter || form.querySelector("button:not([type=button])");
  if (button) {
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) {
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.busy;
    }
  }
  setTimeout(free, 10000, form);
});
window.addEventListener("pageshow", () => each("form[data-sent]", free));

// Copies the field that `data-copy` names and says so in the words of `data-done`.
if (navigator.clipboard) {
  each("button[data-copy]", (button) => {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(field.value || field.textContent.trim());
      button.textContent = button.dataset.done;
    });
  });
}

// One box that ticks all boxes of the name in `data-select-all`.
each("input[data-select-all]", (all) => {
  all.hidden = false;
  all.addEventListener("change", () => {
    each(`input[type=checkbox][name="${all.dataset.selectAll}"]`, (box) => {
      box.checked = all.checked;
    });
  });
});

// A question that is only for some shows itself when the answer that decides is given.
each("[data-decided-by]", (part) => {
  const form = part.closest("form");
  if (!form) return;
  const controls = Array.from(part.querySelectorAll("input, textarea")).filter((one) => !one.disabled);
  const decide = () => {
    const said = new FormData(form).getAll(part.dataset.decidedBy);
    part.hidden = !said.includes(part.dataset.value);
    // What is hidden is not sent, so that what hangs on it hides too.
    controls.forEach((control) => {
      control.disabled = part.hidden;
    });
  };
  part.querySelector("p.hint").hidden = true;
  decide();
  form.addEventListener("change", () => setTimeout(decide));
});
