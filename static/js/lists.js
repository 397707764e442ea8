// Lists that change in place: order, page and status links, the filter form, and choosing rows.

const isPlainClick = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || !isPlainClick(event)) return;
  event.preventDefault();
  link.setAttribute("hx-indicator", "#results");
  htmx.ajax("GET", link.href, { source: link, target: "#results", swap: "outerHTML", push: "true" });
});

// Filters left alone stay out of the URL.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches("[data-filter]")) return;
  for (const [name, value] of [...ctx.request.body]) {
    if (value === "") ctx.request.body.delete(name);
  }
});

const rows = (form) => [...form.querySelectorAll("tbody .cb")];

const showAll = (form) => {
  const all = form.querySelector("[data-select-all]");
  if (!all) return;
  const chosen = rows(form).filter((box) => box.checked).length;
  all.checked = chosen > 0 && chosen === rows(form).length;
  all.indeterminate = chosen > 0 && !all.checked;
  // Everybody who matches can only be meant while the whole page is chosen.
  const everybody = form.querySelector("[data-everybody] input");
  if (everybody && !all.checked) everybody.checked = false;
};

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of rows(form)) box.checked = event.target.checked;
  }
  showAll(form);
});

document.addEventListener("reset", (event) => {
  if (event.target.matches("form[data-bulk]")) setTimeout(() => showAll(event.target));
});
