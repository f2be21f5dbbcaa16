// Saves clicks; every page works without it.
import { initAll } from "./govuk-frontend.js";
import { watchSession } from "./session.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

const dialog = document.querySelector("dialog[data-session-idle]");
if (dialog) watchSession(dialog);
