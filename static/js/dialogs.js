// Opens links and buttons marked data-dialog in the page's one <dialog>: the same URL, asked for by htmx, answers with
// the dialog's content. Without script the link leads to a full page.

const dialog = document.getElementById("dialog");
const say = (text, action) => document.dispatchEvent(new CustomEvent("rollcall:toast", { detail: { text, action } }));
const isPlainClick = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

let opener;

const placeFocus = () => {
  const first =
    dialog.querySelector("[data-problems]") ??
    dialog.querySelector("[autofocus]") ??
    dialog.querySelector("form :is(input:not([type=hidden]), textarea, select)");
  (first ?? dialog.querySelector("a, button"))?.focus();
};

const open = async (url, from) => {
  opener = from ?? opener;
  await htmx.ajax("GET", url, { source: from, target: dialog, swap: "innerHTML" });
};

const show = () => {
  if (!dialog.open) dialog.showModal();
  placeFocus();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link && isPlainClick(event)) {
    event.preventDefault();
    open(link.href ?? link.form.action, link);
    return;
  }
  const close = event.target.closest("[data-close]");
  if (close && dialog.contains(close) && isPlainClick(event)) {
    event.preventDefault();
    dialog.close("cancel");
  }
});

// Closed by Escape with unsaved input: what was typed can be brought back.
dialog.addEventListener("close", () => {
  const unsaved = dialog.querySelector("form[data-dirty=yes]");
  if (dialog.returnValue !== "cancel" && unsaved) {
    say("Closed without saving.", { label: "Open again", run: show });
  } else {
    dialog.replaceChildren();
  }
  dialog.returnValue = "";
  if (opener?.isConnected) opener.focus();
  else document.getElementById("main").focus();
});

// An answer that is a whole page (an error, a sign-in) is no dialog: go there instead.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.target !== dialog) return;
  const { raw } = ctx.response;
  const isPage = /^\s*<!doctype/i.test(ctx.text);
  if (!raw.redirected && !isPage) return;
  event.preventDefault();
  if (raw.redirected || ctx.request.method === "GET") location.assign(raw.url);
  else say("This could not be done. Reload the page and try again.");
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target === dialog) show();
});

document.addEventListener("htmx:error", () => say("The server did not answer. Nothing was changed."));
