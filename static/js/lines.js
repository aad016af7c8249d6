// Lines of a visit: add one, and ask for a reason only where work was refused.
const form = document.querySelector("[data-lines]");
const list = form.querySelector("[data-line-list]");
const template = form.querySelector("[data-line-template]");
const total = form.querySelector("[name=lines-TOTAL_FORMS]");

const dress = (line) => {
  const outcome = line.querySelector("[data-outcome]").value;
  line.querySelector("[data-why]").hidden = outcome !== "declined" && outcome !== "deferred";
  for (const until of line.querySelectorAll("[data-until]")) until.hidden = outcome !== "deferred";
};

list.addEventListener("change", (event) => {
  if (event.target.matches("[data-outcome]")) dress(event.target.closest("[data-line]"));
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

for (const line of list.querySelectorAll("[data-line]")) dress(line);
