// Invite Users: shows under the field how its text will be read, before it is sent. The field itself is left alone.
// The rules are those of the server, which decides.

const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const SHOWN = 30;

const isAddress = (text) => {
  const parts = text.split("@");
  if (text.length > 254 || parts.length !== 2) return false;
  const [local, domain] = parts;
  const labels = domain.split(".");
  return local.length <= 64 && LOCAL.test(local) && labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1));
};

const read = (text) =>
  text
    .split(/[,;\n\r]/)
    .flatMap((piece) => {
      const inner = piece.match(/<([^<>]*)>\s*$/);
      return inner ? [inner[1].trim()] : piece.split(/[ \t]+/);
    })
    .filter(Boolean);

const unique = (addresses) => [...new Map(addresses.map((address) => [address.toLowerCase(), address])).values()];

const element = (name, className, text) => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

const refresh = (box) => {
  const field = box.querySelector("textarea");
  const chips = box.querySelector(".address-list");
  const addresses = unique(read(field.value));
  const wrong = addresses.filter((address) => !isAddress(address));
  // A single address still being typed needs no comment, nor does what the server has just commented on.
  const isJudged = field.matches("[aria-invalid]") && field.value === field.defaultValue;
  const quiet = addresses.length < 2 || isJudged;
  chips.hidden = quiet;
  chips.replaceChildren(
    ...(quiet ? [] : addresses.slice(0, SHOWN)).map((address) =>
      element("li", isAddress(address) ? "address" : "address address-wrong", address),
    ),
  );
  if (addresses.length > SHOWN && !quiet) chips.append(element("li", "muted small", `and ${addresses.length - SHOWN} more`));
  const outcomes = quiet ? [] : wrong.slice(0, 3).map((address) => element("li", "error", `${address} is not a valid email address.`));
  box.querySelector("[data-outcomes]").replaceChildren(...outcomes);

  const note = box.closest("form").querySelector("[data-count]");
  note.dataset.before ??= note.textContent;
  const good = addresses.length - wrong.length;
  note.textContent =
    quiet ? note.dataset.before
    : wrong.length ? `${many(good, "address", "addresses")}, ${many(wrong.length, "needs", "need")} a fix`
    : many(good, "address", "addresses");
};

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-addresses]");
  if (box) refresh(box);
});

const refreshAll = () => document.querySelectorAll("[data-addresses]").forEach(refresh);
document.addEventListener("htmx:after:swap", refreshAll);
refreshAll();
