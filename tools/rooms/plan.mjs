// SPDX-License-Identifier: Apache-2.0
// The plan of the house as it is written: src/rooms.txt, and what each room's CMakeLists.txt
// says of its headers. Read as text, because some rooms are not part of every build.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const kLine = /^([a-z_/]+)((?: ![a-z]+)*) *:([ a-z_/]*)$/;

export const kTestName = /(^|_)(test|fuzz|bench)\.\w+$/;
export const isFake = (room) => /(^|\/)fake(\/|$)/.test(room);

// {rooms: name -> {name, line, freestanding, edges: [name], public: Set, hosted: Set,
// byHand: [{room, line}]}, findings} in the order of the list. byHand are links that its
// CMakeLists.txt writes beside the list. A finding is {file, line, rule, found, expected, todo}.
export function readPlan(root) {
  const rooms = new Map();
  const findings = [];
  const file = 'src/rooms.txt';
  readFileSync(join(root, file), 'utf8').split('\n').forEach((text, index) => {
    const line = index + 1;
    if (text === '' || text.startsWith('#')) return;
    const match = kLine.exec(text);
    const marks = match ? match[2].trim().split(' ').filter(Boolean) : [];
    if (!match || marks.some((mark) => mark !== '!freestanding')) {
      findings.push({ file, line, rule: 'plan', found: `'${text}'`, expected: "'room [!freestanding] : room room'",
        todo: 'write the line in this form' });
      return;
    }
    const name = match[1];
    const edges = match[3].split(' ').filter(Boolean);
    if (rooms.has(name)) {
      findings.push({ file, line, rule: 'plan', found: `a second line for ${name}`, expected: 'one line a room',
        todo: 'join the two lines' });
    }
    for (const edge of edges.filter((other) => !rooms.has(other))) {
      findings.push({ file, line, rule: 'order', found: `${name} names ${edge}`,
        expected: 'only rooms on lines above its own, so that no circle can be',
        todo: `move ${edge} above ${name}, or what ${name} needs of it into a room above both` });
    }
    rooms.set(name, { name, line, freestanding: marks.length > 0, edges, public: new Set(), hosted: new Set(), byHand: [] });
  });
  for (const room of rooms.values()) {
    const file = `src/${room.name}/CMakeLists.txt`;
    if (!existsSync(join(root, file))) continue;  // a room without folder is found with the files
    const text = readFileSync(join(root, file), 'utf8').replace(/#[^\n]*/g, '');
    readLists(root, room, file, text, findings);
    readLinks(rooms, room, text);
    for (const own of text.matchAll(/(?:set|list)\s*\([^)]*?TORPOR_(?:EDGES_|ALL_ROOMS\s)/gi)) {
      findings.push({ file, line: text.slice(0, own.index).split('\n').length, rule: 'plan', found: 'a list of rooms of its own',
        expected: 'src/rooms.txt as the only list', todo: 'write it there' });
    }
  }
  return { rooms, findings };
}

// The words after PUBLIC and HOSTED of torpor_room().
function readLists(root, room, file, text, findings) {
  for (const call of text.matchAll(/torpor_room\(([^)]*)\)/g)) {
    let list = null;
    for (const word of call[1].matchAll(/\S+/g)) {
      if (/^[A-Z_]+$/.test(word[0])) {
        list = { PUBLIC: room.public, HOSTED: room.hosted }[word[0]] ?? null;
      } else if (list) {
        list.add(word[0]);
        if (!existsSync(join(root, 'src', room.name, word[0]))) {
          const line = text.slice(0, call.index + call[0].indexOf(word[0])).split('\n').length;
          findings.push({ file, line, rule: 'plan', found: `${word[0]}, which is not there`,
            expected: 'the names of files of this room', todo: 'mend the name, or take it out of the list' });
        }
      }
    }
  }
}

// Libraries of rooms named in the CMakeLists.txt of `room` for its own library, and rooms
// handed to torpor_link_rooms for it. CMake's own answer does not tell them from what edges
// bring along anyway.
function readLinks(rooms, room, text) {
  const library = (name) => `torpor_${name.replaceAll('/', '_')}`;
  const byLibrary = new Map([...rooms.keys()].map((name) => [library(name), name]));
  for (const call of text.matchAll(/(target_link_libraries|torpor_link_rooms|torpor_room)\s*\(([^)]*)\)/gi)) {
    const words = call[2].split(/\s+/).filter(Boolean);
    if (call[1] !== 'torpor_room' && words.shift() !== library(room.name)) continue;
    let mine = call[1] !== 'torpor_room';
    for (const word of words) {
      if (/^[A-Z_]+$/.test(word)) mine = call[1] !== 'torpor_room' || word === 'LIBS';
      const to = call[1] === 'torpor_link_rooms' ? word : byLibrary.get(word);
      if (mine && rooms.has(to)) {
        room.byHand.push({ room: to, line: text.slice(0, call.index + call[0].indexOf(word)).split('\n').length });
      }
    }
  }
}

// The room a path below src/ lies in. A folder below a fake is part of it (a vendor's
// headers, told again); any other folder is a room of its own or none.
export function roomOf(rooms, path) {
  let folder = path.slice(0, path.lastIndexOf('/'));
  while (!rooms.has(folder) && isFake(folder) && !folder.endsWith('/fake')) folder = folder.slice(0, folder.lastIndexOf('/'));
  return rooms.get(folder) ?? null;
}

// Whatever `room` reaches by edges, itself included.
export function reach(rooms, room, seen = new Set()) {
  if (seen.has(room) || !rooms.has(room)) return seen;
  seen.add(room);
  for (const edge of rooms.get(room).edges) reach(rooms, edge, seen);
  return seen;
}
