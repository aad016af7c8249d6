// Lists: a click anywhere on a row opens it, as its link does; up and down arrows go along rows.
const results = document.getElementById("results");

results?.addEventListener("click", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row || event.target.closest("a, button, input, label") || getSelection().toString()) return;
  row.querySelector(".lw-row-link")?.click();
});

results?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...results.querySelectorAll(".lw-row-link")];
  const next = links[links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!links.includes(event.target) || !next) return;
  event.preventDefault();
  next.focus();
});

// From the box straight into the list.
document.querySelector("[data-listing] input[type=search]")?.addEventListener("keydown", (event) => {
  const first = results.querySelector(".lw-row-link");
  if (event.key !== "ArrowDown" || !first) return;
  event.preventDefault();
  first.focus();
});
