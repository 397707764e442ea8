// The role picker: filters long lists, counts what is chosen, and tells while inviting what the chosen roles open
// together. Each role carries data-grants ("callback.exports=4 ..."), each page data-page.

const bars = (level) => (level === 0 ? 0 : level === 1 ? 1 : level < 4 ? 2 : 3);
const roleName = (input) => input.closest("label").textContent.trim().replace(/\s+/g, " ");

const filter = (search) => {
  const group = search.closest("[data-roles]");
  const wanted = search.value.trim().toLowerCase();
  for (const pick of group.querySelectorAll(".pick")) {
    const input = pick.querySelector("input");
    pick.hidden = wanted !== "" && !input.checked && !roleName(input).toLowerCase().includes(wanted);
  }
  let shown = 0;
  for (const row of group.querySelectorAll(".roles-row:has(.pick)")) {
    row.hidden = !row.querySelector(".pick:not([hidden])");
    if (!row.hidden) shown += 1;
  }
  group.querySelector("[data-roles-none]").hidden = shown > 0;
};

const grantsOf = (element) =>
  (element.dataset.grants ?? "")
    .split(" ")
    .filter(Boolean)
    .map((grant) => grant.split("="));

// The highest level each page gets from the chosen roles and those kept, and the roles that give it.
const effective = (form) => {
  const pages = new Map();
  const roles = [...form.querySelectorAll("[data-kept]")].map((kept) => [kept, kept.dataset.kept]);
  for (const input of form.querySelectorAll("[data-roles] input:checked")) roles.push([input, roleName(input)]);
  for (const [element, name] of roles) {
    for (const [page, number] of grantsOf(element)) {
      const level = Number(number);
      const best = pages.get(page);
      if (!best || level > best.level) pages.set(page, { level, from: [name] });
      else if (level === best.level) best.from.push(name);
    }
  }
  return pages;
};

const list = (names) => {
  if (names.length > 3) return `${names.length} pages, such as ${list(names.slice(0, 3))}`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
};

const line = (level, words, names) => {
  const item = document.createElement("li");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-level-${level}`);
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  const text = document.createElement("span");
  const strong = document.createElement("strong");
  strong.textContent = words;
  text.append(strong, ` ${list(names)}`);
  item.append(svg, text);
  return item;
};

const showSummary = (summary, pages) => {
  const blocks = [];
  for (const application of summary.querySelectorAll("[data-application]")) {
    const names = [[], [], [], []];
    for (const page of application.querySelectorAll("[data-page]")) {
      names[bars(pages.get(page.dataset.page)?.level ?? 0)].push(page.textContent);
    }
    if (names[0].length === application.childElementCount) continue;
    const title = document.createElement("h3");
    title.textContent = application.dataset.application;
    const lines = document.createElement("ul");
    lines.className = "effects";
    for (const [level, words] of [[3, "Full on"], [2, "Edit"], [1, "View"], [0, "No access to"]]) {
      if (names[level].length) lines.append(line(level, words, names[level]));
    }
    blocks.push(title, lines);
  }
  summary.querySelector("[data-summary-text]").replaceChildren(...blocks);
  summary.querySelector("[data-summary-none]").hidden = blocks.length > 0;
  summary.querySelector("[data-summary-warning]").hidden = (pages.get("platform.user_management")?.level ?? 0) < 2;
};

const refresh = (group) => {
  const form = group.closest("form");
  const chosen = group.querySelectorAll("input:checked").length;
  group.querySelector("[data-roles-count]").textContent = chosen ? `${chosen} chosen` : "";
  const summary = form.querySelector("[data-summary]");
  if (summary) showSummary(summary, effective(form));
};

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-roles-filter]")) filter(event.target);
});

document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-roles]");
  if (group && !event.target.matches("[type=search]")) refresh(group);
});

// "Set all" of an application: every page that offers the level gets it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-all]");
  if (!button) return;
  const group = button.closest("[role=group]");
  for (const radio of group.querySelectorAll(`input[type=radio][value="${button.dataset.setAll}"]`)) radio.checked = true;
  for (const name of ["input", "change"]) group.dispatchEvent(new Event(name, { bubbles: true }));
});

// A preview drawn anew leaves open what was open.
document.addEventListener("htmx:before:swap", ({ detail }) => {
  const { target } = detail.ctx;
  if (!target?.matches?.("[data-keep-open]")) return;
  target.open = [...target.querySelectorAll("details[open][data-group]")].map((group) => group.dataset.group);
});

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const { target } = detail.ctx;
  if (!target?.matches?.("[data-keep-open]")) return;
  for (const group of target.querySelectorAll("details[data-group]")) {
    group.open ||= target.open?.includes(group.dataset.group) ?? false;
  }
});

const refreshAll = () => document.querySelectorAll("[data-roles]").forEach(refresh);
document.addEventListener("htmx:after:swap", refreshAll);
refreshAll();
