// Draws every `figure[data-chart]` from the JSON beside it, in the colours of the theme.
// Loaded after vendor/chart/chart.umd.min.js, which leaves `Chart` on the window.
const charts = new Map();
const { Chart } = window;

const token = (name) => {
  // A custom property with light-dark() is only resolved where it is used as a colour.
  const probe = document.createElement("span");
  probe.className = `lw-tone-${name}`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
};

const tones = () =>
  Object.fromEntries(
    ["primary", "success", "warning", "danger", "muted", "info", "text", "line"].map((name) => [
      name,
      token(name),
    ]),
  );

const written = (spec) => (value) =>
  value.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: 0,
    maximumFractionDigits: spec.decimals,
  }) + spec.unit;

// The dealership's day, wherever the browser is: the tables beside the charts name that one.
const day = (spec) => (value) =>
  new Date(value).toLocaleDateString(document.documentElement.lang, {
    month: "short",
    day: "numeric",
    timeZone: spec.zone,
  });

// An axis of a few hours would repeat its day at every tick.
const newDay = (spec) => (value, index, ticks) =>
  index && day(spec)(ticks[index - 1].value) === day(spec)(value) ? "" : day(spec)(value);

const dataset = (spec, series, colours) => {
  const own = series.tones.length ? series.tones.map((tone) => colours[tone]) : colours[series.tone];
  const values =
    spec.kind === "xy" ? series.values.map(([x, y]) => ({ x, y })) : series.values;
  const bar = series.shape === "bar" && spec.kind === "bar";
  return {
    type: bar ? "bar" : "line",
    label: series.label,
    data: values,
    backgroundColor: own,
    borderColor: bar ? "transparent" : own,
    borderWidth: bar ? 0 : 2,
    borderRadius: bar ? 3 : 0,
    borderDash: series.shape === "dashes" ? [5, 5] : [],
    showLine: series.shape !== "points",
    stepped: series.shape === "step" ? "before" : false,
    pointRadius: series.shape === "points" ? 5 : series.shape === "line" ? 2 : 0,
    // Points on the edge of the ground are drawn whole.
    clip: bar ? undefined : 6,
    maxBarThickness: 42,
  };
};

const axis = (spec, colours, { values, label }) => ({
  type: values || spec.kind === "xy" ? "linear" : "category",
  stacked: spec.stacked,
  min: values ? (spec.low ?? undefined) : undefined,
  max: values ? (spec.high ?? undefined) : undefined,
  title: { display: Boolean(label), text: label, color: colours.text },
  grid: { color: values ? colours.line : "transparent" },
  border: { color: colours.line },
  ticks: {
    color: colours.text,
    maxRotation: 0,
    autoSkipPadding: 12,
    ...(values && { callback: written(spec) }),
    ...(!values && spec.kind === "xy" && spec.x === "date" && { callback: newDay(spec) }),
  },
});

const tooltip = (spec) => ({
  callbacks: {
    ...(spec.x === "date" && { title: (items) => (items.length ? day(spec)(items[0].parsed.x) : "") }),
    label: (item) => {
      const series = spec.series[item.datasetIndex];
      const value = spec.horizontal ? item.parsed.x : item.parsed.y;
      const text = series.texts[item.dataIndex] ?? written(spec)(value);
      return ` ${series.label}: ${text}`;
    },
  },
});

// A bar with a link leads where its number in the table leads.
const linkOf = (spec, [hit]) => hit && spec.series[hit.datasetIndex].links[hit.index];

const following = (spec) => ({
  onClick: (_event, hits) => {
    const link = linkOf(spec, hits);
    if (link) window.location.assign(link);
  },
  onHover: ({ native }, hits) => {
    native.target.style.cursor = linkOf(spec, hits) ? "pointer" : "";
  },
});

const configuration = (spec) => {
  const colours = tones();
  const valueAxis = axis(spec, colours, { values: true, label: spec.yLabel });
  const otherAxis = axis(spec, colours, { values: false, label: spec.xLabel });
  return {
    type: spec.kind === "xy" ? "line" : "bar",
    data: { labels: spec.labels, datasets: spec.series.map((one) => dataset(spec, one, colours)) },
    options: {
      animation: false,
      ...following(spec),
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: spec.horizontal ? "y" : "x",
      scales: spec.horizontal ? { x: valueAxis, y: otherAxis } : { x: otherAxis, y: valueAxis },
      plugins: {
        legend: { display: spec.series.length > 1, labels: { color: colours.text, boxWidth: 12 } },
        tooltip: tooltip(spec),
      },
    },
  };
};

const draw = (figure) => {
  const canvas = figure.querySelector("canvas");
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  spec.zone = figure.dataset.zone;
  charts.get(canvas)?.destroy();
  figure.classList.toggle("lw-chart-many", spec.series.length > 4);
  charts.set(canvas, new Chart(canvas, configuration(spec)));
};

const drawAll = () => {
  for (const [canvas, chart] of charts) {
    if (!canvas.isConnected) {
      chart.destroy();
      charts.delete(canvas);
    }
  }
  document.querySelectorAll("figure[data-chart]").forEach(draw);
};

document.addEventListener("htmx:afterSettle", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, {
  attributeFilter: ["data-bs-theme"],
});
drawAll();
