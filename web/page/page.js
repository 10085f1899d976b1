// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Draws the plots of the report page. Data: see page_data.cpp. Everything that must be
// read without this script (state, contract, events) is in the page already.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const AXIS = 58;       // width of every y axis, so that plots above each other line up
  const RIGHT = 14;      // room right of every plot
  const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  const color = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const KINDS = [
    ["healthy", "healthy"], ["watch", "watch"], ["alarm", "alarm"],
    ["sensor fault", "fault"], ["shock", "shock"], ["not scored", "none"],
  ];

  const charts = [];     // {u, options, figure}
  const full = [data.x[0], data.x[data.x.length - 1]];
  if (full[0] === full[1]) { full[0] -= 1; full[1] += 1; }
  let range = full.slice();

  // --- words -------------------------------------------------------------------------
  const two = (n) => String(n).padStart(2, "0");
  const short = (v, digits = 3) => v == null ? "–" : Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3)
    ? v.toExponential(1) : String(+v.toPrecision(digits));
  const nearest = (xs, x) => {
    let lo = 0, hi = xs.length - 1;
    while (hi - lo > 1) { const mid = (lo + hi) >> 1; if (xs[mid] < x) lo = mid; else hi = mid; }
    return Math.abs(xs[lo] - x) <= Math.abs(xs[hi] - x) ? lo : hi;
  };
  const date = (x) => new Date(1000 * data.t[nearest(data.bx, x)]);
  const days = (data.t[data.t.length - 1] - data.t[0]) / 86400;
  const clock = (x) => {
    const d = date(x);
    return days > 2 ? two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate())
      : two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
  };
  const stamp = (x) => date(x).toISOString().slice(0, 19).replace("T", " ") + " UTC";

  // --- one plot ------------------------------------------------------------------------
  // options: title, sub, unit, xs, series [{label, values, tone, fill, stepped, bars, width}],
  // y [low, high], marks [{y, label, tone}], band [low, high], height, stacked
  function plot(figure, options) {
    const caption = document.createElement("figcaption");
    caption.innerHTML = '<h3></h3><div class="sub"></div><div class="legend" aria-hidden="true"></div>';
    caption.querySelector("h3").textContent = options.title;
    caption.querySelector(".sub").textContent = options.sub || "";
    figure.append(caption);
    if (options.empty) {
      const empty = document.createElement("p");
      empty.className = "empty";
      empty.textContent = options.empty;
      figure.append(empty);
      figure.dataset.drawn = "empty";
      return;
    }
    const box = document.createElement("div");
    box.className = "plot";
    box.tabIndex = 0;
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", options.title + ". " + describe(options) +
      " Arrow keys move the reading, Home and End jump, Escape shows all cycles.");
    figure.append(box);

    const [low, high] = options.y;
    const clip = (v) => v == null ? null : Math.min(Math.max(v, low), high);
    const drawn = options.series.map((s) => s.values.map(clip));
    const order = options.stacked ? options.series.slice().reverse() : options.series;
    if (options.stacked) stack(drawn, high);
    const u = new uPlot({
      width: box.clientWidth || 320,
      height: options.height || 190,
      padding: [10, RIGHT, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "cycles", scales: ["x", null] },
        drag: { x: true, y: false, setScale: true },
        points: { show: !options.stacked, size: 6 },
        y: false,
      },
      scales: { x: { time: false, range: (_, a, b) => a == null || b <= a ? full : [a, b] }, y: { range: [low, high] } },
      axes: [
        { stroke: () => color("muted"), font: FONT, size: options.noX ? 8 : 40, gap: 5, space: options.height <= 150 ? 54 : 76,
          grid: { stroke: () => color("grid"), width: 1 }, ticks: { stroke: () => color("line"), width: 1, size: 4 },
          values: (_, splits) => splits.map((v) => options.noX || v % 1 ? "" : v + (data.dated ? "\n" + clock(v) : "")) },
        { stroke: () => color("muted"), font: FONT, size: AXIS, gap: 6, space: options.height <= 150 ? 24 : 34,
          grid: { stroke: () => color("grid"), width: 1 }, ticks: { show: false },
          values: (_, splits) => splits.map((v) => short(v)) },
      ],
      series: [{}].concat(order.map((s) => ({
        label: s.label,
        stroke: () => color(s.tone),
        width: s.width ?? 1.4,
        fill: s.fill ? () => color(s.tone) : undefined,
        points: { show: s.values.length < 3 },
        spanGaps: false,
        paths: s.bars ? uPlot.paths.bars({ size: [0.9, 12, 2] })
          : s.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      }))),
      hooks: {
        drawClear: [(p) => drawBand(p, options)],
        draw: [(p) => { drawMarks(p, options); drawOff(p, options, low, high); }],
        setScale: [(p, key) => { if (key === "x") follow(p); }],
        setCursor: [(p) => read(p, options)],
      },
    }, [options.xs].concat(drawn), box);
    const chart = { u, options, figure, box, legend: caption.querySelector(".legend") };
    charts.push(chart);
    u.torpor = chart;
    fillLegend(chart, null);
    box.addEventListener("keydown", onKey);
    figure.dataset.drawn = "plot";
    return chart;
  }

  // Sums each series onto the ones before it; the last one is painted first.
  function stack(drawn, high) {
    for (let i = 0; i < drawn[0].length; ++i) {
      let sum = 0;
      for (const values of drawn) {
        sum += values[i] || 0;
        values[i] = Math.min(sum, high);
      }
    }
    drawn.reverse();
  }

  function describe(options) {
    return options.series.filter((s) => !s.quiet).map((s) => {
      const known = s.values.filter((v) => v != null);
      if (!known.length) return s.label + ": nothing yet.";
      return s.label + ": last " + short(known[known.length - 1]) + ", least " + short(Math.min(...known)) +
        ", most " + short(Math.max(...known)) + " " + options.unit + ".";
    }).join(" ") + (options.marks || []).map((m) => " " + m.label + " at " + short(m.y) + ".").join("");
  }

  function drawBand(u, options) {
    if (!options.band) return;
    const { ctx, bbox } = u;
    const top = u.valToPos(options.band[1], "y", true);
    const bottom = u.valToPos(options.band[0], "y", true);
    ctx.save();
    ctx.fillStyle = color("band");
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    ctx.restore();
  }

  function drawMarks(u, options) {
    const { ctx, bbox } = u;
    const scale = devicePixelRatio || 1;
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
      ctx.font = (11 * scale) + "px system-ui, 'DejaVu Sans', sans-serif";
      ctx.textBaseline = mark.below ? "top" : "bottom";
      ctx.textAlign = "left";
      ctx.fillText(mark.label, bbox.left + 6 * scale, y + (mark.below ? 3 : -3) * scale);
      ctx.restore();
    }
  }

  // Values beyond the axis: a triangle at the edge. Nothing is hidden, nothing squeezed.
  function drawOff(u, options, low, high) {
    const { ctx } = u;
    const scale = devicePixelRatio || 1;
    const size = 5 * scale;
    ctx.save();
    ctx.fillStyle = color("alarm");
    const last = [-1e9, -1e9];
    const edge = (x, y, up) => {
      ctx.beginPath();
      ctx.moveTo(x - size, y + (up ? size * 1.4 : -size * 1.4));
      ctx.lineTo(x + size, y + (up ? size * 1.4 : -size * 1.4));
      ctx.lineTo(x, y);
      ctx.fill();
    };
    const [from, to] = [u.scales.x.min, u.scales.x.max];
    const value = (i) => options.stacked ? options.series.reduce((sum, s) => sum + (s.values[i] || 0), 0) : null;
    for (let i = 0; i < options.xs.length; ++i) {
      if (options.xs[i] < from || options.xs[i] > to) continue;
      const all = options.stacked ? [value(i)] : options.series.map((s) => s.values[i]);
      for (const v of all) {
        if (v == null || (v <= high && v >= low)) continue;
        const x = u.valToPos(options.xs[i], "x", true);
        const side = v > high ? 1 : 0;
        if (x - last[side] < (options.everyOff ? size : 90 * scale)) continue;
        last[side] = x;
        edge(x, u.valToPos(v > high ? high : low, "y", true), v > high);
      }
    }
    ctx.restore();
  }

  // --- reading, keys, range ---------------------------------------------------------------
  function fillLegend(chart, index) {
    const { options, legend } = chart;
    legend.replaceChildren(...options.series.filter((s) => !s.quiet).map((s) => {
      const item = document.createElement("span");
      const key = document.createElement("i");
      key.className = "key";
      key.style.setProperty("--key", "var(--" + s.tone + ")");
      item.append(key, s.label);
      if (index != null) {
        const value = document.createElement("b");
        value.textContent = " " + short(s.values[index], 4) + (s.values[index] == null ? "" : " " + options.unit);
        item.append(value);
      }
      return item;
    }));
  }

  function read(u, options) {
    const index = u.cursor.idx;
    fillLegend(u.torpor, index);
    if (options !== charts[0].options) return;
    const out = document.getElementById("reading");
    if (index == null) { out.textContent = out.dataset.rest || ""; return; }
    const x = options.xs[index];
    const kind = KINDS[data.kind[nearest(data.bx, x)]];
    out.textContent = "cycle " + x + (data.dated ? " · " + stamp(x) : "") + " · " + kind[0];
  }

  function moveTo(x) {
    for (const { u } of charts) u.setCursor({ left: u.valToPos(x, "x"), top: 10 });
  }

  function onKey(event) {
    const u = charts.find((c) => c.box === event.currentTarget).u;
    const xs = data.bx.filter((x) => x >= range[0] && x <= range[1]);
    const here = u.cursor.idx == null ? xs.length - 1 : nearest(xs, u.data[0][u.cursor.idx]);
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: xs.length - 1 }[event.key];
    if (event.key === "Escape") setRange(full, "all");
    else if (to === undefined) return;
    else moveTo(xs[Math.min(Math.max(to, 0), xs.length - 1)]);
    event.preventDefault();
  }

  let following = false;
  function follow(u) {
    if (following) return;
    const { min, max } = u.scales.x;
    if (min == null || (min === range[0] && max === range[1])) return;
    setRange([min, max], null);
  }

  function setRange(to, name) {
    following = true;
    range = to.slice();
    for (const { u } of charts) u.setScale("x", { min: to[0], max: to[1] });
    following = false;
    for (const button of document.querySelectorAll("[data-range]"))
      button.setAttribute("aria-pressed", String(button.dataset.range === name));
    drawStrip();
  }

  // --- verdict strip under the evidence -----------------------------------------------------
  let strip = null;
  function drawStrip() {
    if (!strip) return;
    const width = strip.parentElement.clientWidth;
    const left = AXIS, right = width - RIGHT;
    const at = (x) => left + (right - left) * (x - range[0]) / (range[1] - range[0]);
    strip.setAttribute("viewBox", "0 0 " + width + " 22");
    const parts = [];
    for (const [from, to, kind] of data.runs) {
      const a = Math.max(at(from), left), b = Math.min(at(to), right);
      if (b <= left || a >= right) continue;
      const [word, tone] = KINDS[kind];
      const w = Math.max(b - a, 1.5);
      parts.push('<rect x="' + a.toFixed(1) + '" y="3" width="' + w.toFixed(1) + '" height="17" fill="var(--' + tone + ')"></rect>');
      if (w > word.length * 6.4 + 12)
        parts.push('<text x="' + ((a + b) / 2).toFixed(1) + '" y="15.5" text-anchor="middle">' + word + "</text>");
    }
    strip.innerHTML = parts.join("");
  }

  // --- the plots ---------------------------------------------------------------------------
  const figureOf = (name) => document.querySelector('[data-chart="' + name + '"]');
  const most = (values, least) => values.reduce((m, v) => v != null && v > m ? v : m, least);
  const fewest = (values, most_) => values.reduce((m, v) => v != null && v < m ? v : m, most_);
  const perPoint = data.n > 1 ? " Each point stands for " + data.n + " cycles: least and greatest value." : "";
  const perBar = data.n > 1 ? " Each step stands for " + data.n + " cycles." : "";

  const alarmAt = data.alarm, watchAt = data.watch;
  const top = alarmAt > 0 ? Math.min(most(data.evidence, alarmAt) * 1.12, alarmAt * 2.2) : most(data.evidence, 1) * 1.1;
  const peak = most(data.evidence, 0);
  const evidence = plot(figureOf("evidence"), {
    title: "Evidence of damage, ln R",
    sub: "Grows while the scores are higher than those of the healthy bearing." +
      (peak > top ? " Goes on beyond the scale, up to " + short(peak) + "." : "") + perPoint,
    unit: "", xs: data.x, y: [Math.min(-1.5, fewest(data.evidence, 0)), top], height: 250,
    series: [{ label: "ln R", values: data.evidence, tone: "s1", width: 1.8 }],
    marks: alarmAt > 0 ? [{ y: alarmAt, label: "alarm " + short(alarmAt), tone: "alarm" },
                          { y: watchAt, label: "watch " + short(watchAt), tone: "watch" }] : [],
    empty: data.evidence.every((v) => v == null) ? "No evidence yet: " + data.state + "." : null,
  });
  if (evidence) {
    strip = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    strip.setAttribute("class", "strip");
    strip.setAttribute("role", "img");
    strip.setAttribute("aria-label", "Verdict by cycle: " +
      data.runs.slice(-12).map(([a, b, k]) => KINDS[k][0] + " " + Math.ceil(a) + " to " + Math.floor(b)).join(", "));
    evidence.figure.append(strip);
  }

  const SCORES = [["Network", "s1"], ["Log-band distance", "s2"], ["Kurtosis, gain-free", "s4"]];
  SCORES.forEach(([title, tone], i) => {
    const values = data.z[i];
    const high = most(values, 5), low = fewest(values, -5);
    plot(figureOf("z" + i), {
      title: title + ", z", sub: "Distance from its healthy median, in MAD.",
      unit: "MAD", xs: data.x, y: [low * 1.08, high * 1.08], height: 150,
      series: [{ label: "z", values, tone }], marks: [],
      empty: values.every((v) => v == null) ? "Not calibrated yet." : null,
    });
  });

  const tolerance = data.tolerance_ms;
  plot(figureOf("interval"), {
    title: "Start to start against contract, ms",
    sub: data.interval_words + perPoint,
    unit: "ms", xs: data.x, y: [-2.2 * tolerance, 2.2 * tolerance], height: 190, everyOff: true,
    band: [-tolerance, tolerance],
    series: [{ label: "deviation from " + short(data.period_s, 6) + " s", values: data.deviation_ms, tone: "s1", width: 1.6 }],
    marks: [{ y: tolerance, label: "+" + short(tolerance) + " ms tolerance", tone: "muted" },
            { y: -tolerance, label: "−" + short(tolerance) + " ms", tone: "muted", below: true }],
    empty: data.deviation_ms.every((v) => v == null) ? "One cycle so far: no interval yet." : null,
  });

  const PHASES = [["wake", "s6"], ["sample", "s1"], ["drain", "s3"], ["infer", "s2"], ["release", "s5"], ["report", "s7"], ["sleep", "s4"]];
  const joules = data.energy.map((part) => part.map((mj) => mj / 1000));
  const limit = data.energy_limit_mj / 1000;
  const used = PHASES.map((_, i) => i).filter((i) => joules[i].some((v) => v > 0));
  const highest = data.bx.map((_, i) => joules.reduce((sum, part) => sum + part[i], 0));
  const shown = [...highest].sort((a, b) => a - b)[Math.floor(0.98 * (highest.length - 1))];
  const ceiling = Math.max(limit * 1.25, Math.min(Math.max(...highest), shown * 2)) || 1;
  const parts = used.map((i) => ({ label: PHASES[i][0], values: joules[i], tone: PHASES[i][1], fill: true, stepped: true, width: 0 }));
  plot(figureOf("energy"), {
    title: "Energy by phase and cycle, J",
    sub: data.energy_words + (data.n > 1 ? " Each step shows the dearest of " + data.n + " cycles." : ""),
    unit: "J", xs: data.bx, y: [0, ceiling], height: 190, stacked: true, series: parts,
    marks: limit > 0 ? [{ y: limit, label: "contract " + short(limit, 4) + " J a cycle", tone: "alarm" }] : [],
    empty: used.length === 0 ? "No energy was measured or declared (source: " + data.energy_source + ")." : null,
  });

  const REASONS = [["depth", "s1"], ["bytes", "s2"], ["age", "s5"], ["gap", "s4"], ["epoch", "s6"]];
  const dropped = REASONS.map((_, i) => i).filter((i) => data.drops[i].some((v) => v > 0));
  const dropTop = Math.max(1, ...data.bx.map((_, i) => data.drops.reduce((sum, part) => sum + part[i], 0)));
  plot(figureOf("drops"), {
    title: "Frames dropped, by reason", sub: data.drop_words + perBar,
    unit: "", xs: data.bx, y: [0, dropTop * 1.15], height: 190, stacked: true,
    series: dropped.map((i) => ({ label: REASONS[i][0], values: data.drops[i], tone: REASONS[i][1], fill: true, bars: true, width: 0 })),
    empty: dropped.length === 0 ? "No frame was dropped." : null,
  });

  const AXES = [["x", "s1"], ["y", "s2"], ["z", "s3"]].slice(0, data.axes);
  for (const [name, title, unit] of [["rms", "RMS", "g"], ["velocity", "Velocity RMS", "mm/s"], ["kurtosis", "Kurtosis", ""], ["crest", "Crest factor", ""]]) {
    const all = data[name].flat();
    const high = most(all, 0), low = fewest(all, high);
    const room = (high - low || 1) * 0.1;
    plot(figureOf(name), {
      title: title + (unit ? ", " + unit : ""), sub: "", unit, xs: data.x,
      y: [low - room, high + room], height: 150,
      series: AXES.map(([label, tone], i) => ({ label, values: data[name][i], tone, width: 1.2 })),
      empty: AXES.length === 0 ? "Not measured." : null,
    });
  }

  // --- wiring ------------------------------------------------------------------------------
  const buttons = {
    all: full,
    last: [Math.max(full[0], full[1] - 100), full[1]],
    alarm: data.crossing > 0 ? [Math.max(full[0], data.crossing - 60), Math.min(full[1], data.crossing + 60)] : null,
  };
  for (const button of document.querySelectorAll("[data-range]")) {
    const to = buttons[button.dataset.range];
    button.hidden = !to || to[0] >= to[1];
    button.addEventListener("click", () => setRange(to, button.dataset.range));
  }
  const reading = document.getElementById("reading");
  reading.dataset.rest = data.n > 1 ? data.cycles + " cycles, " + data.n + " to a point" : data.cycles + " cycles";
  reading.textContent = reading.dataset.rest;

  const fit = () => {
    for (const { u, box, options } of charts) u.setSize({ width: box.clientWidth, height: options.height || 190 });
    drawStrip();
  };
  new ResizeObserver(fit).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { u } of charts) u.redraw(false);
  });
  drawStrip();
  root.dataset.ready = String(charts.length);
})();
