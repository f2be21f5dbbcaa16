// Warns before an idle session ends and keeps whatever has been typed.
//
// <dialog data-session-idle="900" data-session-warn="120" data-session-keep="/account"> holds two parts,
// [data-session-part="warning"] and [data-session-part="ended"], and buttons marked [data-session-stay].
// The server alone decides when a session is over; this only says so in time.

export function watchSession(dialog) {
  const idle = Number(dialog.dataset.sessionIdle) * 1000;
  const warn = Number(dialog.dataset.sessionWarn) * 1000;
  const minutes = dialog.querySelector("[data-session-minutes]");
  const problem = dialog.querySelector("[data-session-problem]");
  const tabs = new BroadcastChannel("ecm-session");
  let endsAt = Date.now() + idle;

  function restart() {
    endsAt = Date.now() + idle;
    problem.hidden = true;
    if (dialog.open) dialog.close();
  }

  function show(part) {
    for (const each of dialog.querySelectorAll("[data-session-part]")) {
      each.hidden = each.dataset.sessionPart !== part;
    }
    dialog.setAttribute("aria-labelledby", `session-${part}`);
    dialog.classList.toggle("ecm-session--ended", part === "ended");
    if (!dialog.open) dialog.showModal();
  }

  function look() {
    const left = endsAt - Date.now();
    if (left <= 0) {
      show("ended");
    } else if (left <= warn) {
      const whole = Math.ceil(left / 60000);
      const words = whole === 1 ? "1 minute" : `${whole} minutes`;
      if (minutes.textContent !== words) minutes.textContent = words;
      show("warning");
    }
  }

  async function stay() {
    const page = await signedInPage(dialog.dataset.sessionKeep);
    if (page === null) {
      problem.hidden = false;
    } else if (whoIsOn(page) !== whoIsOn(document)) {
      // Somebody else signed in on this browser: what is open here is not theirs to see.
      location.replace("/");
    } else {
      renewTokens(page);
      restart();
      tabs.postMessage("renewed");
    }
  }

  for (const button of dialog.querySelectorAll("[data-session-stay]")) button.addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.addEventListener("visibilitychange", look);
  tabs.addEventListener("message", () => Date.now() < endsAt && restart());
  tabs.postMessage("renewed");
  setInterval(look, 1000);
}

async function signedInPage(address) {
  try {
    const answer = await fetch(address, { redirect: "manual", cache: "no-store" });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function whoIsOn(page) {
  return page.querySelector("[data-session-who]")?.textContent.replace(/\s+/g, " ");
}

function renewTokens(page) {
  const token = page.querySelector("input[name=_csrf_token]")?.value;
  for (const each of document.querySelectorAll("input[name=_csrf_token]")) each.value = token;
}
