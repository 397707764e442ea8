// New passwords: a button that shows what was typed, and the hint under the field. The server judges while somebody
// types (htmx asks it); here only the length is checked, at once, and the verdict is said.

const fieldsOf = (button) => button.dataset.show.split(" ").map((id) => document.getElementById(id)).filter(Boolean);

const reveal = (button, shown) => {
  for (const field of fieldsOf(button)) field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (button) reveal(button, button.getAttribute("aria-pressed") !== "true");
});

// Browsers remember what was typed into a text field; a password is none.
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-show]").forEach((button) => reveal(button, false));
});

const hint = () => document.getElementById("strength");
const said = () => document.querySelector("[data-strength-said]");

const setLevel = (level, word) => {
  hint().querySelector(".strength-line").className = `strength-line strength-${level}`;
  hint().querySelector("[data-strength-word]").textContent = word;
};

const clear = () => {
  setLevel(0, "");
  for (const rule of hint().querySelectorAll(".rule")) rule.classList.remove("rule-met", "rule-unmet");
  said().textContent = "";
};

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches("[data-new-password]")) return;
  if (field.value === "") return clear();
  const rule = hint().querySelector("[data-shortest]");
  const met = [...field.value].length >= Number(rule.dataset.shortest);
  rule.classList.toggle("rule-met", met);
  rule.classList.toggle("rule-unmet", !met);
  if (!met) setLevel(0, "Too short");
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  // The answer to a password that is gone by now.
  if (ctx.target === hint() && ctx.sourceElement.value === "") event.preventDefault();
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target !== hint()) return;
  const word = hint().querySelector("[data-strength-word]").textContent;
  const open = [...hint().querySelectorAll(".rule-unmet")].map((rule) => `Missing: ${rule.textContent.trim()}.`);
  said().textContent = word && [`Strength: ${word}.`, ...open].join(" ");
});
