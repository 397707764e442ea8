// Keyboard shortcuts. Single keys are off inside fields, with a modifier, and for who switched them off.

const GO = { u: "/users", r: "/roles", t: "/tokens", a: "/audit", o: "/organizations" };
const KEYS = [
  ["/", "Search"],
  ["?", "This list"],
  ["g u", "User Management"],
  ["g r", "Application Roles"],
  ["g t", "API tokens"],
  ["g a", "Audit log"],
  ["g o", "Organizations"],
  ["i", "Invite Users"],
  ["j k", "Next / previous row"],
  ["x", "Choose the row"],
  ["e", "Edit"],
  ["Ctrl Enter", "Submit the form"],
  ["Esc", "Close, or clear the search"],
];

const singles = document.querySelector('meta[name="shortcuts"]')?.content === "on";
const isField = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const find = (selector) => document.querySelector(selector);
const linkTo = (path) => find(`.nav-link[href="${path}"]`);
const marked = (key) => find(`[data-key="${CSS.escape(key)}"]`);

let afterG = 0;

const row = () => document.activeElement.closest?.("tbody tr");

const move = (step) => {
  const rows = [...document.querySelectorAll("#results tbody tr")];
  const at = rows.indexOf(row());
  rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : at + step]?.querySelector(".person-name, a")?.focus();
};

const showKeys = () => {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const sheet = document.createElement("div");
  sheet.className = "sheet sheet-416";
  const head = document.createElement("div");
  head.className = "sheet-head";
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = "Keyboard shortcuts";
  head.append(title);
  const list = document.createElement("dl");
  list.className = "keys";
  for (const [keys, does] of KEYS.filter(([keys]) => !keys.startsWith("g ") || linkTo(GO[keys.at(-1)]))) {
    const term = document.createElement("dt");
    term.append(
      ...keys.split(" ").map((key) => {
        const cap = document.createElement("kbd");
        cap.className = "kbd";
        cap.textContent = key;
        return cap;
      }),
    );
    const text = document.createElement("dd");
    text.textContent = does;
    const pair = document.createElement("div");
    pair.append(text, term);
    list.append(pair);
  }
  const close = document.createElement("button");
  close.className = "btn";
  close.textContent = "Close";
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  const foot = document.createElement("div");
  foot.className = "sheet-foot";
  foot.append(close);
  sheet.append(head, list, foot);
  dialog.append(sheet);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};

const go = (path) => {
  if (linkTo(path)) location.assign(path);
};

const single = (key) => {
  if (Date.now() - afterG < 1200 && GO[key]) return go(GO[key]);
  switch (key) {
    case "g":
      afterG = Date.now();
      return;
    case "/":
      return marked("/")?.select();
    case "?":
      return showKeys();
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "x":
      return row()?.querySelector(".cb")?.click();
    case "e":
      return (row()?.querySelector("[data-row-edit]") ?? marked("e"))?.click();
    case "i":
      return marked("i")?.click();
  }
};

const escape = (target) => {
  const menu = find(".menu[open]");
  if (menu && !find("dialog[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (target.matches("#q") && target.value) {
    target.value = "";
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && (key === "Enter" || key === "s")) {
    const form = target.closest?.("form[method=post]");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[type=submit]"));
  } else if (key === "Escape") {
    escape(target);
  } else if (singles && !event.ctrlKey && !event.metaKey && !event.altKey && !isField(target) && !find("dialog[open]")) {
    if (key === "/" && marked("/")) event.preventDefault();
    single(key);
  }
});
