// Booking and moving: whatever decides about free times asks for them anew.
const form = document.querySelector("[data-booking]");
const ask = () => form.dispatchEvent(new CustomEvent("lanewise:slots"));

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-slots]")) ask();
});

// "Earlier" and "Later" turn the day instead of sending the whole form.
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-turn]");
  if (!button) return;
  event.preventDefault();
  const first = form.querySelector("[name=slots_first]").value;
  const day = new Date(`${first}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + Number(button.dataset.turn));
  form.elements.namedItem("date").value = day.toISOString().slice(0, 10);
  ask();
});
