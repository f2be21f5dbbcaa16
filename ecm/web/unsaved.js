// Warns before written text is lost by going away. A form that keeps itself says so with data-kept.

export function watchUnsaved(forms) {
  const changed = new Set();

  for (const form of forms) {
    form.addEventListener("input", () => changed.add(form));
    form.addEventListener("submit", () => changed.clear());
  }
  addEventListener("beforeunload", (event) => {
    const loses = [...changed].some((form) => !("kept" in form.dataset) && written(form));
    if (loses && !document.documentElement.hidden) event.preventDefault();
  });
}

// What a browser brings back by itself, or a click restores, is no loss: only words are.
function written(form) {
  return [...form.querySelectorAll("textarea, input[type=text], input:not([type])")].some(
    (box) => box.value !== box.defaultValue && box.value.trim() !== "",
  );
}
