// Short messages at the bottom right. Anything says one with the event "rollcall:toast" and
// { text, action?: { label, run } }; it stays six seconds, longer under the pointer or with the focus inside.

const STAY = 6000;
const region = document.getElementById("toasts");

const show = ({ text, action }) => {
  const toast = document.createElement("div");
  toast.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);

  let timer;
  const remove = () => {
    clearTimeout(timer);
    toast.remove();
    if (!region.childElementCount) region.hidePopover();
  };
  const wait = () => (timer = setTimeout(remove, STAY));
  const hold = () => clearTimeout(timer);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast-action";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      remove();
      action.run();
    });
    toast.append(button);
  }
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", wait);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", wait);

  // Shown again each time: the last element shown lies on top, also over an open dialog.
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
  region.append(toast);
  wait();
};

document.addEventListener("rollcall:toast", (event) => show(event.detail));
