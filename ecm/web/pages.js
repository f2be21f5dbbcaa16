// Saves clicks; every page works without it.
import { initAll } from "./govuk-frontend.js";
import { keepDraft, watchFinder } from "./drafts.js";
import { watchLeaving } from "./leave.js";
import { watchSession } from "./session.js";
import { watchUnsaved } from "./unsaved.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

const dialog = document.querySelector("dialog[data-session-idle]");
if (dialog) watchSession(dialog);

watchUnsaved(document.querySelectorAll("main form[method=post]"));

const leave = document.querySelector("form[data-leave]");
if (leave) watchLeaving(leave);

document.querySelectorAll("form[data-draft]").forEach(keepDraft);
document.querySelectorAll("[data-finder]").forEach(watchFinder);
