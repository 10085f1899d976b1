// SPDX-License-Identifier: Apache-2.0
// What CMake links, held against the edges.
import { kTestName, reach } from './plan.mjs';

const roomOfTarget = (rooms, target) => (target.folder.startsWith('src/') ? rooms.get(target.folder.slice(4)) : null) ?? null;
const isProduct = (target, shipped) => target.type !== 'UTILITY' && !target.sources.some(({ path }) => kTestName.test(path)) || shipped.has(target.id);

// A room that publishes no header is the platform's half of the one above it: nobody can
// include it, so it can be no edge, and who declares what it defines links it.
const isPlatformOf = (to, reached) => to.public.size === 0 && to.edges.some((edge) => reached.has(edge));

export function checkLinks({ rooms, targets, shipped, report }) {
  const reportLink = (file, line, room, to) => report(file, line, 'link', `${room.name} links ${to.name}`,
    `libraries of ${room.edges.join(', ') || 'no room'}`, `take the link out, or add ${to.name} to the line of ${room.name} in src/rooms.txt`);
  const told = new Set();
  const isLibrary = (target) => target.type.endsWith('LIBRARY');
  for (const target of targets.values()) {
    const room = roomOfTarget(rooms, target);
    if (!room || !isProduct(target, shipped)) continue;
    const reached = reach(rooms, room.name);
    for (const { id, at } of target.links) {
      const other = targets.get(id);
      const to = other && isLibrary(other) ? roomOfTarget(rooms, other) : null;
      if (!to || reached.has(to.name) || isPlatformOf(to, reached)) continue;
      told.add(`${room.name} ${to.name}`);
      reportLink(at.file, at.line, room, to);
    }
  }
  for (const room of rooms.values()) {
    for (const { room: name, line } of room.byHand) {
      if (room.edges.includes(name) || isPlatformOf(rooms.get(name), new Set([room.name])) || told.has(`${room.name} ${name}`)) continue;
      reportLink(`src/${room.name}/CMakeLists.txt`, line, room, rooms.get(name));
    }
  }
}
