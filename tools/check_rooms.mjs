// SPDX-License-Identifier: Apache-2.0
// node tools/check_rooms.mjs TREE BUILD [--list-shipped]
//
// Holds the tree against src/rooms.txt: every include below src/, and what CMake links and
// installs in the configured build directory BUILD. What ships is what install rules name
// and the libraries those programs link, whatever its files are called. One line a finding;
// exit 1 if there is one. --list-shipped prints the sources that ship, a line each, instead.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { kFreestandingHeaders } from './rooms/freestanding.mjs';
import { includesOf, sources } from './rooms/includes.mjs';
import { isFake, reach, readPlan, roomOf } from './rooms/plan.mjs';
import { readTargets } from './rooms/targets.mjs';

const kTestName = /(^|_)(test|fuzz|bench)\.\w+$/;
const kTestLibrary = /^(gtest|gmock|benchmark)\//;

const [root, build] = process.argv.slice(2, 4).map((path) => resolve(path));
const { rooms, findings } = readPlan(root);
const { targets, shipped } = readTargets(root, build);
const shippedSources = new Set();
const shippedRooms = new Set();  // with the rooms whose headers they see
const report = (file, line, rule, found, expected, todo) => findings.push({ file, line, rule, found, expected, todo });

// ---- what ships ---------------------------------------------------------------------------
function checkShipped() {
  for (const id of shipped) {
    const target = targets.get(id);
    for (const { path, generated, at } of target.sources) {
      if (generated || !/\.(c|cc|cpp|cxx|cu)$/.test(path)) continue;
      shippedSources.add(path);
      const room = path.startsWith('src/') ? roomOf(rooms, path.slice(4)) : null;
      if (room) reach(rooms, room.name, shippedRooms);
      if (!room) {
        report(at.file, at.line, 'homeless', `${target.name} ships ${path}, which is in no room`,
          'sources of rooms in src/rooms.txt', 'move it into the room it belongs to');
      } else if (kTestName.test(path) || isFake(room.name)) {
        report(at.file, at.line, 'test-ships', `${target.name} ships ${path}`,
          'no source named as a test, fuzzer or benchmark, none of a fake', 'give it a name that says what it is, or take it out');
      }
    }
    for (const { path, at } of target.includes) {
      if (/^src\/./.test(path)) {
        report(at.file, at.line, 'search-path', `${target.name} searches ${path} for headers`, 'src alone, so that an include names its room',
          'take the directory out and write the includes from src');
      }
    }
  }
}

// ---- links --------------------------------------------------------------------------------
const roomOfTarget = (target) => (target.folder.startsWith('src/') ? rooms.get(target.folder.slice(4)) : null) ?? null;
const isProduct = (target) => target.type !== 'UTILITY' && !target.sources.some(({ path }) => kTestName.test(path)) || shipped.has(target.id);

// A room that publishes no header is the platform's half of the one above it: nobody can
// include it, so it can be no edge, and who declares what it defines links it.
const isPlatformOf = (to, reached) => to.public.size === 0 && to.edges.some((edge) => reached.has(edge));

const reportLink = (file, line, room, to) => report(file, line, 'link', `${room.name} links ${to.name}`,
  `libraries of ${room.edges.join(', ') || 'no room'}`, `take the link out, or add ${to.name} to the line of ${room.name} in src/rooms.txt`);

function checkLinks() {
  const told = new Set();
  const isLibrary = (target) => target.type.endsWith('LIBRARY');
  for (const target of targets.values()) {
    const room = roomOfTarget(target);
    if (!room || !isProduct(target)) continue;
    const reached = reach(rooms, room.name);
    for (const { id, at } of target.links) {
      const other = targets.get(id);
      const to = other && isLibrary(other) ? roomOfTarget(other) : null;
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

// ---- folders ------------------------------------------------------------------------------
function checkFolders(paths) {
  const told = new Set();
  for (const path of paths) {
    const folder = dirname(path);
    if (roomOf(rooms, path) || told.has(folder)) continue;
    told.add(folder);
    report(`src/${path}`, 1, 'folder', `sources in src/${folder}`, 'a line for it in src/rooms.txt', 'add the room, or move its sources into one');
  }
  for (const room of rooms.values()) {
    if (!existsSync(join(root, 'src', room.name, 'CMakeLists.txt'))) {
      report('src/rooms.txt', room.line, 'folder', `${room.name}, which has no src/${room.name}/CMakeLists.txt`, 'a room that is there',
        'make the folder, or take the line out');
    }
  }
}

// ---- includes -----------------------------------------------------------------------------
const used = new Map([...rooms.keys()].map((name) => [name, new Set()]));
const seenOutside = new Set();  // headers that another room includes

function checkInclude(path, room, isTest, include) {
  const at = (rule, ...words) => report(`src/${path}`, include.line, rule, ...words);
  if (include.path === null) {
    at('spelling', 'an include whose name a macro makes', '#include "room/header.h"', 'write the name');
    return;
  }
  const shown = include.angled ? `<${include.path}>` : `"${include.path}"`;
  if (!include.plain) at('spelling', `an oddly written include of ${shown}`, `'#include ${shown}', one blank, nothing before it`, 'write it so');
  const relative = /(^|\/)\.{1,2}\/|^\//.test(include.path) || !include.path.includes('/');
  const exists = !relative && existsSync(join(root, 'src', include.path));
  const other = exists ? roomOf(rooms, include.path) : null;
  if (include.angled && exists && other) {
    at('angled', shown, `#include "${include.path}"`, 'angle brackets are for what is not ours');
  } else if (include.angled && /(^|\/)\.{1,2}\/|^\//.test(include.path)) {
    at('unresolved', shown, 'a path from src', 'write #include "room/header.h"');
  } else if (!include.angled && !exists) {
    at('unresolved', `${shown}, which is no file below src`, 'the path from src', 'write #include "room/header.h"; a relative path hides the room');
  }
  const product = !isTest && !isFake(room.name);
  // The simulator stands on fakes and does not ship; its edges say so.
  const apart = !shippedRooms.has(room.name) && other && room.edges.includes(other.name);
  if (product && !apart && (kTestLibrary.test(include.path) || kTestName.test(include.path) || (other && isFake(other.name)))) {
    at('test-seen', `an include of ${shown}`, 'no fake, test header or test library in what ships', 'move what is needed out of the fake, or the user into one');
    return;
  }
  if (product && room.freestanding && !room.hosted.has(path.slice(room.name.length + 1))) checkFreestanding(at, include, shown, other);
  if (!other || other === room) return;
  const header = include.path.slice(other.name.length + 1);
  seenOutside.add(include.path);
  if (!isTest) used.get(room.name).add(other.name);
  const visible = room.edges.filter((name) => !room.linked.has(name));
  if (!isTest && !visible.includes(other.name)) {
    at('edge', `an include of ${shown}`, `headers of ${visible.join(', ') || 'no other room'}`,
      `move the code to where it may see ${other.name}, or add ${other.name} to the line of ${room.name} in src/rooms.txt`);
  }
  if (!other.public.has(header)) {
    at('private', `an include of ${shown}, a header of ${other.name} alone`, `its public ones: ${[...other.public].join(' ') || 'none'}`,
      `use a public header, or name it after PUBLIC in src/${other.name}/CMakeLists.txt`);
  }
}

function checkFreestanding(at, include, shown, other) {
  const ours = other?.freestanding && !other.hosted.has(include.path.slice(other.name.length + 1));
  if (other ? ours : kFreestandingHeaders.has(include.path)) return;
  at('freestanding', `an include of ${shown}`, 'freestanding rooms, and standard headers without heap, exceptions or system',
    'put what needs a computer into a room of its own (or after HOSTED in its CMakeLists.txt), behind a seam');
}

function checkIncludes(paths) {
  for (const path of paths) {
    const room = roomOf(rooms, path);
    if (!room) continue;
    const isTest = kTestName.test(path) && !shippedSources.has(`src/${path}`);
    for (const include of includesOf(join(root, 'src', path))) checkInclude(path, room, isTest, include);
  }
  for (const folder of ['deploy', 'examples', 'tools']) {
    for (const path of sources(join(root, folder))) {
      for (const include of includesOf(join(root, folder, path))) seenOutside.add(include.path);
    }
  }
  for (const room of rooms.values()) {
    for (const edge of room.edges.filter((name) => !used.get(room.name).has(name) && !room.linked.has(name))) {
      report('src/rooms.txt', room.line, 'unused', `the edge from ${room.name} to ${edge}`, 'an include that uses it', 'take it out of the line');
    }
    for (const header of [...room.public].filter((name) => !seenOutside.has(`${room.name}/${name}`))) {
      report(`src/${room.name}/CMakeLists.txt`, 1, 'needless', `the public header ${header}, which no other room includes`, 'only headers that others use', 'take it out of PUBLIC');
    }
    for (const edge of room.freestanding ? room.edges.filter((name) => rooms.has(name) && !rooms.get(name).freestanding) : []) {
      report('src/rooms.txt', room.line, 'freestanding', `${room.name} names ${edge}`, 'rooms marked !freestanding', `mark ${edge}, or part them`);
    }
  }
}

const paths = sources(join(root, 'src'));
checkShipped();
if (process.argv.includes('--list-shipped')) {
  console.log([...shippedSources].sort().join('\n'));
  process.exit(0);
}
checkLinks();
checkFolders(paths);
checkIncludes(paths);
for (const { file, line, rule, found, expected, todo } of findings) {
  console.log(`${file}:${line}: ${rule}: found ${found}; expected ${expected}. To do: ${todo}.`);
}
if (findings.length === 0) console.log(`rooms: ${rooms.size} rooms, ${paths.length} files, ${shippedSources.size} sources ship`);
process.exit(findings.length === 0 ? 0 : 1);
