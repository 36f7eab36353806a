// A rung that was just added can be dragged at once, before it is saved. unfold offers its handle
// only on saved rows: it leaves rows of class "template" out of sorting.
document.addEventListener("formset:added", (event) => {
  const row = event.target;
  if (!row.closest("[data-ordering-field]")) return;
  row.closest(".form-group").classList.replace("template", "original");
  const handle = row.querySelector(".cursor-not-allowed");
  handle.classList.remove("cursor-not-allowed", "opacity-50");
  handle.classList.add("cursor-move");
  handle.setAttribute("x-sort:handle", "");
});
