// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// One robot's cycles: every sample as it was written, no sum of sums.
import { quoted, samples } from "./prometheus.js";
import { least, most, plot, short } from "./plots.js";

const figure = (name) => document.querySelector(`[data-chart="${name}"]`);
const PHASES = [["infer", "s2"], ["sample", "s1"], ["sleep", "s4"], ["other", "s6"]];

// Values of several series over the union of their times; absent where one has none.
function align(list) {
  const xs = [...new Set(list.flatMap((s) => s.points.map(([t]) => t)))].sort((a, b) => a - b);
  const place = new Map(xs.map((t, i) => [t, i]));
  return [xs, list.map((s) => {
    const values = new Array(xs.length).fill(null);
    for (const [t, v] of s.points) values[place.get(t)] = v;
    return values;
  })];
}
// Growth from sample to sample; a fall is a counter that began again.
const steps = (values) => values.map((v, i) => (i === 0 || v == null || values[i - 1] == null || v < values[i - 1] ? null : v - values[i - 1]));
const last = (series) => series?.points.at(-1)?.[1];

export async function showRobot(name, hours) {
  const of = (metric) => samples(`${metric}{job="torpor",instance=${quoted(name)}}`, hours);
  const [interval, period, tolerance, energy, hourly, evidence, alarmAt, drops] = await Promise.all([
    "torpor_cycle_interval_seconds", "torpor_contract_period_seconds", "torpor_contract_interval_tolerance_seconds",
    "torpor_energy_joules_total", "torpor_contract_hourly_energy_joules", "torpor_log_evidence",
    "torpor_log_evidence_alarm_threshold", "torpor_dropped_frames_total",
  ].map(of));
  const none = `Nothing from this robot in ${hours === 1 ? "the last hour" : `the last ${hours} hours`}.`;

  const [xs, [seconds, periods]] = align([interval[0] ?? { points: [] }, period[0] ?? { points: [] }]);
  const off = seconds.map((v, i) => (v == null || periods[i] == null ? null : v - periods[i]));
  const room = last(tolerance[0]) ?? 1;
  const reach = Math.min(Math.max(2.2 * room, 1.1 * most(off.map((v) => Math.abs(v ?? 0)), 0)), 200 * room);
  plot(figure("interval"), {
    title: "Start to start against contract, s", sub: `Contract: ${short(last(period[0]))} s, tolerance ${short(room)} s.`, unit: "s",
    xs, y: [-reach, reach], band: [-room, room], marks: [],
    series: [{ label: "deviation", values: off, tone: "s1" }], empty: off.every((v) => v == null) ? none : null,
  });

  const [ex, columns] = align(energy);
  const grown = columns.map(steps);
  const known = new Set(PHASES.map(([p]) => p));
  const sum = (lists) => ex.map((_, i) => lists.reduce((total, l) => (l[i] == null ? total : (total ?? 0) + l[i]), null));
  const byPhase = PHASES.map(([phase, tone]) => ({
    label: phase, tone, stepped: true,
    values: sum(grown.filter((_, k) => (phase === "other" ? !known.has(energy[k].labels.phase) : energy[k].labels.phase === phase))),
  }));
  const all = sum(grown), limit = (last(hourly[0]) ?? 0) * (last(period[0]) ?? 0) / 3600;
  plot(figure("energy"), {
    title: "Energy from cycle to cycle, J", sub: "Growth of the counters between two samples.", unit: "J", xs: ex,
    y: [0, 1.15 * most(all, limit || 1)], marks: limit > 0 ? [{ y: limit, label: `contract ${short(limit, 4)} J a period`, tone: "alarm" }] : [],
    series: [{ label: "all", values: all, tone: "ink", stepped: true, width: 1.2 }, ...byPhase], empty: all.every((v) => v == null) ? none : null,
  });

  // -1: none, while a baseline is learned; a line at -1 would look measured.
  const [vx, lines] = align(evidence.map((s) => ({ ...s, points: s.points.map(([t, v]) => [t, v === -1 ? null : v]) })));
  const alarm = last(alarmAt[0]), watch = alarm / 2; // ln of the root of A
  const values = lines.flat().filter((v) => v != null);
  plot(figure("evidence"), {
    title: "Evidence of damage, ln R", sub: "Grows while the scores are higher than those of the healthy bearing.", unit: "", xs: vx,
    y: [Math.min(-1.5, least(values, 0)), 1.12 * Math.max(most(values, 1), alarm > 0 ? alarm : 1)],
    marks: alarm > 0 ? [{ y: alarm, label: `alarm ${short(alarm)}`, tone: "alarm" }, { y: watch, label: `watch ${short(watch)}`, tone: "watch" }] : [],
    series: evidence.map((s, i) => ({ label: s.labels.sensor, values: lines[i], tone: ["s1", "s3", "s4"][i % 3], width: 1.8 })),
    empty: values.length === 0 ? none : null,
  });

  const [dx, counts] = align(drops);
  const dropped = drops.map((s, i) => ({ label: s.labels.reason, values: steps(counts[i]), tone: ["s1", "s2", "s5", "s4", "s6"][i % 5], stepped: true }))
    .filter((s) => most(s.values, 0) > 0);
  plot(figure("drops"), {
    title: "Frames dropped, by reason", sub: "", unit: "", xs: dx, y: [0, 1.15 * most(dropped.flatMap((s) => s.values), 1)], series: dropped,
    empty: drops.length === 0 ? none : dropped.length === 0 ? "No frame was dropped." : null,
  });
  return off.filter((v) => v != null).length;
}
