// Draws the overview's charts. The tables hold the same numbers; without this file nothing is lost.

const data = document.getElementById("overview-data");
const page = document.querySelector(".overview");

function colours() {
  const style = getComputedStyle(page);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    first: of("--chart-1"),
    second: of("--chart-2"),
    text: of("--soft"),
    line: of("--line"),
  };
}

function bars(labels, sets, { stacked = true, along = "x" } = {}) {
  return {
    type: "bar",
    data: { labels, datasets: sets.map(([label, values, colour]) => ({
      label, data: values, backgroundColor: colour, maxBarThickness: 28,
    })) },
    options: { indexAxis: along, scales: { x: { stacked }, y: { stacked } } },
  };
}

function lines(labels, sets) {
  return {
    type: "line",
    data: { labels, datasets: sets.map(([label, values, colour]) => ({
      label, data: values, borderColor: colour, backgroundColor: colour,
      borderWidth: 2, pointRadius: 2, spanGaps: false,
    })) },
    options: {},
  };
}

const charts = {
  turns: (d, c) => bars(d.labels, [["answered", d.answered, c.first], ["failed", d.failed, c.second]]),
  cost: (d, c) => bars(d.labels, [["for replies", d.cost, c.first], ["lost", d.lost, c.second]]),
  tokens: (d, c) => bars(d.labels, [["in", d.input, c.first], ["out", d.output, c.second]]),
  speed: (d, c) => lines(d.labels, [["half are faster", d.p50, c.first], ["95 % are faster", d.p95, c.second]]),
  models: (d, c) => bars(d.models.map(([name]) => name), [["USD", d.models.map(([, usd]) => usd), c.first]], { along: "y" }),
  intents: (d, c) => bars(d.intents.map(([name]) => name), [["turns", d.intents.map(([, turns]) => turns), c.first]], { along: "y" }),
};

function dressed(chart, colour) {
  const axis = { grid: { color: colour.line }, ticks: { color: colour.text, maxRotation: 0, autoSkip: true } };
  const { indexAxis, scales = {} } = chart.options;
  const crossed = indexAxis === "y" ? "y" : "x";
  chart.options = {
    ...chart.options,
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: "index", axis: crossed, intersect: false },
    plugins: {
      legend: {
        display: chart.data.datasets.length > 1,
        position: "bottom",
        labels: { color: colour.text, boxWidth: 12, boxHeight: 12 },
      },
    },
    scales: {
      x: { ...axis, ...scales.x, beginAtZero: true },
      y: { ...axis, ...scales.y, beginAtZero: true },
    },
  };
  chart.options.scales[crossed].ticks = { ...axis.ticks, autoSkip: crossed === "x" };
  chart.options.scales[crossed].grid = { display: false };
  return chart;
}

let drawn = [];

function draw() {
  drawn.forEach((chart) => chart.destroy());
  const numbers = JSON.parse(data.textContent);
  const colour = colours();
  drawn = [...document.querySelectorAll("canvas[data-chart]")].map((canvas) => {
    const chart = charts[canvas.dataset.chart](numbers, colour);
    return new window.Chart(canvas, dressed(chart, colour));
  });
  page.dataset.drawn = String(drawn.length);
}

function followDays(form) {
  const { span, start, end } = form.elements;
  for (const day of [start, end]) {
    day.addEventListener("input", () => { span.value = "custom"; });
  }
}

followDays(document.getElementById("overview_form"));
if (data && window.Chart) {
  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
}
