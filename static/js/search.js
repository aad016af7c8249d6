// The search box: arrow keys walk the suggestions, Escape closes them. Enter without a choice
// sends the form, which opens the customer list.
const box = document.getElementById("search-box");
const results = document.getElementById("search-results");

const close = () => {
  results.replaceChildren();
};

const move = (step) => {
  const stops = [box, ...results.querySelectorAll("a[href]")];
  const next = stops.indexOf(document.activeElement) + step;
  stops[(next + stops.length) % stops.length].focus();
};

box?.closest("form").addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
    box.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!results.querySelector("a[href]")) return;
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
});

document.addEventListener("click", (event) => {
  if (box && !event.target.closest(".lw-search")) close();
});
