// Shows the value of a slider beside it. Moved, it snaps to whole points; where it stood before may
// have decimals.
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-sliders] input[type=range]")) return;
  target.value = Math.round(target.valueAsNumber);
  target.form.querySelector(`output[for="${target.id}"]`).value = target.value;
});
