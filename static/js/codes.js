// Recovery codes do not stay on screen: after a while the page that asks for the password takes their place.

const page = document.querySelector("[data-hide-after]");

const hide = () => {
  page.replaceChildren();
  location.replace(page.dataset.hideTo);
};

setTimeout(hide, Number(page.dataset.hideAfter) * 1000);

// Nor do they come back with the browser's own history.
addEventListener("pageshow", (event) => {
  if (event.persisted) hide();
});
