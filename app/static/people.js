// Shortens the way through the list of attendees; it works without.

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// What is folded on a phone stands open where there is room.
const room = window.matchMedia("(min-width: 58rem)");
const unfold = () => each(".wide-open", (part) => { part.open = room.matches; });
if (room.matches) unfold();
room.addListener(unfold);

// The tab that is shown is in sight in a row that slides.
each(".slide [aria-current], .views [aria-current]", (one) => {
  const row = one.closest("ul, nav");
  row.scrollLeft = one.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 3;
});

// How many are ticked, and on a phone a bar at the bottom with what can be done with them.
each("[data-picked]", (said) => {
  const form = said.closest("form");
  const tell = () => {
    const number = form.querySelectorAll(`input[name="${said.dataset.picked}"]:checked`).length;
    said.textContent = number ? said.dataset.words.replace("{}", number) : "";
    said.parentNode.classList.toggle("chosen", number > 0);
    document.documentElement.classList.toggle("has-chosen", number > 0);
  };
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
});
