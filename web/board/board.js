// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Asks Prometheus every quarter of a minute and shows what it says. Recorded series come
// from deploy/prometheus/torpor.rules.yml.
import { HeatMap } from "./heatmap.js";
import { most, plot, short } from "./plots.js";
import { query, range } from "./prometheus.js";
import { showRobot } from "./robot.js";

const EVERY_MS = 15_000;
const $ = (id) => document.getElementById(id);
const element = (tag, className, ...children) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
};
const one = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

let robots = [];
let order = "name";
let chosen = null;
let hours = 8;

const map = new HeatMap($("map"), { read: readOut, open, close });

// --- what the server knows ---------------------------------------------------------------
async function ask() {
  const [last, deviation, ratio, silent, alarms, joules, energy, contracts, refusals, alerts] = await Promise.all([
    "instance:torpor_last_cycle_timestamp_seconds:last", "instance:torpor_cycle_deviation_seconds:last",
    "instance:torpor_cycle_deviation:ratio", "instance:torpor_silent:bool", "sensor:torpor_alarm_state:last",
    "instance:torpor_energy_joules:delta8h", "instance:torpor_energy_contract:ratio8h", "digest:torpor_contract_info:count", "role:torpor_refusal:standing",
    'ALERTS{alertname=~"Torpor.+",alertstate="firing",severity!="none"}',
  ].map(query));
  const by = (list) => new Map(list.map((s) => [s.labels.instance, s.value]));
  const [off, far, gone, spent, share] = [deviation, ratio, silent, joules, energy].map(by);
  const alarm = new Map();
  for (const s of alarms) alarm.set(s.labels.instance, Math.max(s.value, alarm.get(s.labels.instance) ?? 0));
  // The newest of each robot. One that never had a cycle is known by its refusal alone.
  const refused = new Map();
  for (const { labels: { instance, role, reason }, value } of refusals) {
    if (!(value <= refused.get(instance)?.at)) refused.set(instance, { role, reason, at: value });
  }
  const again = new Set(alerts.filter((a) => a.labels.alertname === "TorporBearingAlarmAgain").map((a) => a.labels.instance));
  const faulty = new Set(alerts.filter((a) => a.labels.alertname === "TorporSensorFault").map((a) => a.labels.instance));
  const seen = by(last);
  const found = [...new Set([...seen.keys(), ...refused.keys()])].map((name) => ({
    name, seen: seen.get(name) ?? null, refused: refused.get(name) ?? null, off: off.get(name) ?? null,
    ratio: off.has(name) && far.has(name) ? Math.sign(off.get(name)) * far.get(name) : null,
    silent: gone.get(name) === 1, alarm: alarm.get(name) ?? 0, again: again.has(name), faulty: faulty.has(name), joules: spent.get(name) ?? null, share: share.get(name) ?? null,
  }));
  return { found, contracts, alerts };
}

async function refresh() {
  try {
    const { found, contracts, alerts } = await ask();
    $("error").hidden = true;
    document.body.dataset.state = found.length ? "ready" : "empty";
    $("loading").hidden = true;
    $("empty").hidden = found.length > 0;
    $("fleet").hidden = found.length === 0;
    $("fresh").textContent = "as of " + new Date().toLocaleTimeString();
    if (found.length === 0) return;
    robots = found;
    showMap();
    showHeadline(alerts);
    showAlerts(alerts);
    showContracts(contracts);
    showJoules();
    await Promise.all([showSince(), chosen ? showRobot(chosen, hours) : null]);
    document.body.dataset.drawn = robots.length;
  } catch (error) {
    document.body.dataset.state = "error";
    $("loading").hidden = true;
    $("error").textContent = error.message + ". " +
      (robots.length ? "What is shown is old; trying again." : "Trying again every 15 seconds.");
    $("error").hidden = false;
  }
}

// --- the fleet in words -------------------------------------------------------------------
const isOff = (r) => r.ratio != null && Math.abs(r.ratio) > 1 && !r.silent && !r.refused;
function showHeadline(alerts) {
  const n = (f) => robots.filter(f).length;
  const alarm = n((r) => r.alarm === 2), watch = n((r) => r.alarm === 1), off = n(isOff), silent = n((r) => r.silent && !r.refused),
    refused = n((r) => r.refused);
  const critical = alerts.some((a) => a.labels.severity === "critical");
  const state = $("state");
  state.className = "panel tone-" + (critical ? "alarm" : alerts.length ? "watch" : "healthy");
  state.querySelector("h1").textContent =
    2 * silent > robots.length ? "Most robots are silent" : alarm ? one(alarm, "bearing alarm") : refused ? one(refused, "robot") + (refused === 1 ? " refuses" : " refuse") + " to run" : off ? one(off, "robot") + " out of contract" : silent ? one(silent, "robot") + " silent"
      : alerts.length ? one(alerts.length, "alert") : "All in contract";
  state.querySelector(".since").textContent = [one(robots.length, "robot"), refused && `${refused} refusing to run`, off && `${off} off their interval`, silent && `${silent} silent`,
    watch && `${watch} watched`].filter(Boolean).join(" · ");

  const known = robots.filter((r) => r.share != null);
  const over = known.filter((r) => r.share > 1).length;
  const joules = known.reduce((sum, r) => sum + r.joules, 0), allowed = known.reduce((sum, r) => sum + r.joules / r.share, 0);
  const shift = $("shift");
  shift.className = "panel tone-" + (!known.length ? "note" : over ? "alarm" : "healthy");
  shift.querySelector(".big").textContent = !known.length ? "not known yet"
    : over ? one(over, "robot") + " over contract" : short(100 * joules / allowed) + " % of contract";
  shift.querySelector(".since").textContent = known.length
    ? `the fleet: ${short(joules / 1000)} of ${short(allowed / 1000)} kJ${over ? `, ${short(100 * joules / allowed)} %` : " · no robot over"}` : "Two cycles of one robot are needed.";

  $("facts").replaceChildren(...[
    ["Robots", robots.length, "seen in seven days", false], ["Off their interval", off, "newest cycle beyond tolerance", off > 0],
    ["Refusing to run", refused, "a role, until a person acts", refused > 0], ["Silent", silent, "no cycle for three intervals", silent > 0], ["Bearing alarms", alarm, one(watch, "bearing") + " watched", alarm > 0],
    ["Over energy", over, "of the shift's contract", over > 0],
  ].map(([name, value, note, bad]) => element("div", bad ? "off" : "",
    element("dt", "", name), element("dd", "", value.toLocaleString("en"), element("small", "", note)))));
}

// --- heat map ---------------------------------------------------------------------------
function trouble(r) { return (r.alarm === 2 ? 1e6 : 0) + (r.refused ? 2e5 : 0) + (r.silent ? 1e5 : 0) + Math.min(9e4, Math.abs(r.ratio ?? 0)); }
function showMap() {
  const names = new Intl.Collator("en", { numeric: true });
  robots.sort((a, b) => (order === "worst" && trouble(b) - trouble(a)) || names.compare(a.name, b.name));
  map.show(robots, chosen);
  if ($("names").childElementCount !== robots.length)
    $("names").replaceChildren(...robots.map((r) => Object.assign(document.createElement("option"), { value: r.name })));
}
function age(since) {
  const s = Math.max(0, Date.now() / 1000 - since);
  return s < 90 ? short(s, 2) + " s" : s < 5400 ? Math.round(s / 60) + " min" : s < 172800 ? short(s / 3600, 2) + " h" : short(s / 86400, 2) + " days";
}
function words(r) {
  return [r.refused && `the ${r.refused.role} refuses to run for ${age(r.refused.at)}: ${r.refused.reason}`,
    r.seen == null ? "no cycle yet" : r.silent ? `silent for ${age(r.seen)}` : `cycle ${age(r.seen)} ago`,
    r.off == null ? "no interval yet" : `${r.off >= 0 ? "+" : "−"}${short(Math.abs(r.off))} s, ${short(Math.abs(r.ratio), 2)} tolerances`,
    r.alarm === 2 && "bearing alarm" + (r.again ? ", crossed again since" : ""), r.faulty && "sensor fault", r.alarm === 1 && "bearing watched",
    r.share != null && `${short(100 * r.share)} % of its energy`].filter(Boolean).join(" · ");
}
function readOut(r) { $("reading").textContent = r ? `${r.name}: ${words(r)}` : ""; }

$("scale").innerHTML = [["kept", "", "within tolerance"], ["early", "", "too often"], ["late", "", "late"], ["", "gone", "silent, or no interval"], ["alarm", "refused", "refuses to run"],
  ["watch", "ring", "bearing watched"], ["alarm", "ring", "bearing alarm"]]
  .map(([tone, kind, text]) => `<span><i class="${kind}" style="--key:var(--${tone})"></i>${text}</span>`).join("");
for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", () => {
    order = button.dataset.order;
    press("[data-order]", button);
    showMap();
  });
}
$("find").addEventListener("change", (event) => { if (robots.some((r) => r.name === event.target.value)) open(event.target.value); });
function press(group, pressed) {
  for (const b of document.querySelectorAll(group)) b.setAttribute("aria-pressed", String(b === pressed));
}

// --- one robot ----------------------------------------------------------------------------
async function open(name) {
  chosen = name;
  map.show(robots, chosen);
  $("robot").hidden = false;
  $("h-robot").textContent = name;
  const robot = robots.find((r) => r.name === name);
  $("robot-words").textContent = words(robot);
  $("robot-runbook").hidden = !robot.refused;
  try {
    $("robot").dataset.cycles = await showRobot(name, hours);
  } catch (error) {
    $("robot-words").textContent = error.message;
  }
  $("robot").scrollIntoView({ block: "nearest" });
}
function close() {
  chosen = null;
  $("robot").hidden = true;
  map.show(robots, null);
  $("map").focus();
}
$("close").addEventListener("click", close);
$("robot").addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
for (const button of document.querySelectorAll("[data-hours]")) {
  button.addEventListener("click", () => {
    hours = Number(button.dataset.hours);
    press("[data-hours]", button);
    open(chosen);
  });
}

// --- alerts, contracts --------------------------------------------------------------------
const SHOWN = 6;
function showAlerts(alerts) {
  const groups = Map.groupBy ? Map.groupBy(alerts, (a) => a.labels.alertname)
    : alerts.reduce((m, a) => m.set(a.labels.alertname, [...(m.get(a.labels.alertname) ?? []), a]), new Map());
  const rank = (list) => (list[0].labels.severity === "critical" ? 0 : 1);
  const rows = [...groups].sort((a, b) => rank(a[1]) - rank(b[1]) || b[1].length - a[1].length).map(([name, list]) => {
    const tone = rank(list) === 0 ? "tone-alarm" : "tone-watch";
    const link = Object.assign(element("a", "", name.replace(/^Torpor/, "").replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()),
      { href: `runbooks/${name}.html` });
    const who = [...new Set(list.map((a) => a.labels.instance).filter(Boolean))].sort();
    const buttons = who.slice(0, SHOWN).map((robot) => {
      const b = Object.assign(element("button", "", robot), { type: "button" });
      b.addEventListener("click", () => open(robot));
      return b;
    });
    const more = who.length > SHOWN ? [element("span", "", `and ${(who.length - SHOWN).toLocaleString("en")} more`)] : [];
    return element("tr", tone, element("td", "what", element("span", "dot"), link), element("td", "num", list.length.toLocaleString("en")),
      element("td", "", element("div", "names", ...buttons, ...more)));
  });
  $("alerts").replaceChildren(rows.length ? table(["Alert, with its runbook", "Firing", "Robots"], rows) : element("p", "empty", "No alert is firing."));
}
function table(heads, rows) {
  return element("table", "", element("thead", "", element("tr", "", ...heads.map((h) => Object.assign(element("th", "", h), { scope: "col" })))),
    element("tbody", "", ...rows));
}
function showContracts(contracts) {
  contracts.sort((a, b) => b.value - a.value);
  const all = contracts.reduce((sum, c) => sum + c.value, 0);
  const rows = contracts.map((c, i) => {
    const bar = element("div", "bar");
    bar.style.width = 100 * c.value / all + "%";
    return element("tr", i ? "other" : "", element("td", "num", c.labels.sequence),
      element("td", "", element("code", "", c.labels.digest.slice(0, 12)), bar), element("td", "num", c.value.toLocaleString("en")));
  });
  $("contracts").replaceChildren(rows.length ? table(["Sequence", "Digest", "Robots"], rows) : element("p", "empty", "None in the last 15 minutes."));
}

// --- over time, over robots -----------------------------------------------------------------
const chart = (name) => document.querySelector(`[data-chart="${name}"]`);
async function showSince() {
  const [off, silent, alarm] = await Promise.all(["count(instance:torpor_cycle_deviation:ratio > 1)", "count(instance:torpor_silent:bool == 1)",
    "count(sensor:torpor_alarm_state:last == 2)"].map((q) => range(q + " or (0 * count(instance:torpor_silent:bool))", 8, 60)));
  const xs = [...new Set([off, silent, alarm].flatMap((s) => (s[0]?.points ?? []).map(([t]) => t)))].sort((a, b) => a - b);
  const values = (s) => { const m = new Map(s[0]?.points ?? []); return xs.map((t) => m.get(t) ?? null); };
  const series = [["off their interval", off, "s2"], ["silent", silent, "s6"], ["bearing alarms", alarm, "alarm"]]
    .map(([label, s, tone]) => ({ label, values: values(s), tone, stepped: true }));
  plot(chart("since"), {
    title: "Robots in trouble, last eight hours", sub: "A step for many at once has one cause.", unit: "robots", xs,
    y: [0, 1.15 * most(series.flatMap((s) => s.values), 4)], series, empty: xs.length < 2 ? "Nothing recorded yet." : null,
  });
}
const CEILING = 300; // %
function showJoules() {
  const ranked = robots.filter((r) => r.share != null).sort((a, b) => b.share - a.share);
  const values = ranked.map((r) => 100 * r.share);
  plot(chart("joules"), {
    title: "Joules per shift against contract, %", sub: "Robots in order, the dearest first. Eight hours, or what is known of them." + (values[0] > CEILING ? ` The first is at ${short(values[0])} %.` : ""), unit: "%",
    xs: ranked.map((_, i) => i + 1), time: false, name: (i) => ranked[i].name, y: [0, Math.min(CEILING, 1.15 * most(values, 110))],
    marks: [{ y: 100, label: "contract", tone: "alarm", right: true }], series: [{ label: "of contract", values, tone: "s1", stepped: true, fill: true }],
    empty: ranked.length === 0 ? "Not known yet: two cycles of one robot are needed." : null,
  });
}

refresh();
setInterval(refresh, EVERY_MS);
