// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Plots in the manner of the report page, over time or over robots.
import uPlot from "./uPlot.esm.js";

const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const HEIGHT = 190;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
export const short = (v, digits = 3) => v == null || Number.isNaN(v) ? "–"
  : Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(1) : String(+v.toPrecision(digits));

const charts = new Map(); // figure -> uPlot
new ResizeObserver(() => charts.forEach((u, figure) => {
  const width = figure.querySelector(".plot").clientWidth;
  if (width > 0) u.setSize({ width, height: HEIGHT });
})).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((u) => u.redraw(false)));

// options: title, sub, unit, xs, time, y [low, high], series [{label, values, tone, stepped, fill}],
// marks [{y, label, tone, below, right}], band [low, high], empty
export function plot(figure, options) {
  charts.get(figure)?.destroy();
  charts.delete(figure);
  figure.replaceChildren();
  const caption = document.createElement("figcaption");
  caption.innerHTML = '<h3></h3><div class="sub"></div><div class="legend" aria-hidden="true"></div>';
  caption.querySelector("h3").textContent = options.title;
  caption.querySelector(".sub").textContent = options.sub || "";
  figure.append(caption);
  figure.dataset.drawn = options.empty ? "empty" : "plot";
  if (options.empty) {
    const words = document.createElement("p");
    words.className = "empty";
    words.textContent = options.empty;
    figure.append(words);
    return;
  }
  const box = document.createElement("div");
  box.className = "plot";
  box.tabIndex = 0;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", options.title + ". " + describe(options) + " Arrow keys move the reading.");
  figure.append(box);
  const [low, high] = options.y;
  const clip = (v) => (v == null ? null : Math.min(Math.max(v, low), high));
  const legend = caption.querySelector(".legend");
  const u = new uPlot({
    width: box.clientWidth || 320, height: HEIGHT, padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: { x: { time: options.time !== false }, y: { range: [low, high] } },
    axes: [
      { stroke: () => color("muted"), font: FONT, size: 40, grid: { show: false }, ticks: { stroke: () => color("line"), size: 4 } },
      { stroke: () => color("muted"), font: FONT, size: 58, gap: 6, space: 34, grid: { stroke: () => color("grid"), width: 1 },
        ticks: { show: false }, values: (_, splits) => splits.map((v) => short(v)) },
    ],
    series: [{}, ...options.series.map((s) => ({
      label: s.label, stroke: () => color(s.tone), width: s.width ?? 1.6,
      fill: s.fill ? () => color(s.tone) + "30" : undefined, spanGaps: false,
      points: { show: s.values.length < 3 },
      paths: s.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
    }))],
    hooks: {
      drawClear: [(p) => band(p, options)],
      draw: [(p) => marks(p, options)],
      setCursor: [(p) => fill(legend, options, p.cursor.idx)],
    },
  }, [options.xs, ...options.series.map((s) => s.values.map(clip))], box);
  fill(legend, options, null);
  box.addEventListener("keydown", (event) => {
    const last = options.xs.length - 1, here = u.cursor.idx ?? last;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    u.setCursor({ left: u.valToPos(options.xs[Math.min(Math.max(to, 0), last)], "x"), top: 10 });
    event.preventDefault();
  });
  charts.set(figure, u);
}

function describe(options) {
  return options.series.map((s) => {
    const known = s.values.filter((v) => v != null);
    return known.length === 0 ? s.label + ": nothing yet."
      : `${s.label}: last ${short(known.at(-1))}, least ${short(least(known))}, most ${short(most(known))} ${options.unit}.`;
  }).join(" ");
}
export const most = (values, floor = -Infinity) => values.reduce((m, v) => (v != null && v > m ? v : m), floor);
export const least = (values, ceiling = Infinity) => values.reduce((m, v) => (v != null && v < m ? v : m), ceiling);

function fill(legend, options, index) {
  legend.replaceChildren(...options.series.map((s) => {
    const item = document.createElement("span"), key = document.createElement("i");
    key.className = "key";
    key.style.setProperty("--key", `var(--${s.tone})`);
    item.append(key, s.label);
    if (index != null) {
      const value = document.createElement("b");
      value.textContent = ` ${short(s.values[index], 4)} ${s.values[index] == null ? "" : options.unit}`;
      item.append(value);
    }
    return item;
  }));
  if (index != null) {
    const at = document.createElement("span");
    at.textContent = options.time === false ? options.name(index) : new Date(1000 * options.xs[index]).toLocaleString();
    legend.append(at);
  }
}

function band(u, options) {
  if (!options.band) return;
  const top = u.valToPos(options.band[1], "y", true), bottom = u.valToPos(options.band[0], "y", true);
  u.ctx.save();
  u.ctx.fillStyle = color("band");
  u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
  u.ctx.restore();
}

function marks(u, options) {
  const scale = devicePixelRatio || 1, { ctx, bbox } = u;
  for (const mark of options.marks || []) {
    const y = Math.round(u.valToPos(mark.y, "y", true));
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = color(mark.tone);
    ctx.lineWidth = scale;
    ctx.setLineDash([5 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = 11 * scale + "px system-ui, 'DejaVu Sans', sans-serif";
    ctx.textAlign = mark.right ? "right" : "left";
    ctx.textBaseline = mark.below ? "top" : "bottom";
    ctx.fillText(mark.label, mark.right ? bbox.left + bbox.width - 6 * scale : bbox.left + 6 * scale, y + (mark.below ? 3 : -3) * scale);
    ctx.restore();
  }
}
