// A vehicle's form: what the VIN says fills the fields that are empty or were filled this way
// before, never what somebody typed. The field for an exception shows only when it is needed.
const form = document.querySelector("[data-vin-form]");
const says = document.getElementById("vin-says");
const exception = form.querySelector("[data-vin-exception]");
const FIELDS = ["year", "make", "model", "trim", "engine"];

const fill = (decoded) => {
  for (const name of FIELDS) {
    const input = form.elements.namedItem(name);
    const value = decoded[name];
    if (!value || (input.value && input.dataset.filled !== input.value)) continue;
    input.value = value;
    input.dataset.filled = value;
  }
};

const showException = (state) => {
  const reason = exception.querySelector("input");
  exception.hidden = !(state === "fault" || state === "old" || reason.value || "open" in exception.dataset);
};

showException("");
says.addEventListener("htmx:afterSwap", () => {
  const answer = says.querySelector("[data-vin-state]");
  if (answer?.dataset.vinState === "decoded") fill(answer.dataset);
  const short = answer?.dataset.vinState === "short";
  const year = Number.parseInt(form.elements.namedItem("year").value, 10);
  showException(short && year < 1981 ? "old" : answer?.dataset.vinState);
});
form.elements.namedItem("year").addEventListener("change", (event) => {
  if (Number.parseInt(event.target.value, 10) < 1981) showException("old");
});
