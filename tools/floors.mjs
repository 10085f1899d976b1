// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Draws the house from its one list of edges:
//   node tools/floors.mjs            writes docs/floors.svg
//   node tools/floors.mjs --check    exit 1 when docs/floors.svg is not what the list says
//
// A folder lies one floor above the highest folder it may include; arrows that follow from
// others are left out. Fakes are test code and not drawn.
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url).pathname;
const rooms = readFileSync(`${root}src/rooms.txt`, "utf8").split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => line.split(":"))
  .map(([room, edges]) => ({ room: room.trim().split(/\s+/)[0], edges: edges.trim().split(/\s+/).filter(Boolean) }))
  .filter(({ room }) => !/(^|\/)fake$/.test(room));

// Folders are what is drawn; their rooms stand inside.
const folders = new Map();
const top = (room) => room.split("/")[0];
for (const { room, edges } of rooms) {
  const folder = folders.get(top(room)) ?? { name: top(room), parts: [], needs: new Set() };
  if (room.includes("/")) folder.parts.push(room.slice(room.indexOf("/") + 1));
  for (const edge of edges) {
    if (top(edge) !== folder.name && !/(^|\/)fake$/.test(edge)) folder.needs.add(top(edge));
  }
  folders.set(folder.name, folder);
}
const floorOf = (name, seen = new Set()) => {
  if (seen.has(name)) throw new Error(`src/rooms.txt: a circle of folders through ${name}`);
  const below = [...folders.get(name).needs];
  return below.length ? 1 + Math.max(...below.map((n) => floorOf(n, new Set([...seen, name])))) : 0;
};
const reaches = (from, to) => [...folders.get(from).needs].some((n) => n === to || reaches(n, to));
const floors = [];
for (const folder of folders.values()) (floors[floorOf(folder.name)] ??= []).push(folder);

const height = 64, gap = 62, pad = 30, textWidth = (text, size) => text.length * size * 0.56;
const boxWidth = (folder) => Math.max(74, textWidth(folder.name, 15) + 24, textWidth(folder.parts.join(" "), 10) + 20);
const rowWidth = (row) => row.reduce((sum, folder) => sum + boxWidth(folder) + 26, -26);
const width = Math.max(900, Math.max(...floors.map(rowWidth)) + 2 * pad);
const total = floors.length * (height + gap) - gap + 2 * pad;
// The boxes of a floor share the width, each towards the middle of those it is joined with.
const place = () => floors.forEach((row, floor) => {
  const air = (width - 2 * pad - rowWidth(row)) / row.length;
  let x = pad + air / 2;
  for (const folder of row) {
    Object.assign(folder, { x, y: total - pad - height - floor * (height + gap), w: boxWidth(folder) });
    x += folder.w + 26 + air;
  }
});
const middleOf = (folder) => folder.x + folder.w / 2;
place();
for (let sweep = 0; sweep < 6; ++sweep) {
  for (const row of floors) {
    const wish = new Map(row.map((folder) => {
      const joined = [...folders.values()].filter((other) => folder.needs.has(other.name) || other.needs.has(folder.name));
      return [folder, joined.reduce((sum, other) => sum + middleOf(other), 0) / Math.max(1, joined.length)];
    }));
    row.sort((a, b) => wish.get(a) - wish.get(b) || (a.name < b.name ? -1 : 1));
  }
  place();
}

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const lines = [], boxes = [];
for (const folder of folders.values()) {
  for (const need of folder.needs) {
    const others = [...folder.needs].filter((n) => n !== need);
    if (others.some((n) => reaches(n, need))) continue;
    const below = folders.get(need);
    const [x1, y1, x2, y2] = [folder.x + folder.w / 2, folder.y + height, below.x + below.w / 2, below.y];
    const bend = (y2 - y1) / 2;
    lines.push(`<path d="M${x1.toFixed(0)} ${y1.toFixed(0)} C${x1.toFixed(0)} ${(y1 + bend).toFixed(0)} ${x2.toFixed(0)} ${(y2 - bend).toFixed(0)} ${x2.toFixed(0)} ${(y2 - 5).toFixed(0)}" marker-end="url(#tip)"/>`);
  }
  const middle = (folder.x + folder.w / 2).toFixed(0);
  boxes.push(`<g><rect x="${folder.x.toFixed(0)}" y="${folder.y.toFixed(0)}" width="${folder.w.toFixed(0)}" height="${height}" rx="7"/>` +
    `<text x="${middle}" y="${(folder.y + (folder.parts.length ? 28 : 38)).toFixed(0)}">${escape(folder.name)}</text>` +
    (folder.parts.length ? `<text class="part" x="${middle}" y="${(folder.y + 48).toFixed(0)}">${escape(folder.parts.join(" "))}</text>` : "") + `</g>`);
}
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${total}" role="img" aria-label="The rooms of torpor by floor; each may include those its arrows lead down to">
<!-- Made by tools/floors.mjs from src/rooms.txt. -->
<style>
  svg { background: #fff; color: #1c2630 } rect { fill: #eef3f7; stroke: #5b7083 } path { fill: none; stroke: #8fa1b0; stroke-width: 1.1 }
  text { font: 600 15px system-ui, sans-serif; text-anchor: middle; fill: #1c2630 } .part { font: 10px system-ui, sans-serif; fill: #4a5c6b } marker path { fill: #8fa1b0; stroke: none }
  @media (prefers-color-scheme: dark) { svg { background: #14191e } rect { fill: #222c35; stroke: #6f8598 } text { fill: #e4ebf0 } .part { fill: #a9b8c4 } }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>
${lines.join("\n")}
${boxes.join("\n")}
</svg>
`;
const file = `${root}docs/floors.svg`;
if (process.argv[2] === "--check") {
  let found = "";
  try { found = readFileSync(file, "utf8"); } catch { /* told below */ }
  if (found !== svg) {
    console.error("docs/floors.svg: found another picture, expected that of src/rooms.txt; run: node tools/floors.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(file, svg);
}
