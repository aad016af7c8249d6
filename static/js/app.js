// What every htmx request needs: the CSRF token, words for a failure, and a way back when the
// session ended while somebody was typing.
const token = document.querySelector('meta[name="csrf-token"]');
const SAFE = ["get", "head", "options"];

document.addEventListener("htmx:configRequest", (event) => {
  if (token && !SAFE.includes(event.detail.verb)) {
    event.detail.headers["X-CSRFToken"] = token.content;
  }
});

const toast = (text, level = "info") => {
  const shelf = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!shelf || !template) return;
  const note = template.content.firstElementChild.cloneNode(true);
  note.classList.add(`lw-alert-${level}`);
  note.querySelector("[data-text]").textContent = text;
  shelf.append(note);
};

// A response may carry `HX-Trigger: {"lanewise:message": {"text": "...", "level": "success"}}`.
document.addEventListener("lanewise:message", (event) => {
  toast(event.detail.text, event.detail.level);
});

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".lw-alert")?.remove();
});

// After a refusal the first field at fault has the focus, however far down the page it stands.
const FAULT = '[aria-invalid="true"], .invalid-feedback[tabindex]';
const focusFault = (part) => part?.querySelector(FAULT)?.focus();

focusFault(document.getElementById("content"));
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const sent = detail.requestConfig && !SAFE.includes(detail.requestConfig.verb);
  if (sent && document.activeElement === document.body) focusFault(detail.elt);
});

const seconds = (xhr) => Number.parseInt(xhr.getResponseHeader("Retry-After") ?? "", 10) || 60;

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401 || xhr.getResponseHeader("X-Lanewise-Reason") === "csrf") {
    document.getElementById("session-dialog")?.showModal();
  } else if (xhr.status === 403) {
    toast("Your role does not allow this.", "error");
  } else if (xhr.status === 404) {
    toast("This is not here any more. Reload the page to see what changed.", "error");
  } else if (xhr.status === 429) {
    toast(`Too many requests. Try again in ${seconds(xhr)} seconds.`, "warning");
  } else {
    toast("That did not work, and nothing was saved. Try again in a moment.", "error");
  }
});

document.addEventListener("htmx:sendError", () => {
  toast("Lanewise cannot be reached. Check the connection and try again.", "error");
});

// Signing in gives the browser a new CSRF token, so open forms need it before they are sent again.
document.getElementById("session-continue")?.addEventListener("click", async () => {
  const note = document.getElementById("session-note");
  const answer = await fetch(document.body.dataset.home, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]');
  if (!fresh || !page.body.dataset.user) {
    note.hidden = false;
    return;
  }
  token.content = fresh.content;
  for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) {
    input.value = fresh.content;
  }
  note.hidden = true;
  document.getElementById("session-dialog").close();
  toast("You are signed in again. What you typed is still here: save once more.", "success");
});
