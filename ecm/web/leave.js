// For pages of families: away at once, by the button or by pressing Shift three times within five seconds.
// Without this script the button sends its form, which does the same a little later.
//
// <form action="/leave" data-leave="https://…">

const PRESSES = 3;
const WITHIN = 5000;

export function watchLeaving(form) {
  let pressed = [];

  function leave() {
    document.documentElement.hidden = true;
    // The session ends behind us, even while the next page is loading already.
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true });
    window.onbeforeunload = null;
    location.replace(form.dataset.leave);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") pressed = [];
    if (event.key !== "Shift" || event.repeat) return;
    pressed = [...pressed.filter((at) => event.timeStamp - at < WITHIN), event.timeStamp];
    if (pressed.length >= PRESSES) leave();
  });
}
