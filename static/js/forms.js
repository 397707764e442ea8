// What every form and button gains from script: shows what needs script, guards against a second press, copies,
// prints, keeps track of unsaved input, and leads to what was wrong.

const reveal = (root) => root.querySelectorAll("[data-js][hidden]").forEach((element) => (element.hidden = false));

// A summary of problems gets the focus, so that it is read and its links are next.
const leadToProblems = (root) => root.querySelector("[data-problems]")?.focus();

const submitButtons = (form) => [...form.elements].filter((element) => element.type === "submit");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  // After this turn, so that the pressed button still sends its own value.
  setTimeout(() => {
    for (const button of submitButtons(form)) {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }
  });
});

// A page that comes back from the browser's memory must be usable again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[type=submit][aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-print]")) {
    print();
  } else if (button?.matches("[data-copy]")) {
    const source = document.querySelector(button.dataset.copy);
    if (!source) return;
    const text = source.dataset.copyText ?? source.value ?? source.innerText;
    await navigator.clipboard.writeText(text.trim());
    document.dispatchEvent(new CustomEvent("rollcall:toast", { detail: { text: "Copied." } }));
  }
  const link = event.target.closest("[data-problems] a[href^='#']");
  const field = link && document.querySelector(link.getAttribute("href"));
  if (field) {
    event.preventDefault();
    field.focus();
  }
});

const isChanged = (field) => {
  if (!field.name || field.type === "hidden" || field.type === "submit" || field.type === "search") return false;
  // One of a group is changed with the one that was chosen before; it counts once.
  if (field.type === "radio") return field.checked && !field.defaultChecked;
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
};

const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;

// "3 changes, 7 people affected"
const tellChanges = (form) => {
  const changes = [...form.elements].filter(isChanged).length;
  const affected = Number(form.querySelector("[data-affected]")?.dataset.affected ?? 0);
  const people = affected > 0 ? `, ${counted(affected, "person", "people")} affected` : "";
  const text = changes > 0 ? `${counted(changes, "change", "changes")}${people}` : "Unsaved changes";
  form.querySelectorAll("[data-changes]").forEach((note) => (note.textContent = text));
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-dirty]");
  if (!form || event.target.matches("[type=search]")) return;
  form.dataset.dirty = "yes";
  form.querySelectorAll("[data-unsaved]").forEach((note) => (note.hidden = false));
  tellChanges(form);
});

document.addEventListener("htmx:after:swap", () => {
  reveal(document);
  document.querySelectorAll("form[data-dirty=yes]").forEach(tellChanges);
});

reveal(document);
leadToProblems(document);
