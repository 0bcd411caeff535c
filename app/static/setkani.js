// Shortens the way; every page works without it.

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// A page that comes back with errors begins at their list.
each(".summary[role=alert]", (summary) => summary.focus());

// A second click on a button that posts does nothing while the first is on its way.
// After ten seconds, or when the page is seen again (the back button), it works again. Where the answer is a file
// (`data-file` on the form) the page stays: another button works at once, the same one after three seconds.
const free = (form) => {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-disabled=true]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) button.textContent = button.dataset.label;
  });
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || (event.submitter && event.submitter.formTarget)) return;
  const button = event.submitter || form.querySelector("button:not([type=button])");
  const isFile = "file" in form.dataset;
  if (isFile ? button.getAttribute("aria-disabled") : form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (button) {
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) {
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.busy;
    }
  }
  setTimeout(free, isFile ? 3000 : 10000, form);
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

// Shows what was typed into a password field; hidden again before it is sent.
each("button[data-shows]", (button) => {
  const field = document.getElementById(button.dataset.shows);
  const words = [button.textContent, button.dataset.hides];
  const show = (seen) => {
    field.type = seen ? "text" : "password";
    button.textContent = words[Number(seen)];
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false));
});

// One box that ticks all boxes of its table with the name in `data-select-all`.
each("input[data-select-all]", (all) => {
  all.hidden = false;
  all.addEventListener("change", () => {
    const boxes = `input[type=checkbox][name="${all.dataset.selectAll}"]`;
    Array.from(all.closest("table").querySelectorAll(boxes)).forEach((box) => {
      box.checked = all.checked;
    });
  });
});

// A letter that a form shows in a frame comes as soon as its part of the page is open.
each("button[data-frame]", (button) => {
  const part = button.closest("details");
  const show = () => {
    if (!part.open || button.hidden) return;
    button.hidden = true;
    button.click();
  };
  part.addEventListener("toggle", show);
  show();
});

// A page that changes by itself, like letters being sent, shows it every three seconds until it is done.
const follow = async (part) => {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (answer && answer.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById(part.id);
    if (!now) return;
    part.innerHTML = now.innerHTML;
    if (!now.hasAttribute("data-follow")) return;
  }
  setTimeout(follow, 3000, part);
};
each("[data-follow]", (part) => setTimeout(follow, 3000, part));

// A phone that stood at a door forgets the list of people when nobody is signed in, and half a day after the end.
// Then it also forgets whoever was added there and never sent; until then they outlive a sign-out, as scans do.
try {
  const until = Number(localStorage.getItem("door-until"));
  if (until && (until < Date.now() || document.querySelector("[data-signed-out]"))) {
    indexedDB.deleteDatabase("door-lists");
    localStorage.removeItem("door-until");
  }
  const names = Number(localStorage.getItem("door-names-until"));
  if (names && names < Date.now()) {
    indexedDB.deleteDatabase("door-names");
    localStorage.removeItem("door-names-until");
  }
} catch (error) { /* a browser that keeps nothing has nothing to forget */ }

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
