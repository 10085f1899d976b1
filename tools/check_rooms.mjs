// SPDX-License-Identifier: Apache-2.0
// node tools/check_rooms.mjs TREE BUILD [--list-shipped]
//
// Holds the tree against src/rooms.txt: every include below src/, and what CMake links and
// installs in the configured build directory BUILD. What ships is what install rules name
// and the libraries those programs link, whatever its files are called. One line a finding;
// exit 1 if there is one. --list-shipped prints the sources that ship, a line each, instead.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { IncludeRules } from './rooms/include_rules.mjs';
import { kSource, sources, strays } from './rooms/includes.mjs';
import { checkLinks } from './rooms/links.mjs';
import { isFake, kTestName, reach, readPlan, roomOf } from './rooms/plan.mjs';
import { readTargets } from './rooms/targets.mjs';

const [root, build] = process.argv.slice(2, 4).map((path) => resolve(path));
const { rooms, findings } = readPlan(root);
const { targets, shipped } = readTargets(root, build);
const shippedSources = new Set();
const generatedSources = [];
const shippedRooms = new Set();  // with the rooms whose headers they see
const report = (file, line, rule, found, expected, todo) => findings.push({ file, line, rule, found, expected, todo });

// Options by which a source sees what its includes do not say, or drops a Result unseen.
const kOption = /(?:^|\s)(-I|-i(?:nclude|macros|system|quote|dirafter|prefix|withprefix)|--include|-x|-w(?=\s|$)|-Wno-(?:error|unused)|-fpermissive|-fmodules|-trigraphs|@)/;

function checkShipped() {
  for (const id of shipped) {
    const target = targets.get(id);
    for (const { path, generated, at } of target.sources) {
      const home = rooms.get(target.folder.slice(4));
      if (generated) {
        const file = resolve(root, path);
        if (home && kSource.test(path) && existsSync(file)) generatedSources.push({ path: file, room: home });
        continue;
      }
      if (!kSource.test(path)) {
        report(at.file, at.line, 'ending', `${target.name} ships ${path}`, 'sources named .cpp', 'give it that ending');
        continue;
      }
      if (!/\.(c|cc|cpp|cxx|cu)$/.test(path)) continue;
      shippedSources.add(path);
      const room = path.startsWith('src/') ? roomOf(rooms, path.slice(4)) : null;
      if (room) reach(rooms, room.name, shippedRooms);
      if (!room) {
        report(at.file, at.line, 'homeless', `${target.name} ships ${path}, which is in no room`,
          'sources of rooms in src/rooms.txt', 'move it into the room it belongs to');
      } else if (kTestName.test(path) || isFake(room.name)) {
        report(at.file, at.line, 'test-ships', `${target.name} ships ${path}`,
          'no source named as a test, fuzzer or benchmark, none of a fake', 'give it a name that says what it is, or take it out');
      } else if (room !== home) {
        report(at.file, at.line, 'foreign', `${target.name} of ${home?.name ?? target.folder} ships ${path}`, 'sources of its own room',
          `link ${room.name} by an edge in src/rooms.txt`);
      }
    }
    for (const { path, at } of target.includes) {
      if (path !== 'src' && !path.startsWith('../')) {
        report(at.file, at.line, 'search-path', `${target.name} searches ${path || 'the tree'} for headers`, 'src alone, so that an include names its room',
          'take the directory out and write the includes from src');
      }
    }
    for (const { text, at } of target.options) {
      const option = kOption.exec(text);
      if (option) report(at.file, at.line, 'option', `${target.name} is compiled with ${text}`, `no ${option[1]}`, 'write includes in the sources, and mend what is warned of');
    }
  }
}

function checkFolders(paths) {
  const told = new Set();
  for (const { path, link } of strays(join(root, 'src'))) {
    report(`src/${path}`, 1, 'ending', link ? 'a link' : 'a file that is no source by its name', 'files, named as the house names them',
      link ? 'put a file there' : 'name it .h, .cpp or .def, or tell tools/rooms/includes.mjs what it is');
  }
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

const paths = sources(join(root, 'src'));
checkShipped();
if (process.argv.includes('--list-shipped')) {
  console.log([...shippedSources].sort().join('\n'));
  process.exit(0);
}
checkLinks({ rooms, targets, shipped, report });
checkFolders(paths);
new IncludeRules({ root, rooms, shippedRooms, shippedSources, generated: generatedSources, report }).check(paths);
for (const { file, line, rule, found, expected, todo } of findings) {
  console.log(`${file}:${line}: ${rule}: found ${found}; expected ${expected}. To do: ${todo}.`);
}
if (findings.length === 0) console.log(`rooms: ${rooms.size} rooms, ${paths.length} files, ${shippedSources.size} sources ship`);
process.exit(findings.length === 0 ? 0 : 1);
