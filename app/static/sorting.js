// Rows of a list are dragged where they belong. Each row has a form that moves it (Up, Down), which this one sends
// with another place; without a mouse or this script the buttons do the same.
document.querySelectorAll("[data-sortable]").forEach((list) => {
  let dragged = null;
  Array.from(list.children).forEach((row) => {
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      row.classList.add("target");
    });
    row.addEventListener("dragleave", () => row.classList.remove("target"));
    row.addEventListener("dragend", () => {
      dragged = null;
    });
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      row.classList.remove("target");
      const place = dragged && dragged.querySelector("input[name=to]");
      if (!place || dragged === row) return;
      place.value = row.dataset.index;
      place.form.submit();
    });
  });
});
