// The warning before the idle limit. The server decides: this only asks it how many seconds are left, which never
// counts as activity, and shows the answer.

const WARN_AT = 120;
const ASK_EVERY = 5;
const SAID_AT = [120, 60, 20];

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const dialog = document.getElementById("idle");
const left = document.getElementById("idle-left");
const said = document.getElementById("idle-said");
const limit = Number(meta("seconds-left"));

let deadline = Date.now() + limit * 1000;
let timer;
let nextAsk = 0;
let lastSaid = Infinity;

const secondsLeft = () => Math.max(0, Math.ceil((deadline - Date.now()) / 1000));

const inWords = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  const part = (count, word) => (count ? [`${count} ${word}${count === 1 ? "" : "s"}`] : []);
  return [...part(minutes, "minute"), ...part(rest, "second")].join(" ") || "0 seconds";
};

const leave = () => {
  const next = encodeURIComponent(location.pathname + location.search);
  location.assign(`/login?reason=idle&next=${next}`);
};

// True when the session still lives; sets the deadline to what the server says.
const ask = async () => {
  const answer = await fetch("/session", { headers: { Accept: "application/json" } });
  if (answer.status === 401) return false;
  if (answer.ok) deadline = Date.now() + (await answer.json()).seconds_left * 1000;
  return true;
};

// Timers of a tab in the background skip seconds, so a moment counts as come once it is past.
const announce = (seconds) => {
  const due = SAID_AT.findLast((moment) => moment >= seconds);
  if (due === undefined || due >= lastSaid) return;
  lastSaid = due;
  said.textContent = `You will be logged out in ${inWords(seconds)}.`;
};

const close = () => {
  lastSaid = Infinity;
  if (dialog.open) dialog.close("done");
};

const tick = async () => {
  clearTimeout(timer);
  let wait = 1000;
  try {
    if (secondsLeft() <= WARN_AT && Date.now() >= nextAsk) {
      nextAsk = Date.now() + ASK_EVERY * 1000;
      if (!(await ask())) return leave();
    }
    const seconds = secondsLeft();
    if (seconds > WARN_AT) {
      close();
      wait = (seconds - WARN_AT) * 1000;
    } else {
      left.textContent = inWords(seconds);
      announce(seconds);
      if (!dialog.open) dialog.showModal();
      if (seconds === 0) nextAsk = 0;
    }
  } catch {
    // The server cannot be reached: nothing to show, try again.
    wait = ASK_EVERY * 1000;
  }
  timer = setTimeout(tick, wait);
};

const stay = async () => {
  await fetch("/session/extend", { method: "POST", body: new URLSearchParams({ csrf: meta("csrf-token") }) });
  nextAsk = 0;
  if (await ask()) {
    close();
    tick();
  } else {
    leave();
  }
};

document.getElementById("idle-stay").addEventListener("click", stay);

// Escape does the same, and closes nothing before the server has agreed.
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  stay();
});

// Browsers do not always ask before they close a dialog, so this listens to the end of it too.
dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "done") stay();
  dialog.returnValue = "";
});

// A request that was answered is activity, so the limit starts again. Measuring a password while it is typed is none.
document.addEventListener("htmx:after:request", (event) => {
  const { request, response } = event.detail.ctx;
  if (response.status < 400 && !request.action.endsWith("/password/strength")) deadline = Date.now() + limit * 1000;
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
});

if (limit > 0) tick();
