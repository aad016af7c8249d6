// Keyboard shortcuts. Any link or button with `data-shortcut="g c"` (keys one after the other)
// takes part, and the `?` dialog lists it under `data-shortcut-label` or its own text.
// Off inside fields; can be switched off altogether (WCAG 2.1.4).
const OFF = "lanewise-shortcuts-off";
const PAUSE_MS = 1000;
const dialog = document.getElementById("shortcut-dialog");
const toggle = document.getElementById("shortcut-switch");
let typed = [];
let lastKeyAt = 0;

const stored = {
  get off() {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  },
  set off(value) {
    try {
      localStorage.setItem(OFF, value ? "1" : "0");
    } catch {
      toggle.checked = true;
    }
  },
};

const targets = () => [...document.querySelectorAll("[data-shortcut]")];

const keycaps = (keys) =>
  keys.split(" ").flatMap((key, index) => {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    return index ? [" ", cap] : [cap];
  });

const openHelp = () => {
  const list = document.getElementById("shortcut-list");
  list.replaceChildren();
  for (const target of targets()) {
    const keys = document.createElement("dt");
    keys.append(...keycaps(target.dataset.shortcut));
    const name = document.createElement("dd");
    name.textContent = target.dataset.shortcutLabel ?? target.textContent.trim();
    list.append(keys, name);
  }
  toggle.checked = !stored.off;
  dialog.showModal();
};

const run = (target) => {
  if (target.matches("input, select, textarea")) {
    target.focus();
    target.select?.();
  } else {
    target.click();
  }
};

const isTyping = (element) =>
  element.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || stored.off || isTyping(event.target)) return;
  if (event.timeStamp - lastKeyAt > PAUSE_MS) typed = [];
  lastKeyAt = event.timeStamp;
  typed.push(event.key);
  const keys = typed.join(" ");
  const match = targets().find((target) => target.dataset.shortcut === keys);
  if (match) {
    event.preventDefault();
    typed = [];
    run(match);
  } else if (!targets().some((target) => target.dataset.shortcut.startsWith(`${keys} `))) {
    typed = [];
  }
});

document.getElementById("shortcut-help")?.addEventListener("click", openHelp);
toggle?.addEventListener("change", () => {
  stored.off = !toggle.checked;
});
