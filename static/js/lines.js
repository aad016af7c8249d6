// Lines of a visit: add one, fill in what an operation sets, ask for a reason only where work was
// refused.
const form = document.querySelector("[data-lines]");
const list = form.querySelector("[data-line-list]");
const template = form.querySelector("[data-line-template]");
const total = form.querySelector("[name=lines-TOTAL_FORMS]");

const dress = (line) => {
  const outcome = line.querySelector("[data-outcome]").value;
  line.querySelector("[data-why]").hidden = outcome !== "declined" && outcome !== "deferred";
  for (const until of line.querySelectorAll("[data-until]")) until.hidden = outcome !== "deferred";
};

// Only what is empty or came from the operation chosen before: what was typed stays.
const fill = (line, select) => {
  const chosen = select.selectedOptions[0].dataset;
  for (const name of ["description", "hours", "price"]) {
    const input = line.querySelector(`[name$="-${name}"]`);
    if (input.value !== "" && input.value !== input.dataset.filled) continue;
    input.value = input.dataset.filled = chosen[name] ?? "";
  }
};

list.addEventListener("change", (event) => {
  const line = event.target.closest("[data-line]");
  if (event.target.matches("[data-outcome]")) dress(line);
  if (event.target.matches('[name$="-op_code"]')) fill(line, event.target);
});

form.querySelector("[data-line-add]").addEventListener("click", () => {
  const number = Number(total.value);
  const fragment = template.content.cloneNode(true);
  for (const element of fragment.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes("__prefix__")) {
        element.setAttribute(name, value.replaceAll("__prefix__", String(number)));
      }
    }
  }
  const line = fragment.querySelector("[data-line]");
  line.querySelector("legend").textContent = `Line ${number + 1}`;
  total.value = String(number + 1);
  dress(line);
  list.append(fragment);
  list.lastElementChild.querySelector("select").focus();
});

// An operation may have been chosen before this ran.
for (const line of list.querySelectorAll("[data-line]")) {
  dress(line);
  const select = line.querySelector('[name$="-op_code"]');
  if (!select.selectedOptions[0].defaultSelected) fill(line, select);
}
