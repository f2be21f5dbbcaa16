// A form that keeps itself: when a box is left, what is typed goes to the server. Its buttons work alone.

export function keepDraft(form) {
  const state = form.querySelector("[data-draft-state]");
  let waiting = 0;
  let sending = Promise.resolve();

  form.addEventListener("input", () => delete form.dataset.kept);
  // Leaving by a link also leaves the box, so the request is on its way before the page goes.
  form.addEventListener("change", () => {
    form.dataset.kept = "yes";
    waiting += 1;
    sending = (waiting > 1 ? sending.then(() => send(form, state)) : send(form, state)).finally(() => (waiting -= 1));
  });
  form.addEventListener("submit", (event) => {
    if (!waiting) return;
    event.preventDefault();
    const button = event.submitter;
    sending.then(() => form.requestSubmit(button));
  });
}

async function send(form, state) {
  const body = new URLSearchParams(new FormData(form));
  body.set("then", "keep");
  try {
    const answer = await fetch(form.action, { method: "POST", body, keepalive: true, redirect: "error" });
    const said = await answer.json();
    if (answer.ok) form.elements.version.value = said.version;
    else delete form.dataset.kept;
    state.textContent = answer.ok ? "What you typed is kept." : `Not kept yet: ${said.problem}`;
  } catch {
    delete form.dataset.kept;
    state.textContent = "Not kept yet. Use the buttons to save.";
  }
}

// Search as you type: shows what has every word, and opens the groups that have any.
export function watchFinder(section) {
  const words = section.querySelector("[data-finder-words]");
  const none = section.querySelector("[data-finder-none]");
  section.querySelector("[data-finder-button]").hidden = true;
  words.addEventListener("input", show);
  if (words.value) show();

  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let any = false;
    for (const group of section.querySelectorAll("[data-finder-group]")) {
      let found = false;
      for (const item of group.querySelectorAll("[data-finder-item]")) {
        const has = item.dataset.finderItem.split(/[^\p{L}\p{N}]+/u);
        item.hidden = !wanted.every((word) => has.some((each) => each.startsWith(word)));
        found ||= !item.hidden;
      }
      group.hidden = !found;
      group.open = found && wanted.length > 0;
      any ||= found;
    }
    none.hidden = any;
  }
}
