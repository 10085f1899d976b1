// SPDX-License-Identifier: Apache-2.0
// Every include below src/, held against the edges and the public headers.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { kFreestandingHeaders } from './freestanding.mjs';
import { includesOf, kSource, sources } from './includes.mjs';
import { isFake, kTestName, roomOf } from './plan.mjs';

const kTestLibrary = /^(gtest|gmock|benchmark)\//;

// `house`: {root, rooms, shippedRooms, shippedSources, generated: [{path, room}], report}.
export class IncludeRules {
  constructor(house) {
    this.house = house;
    this.used = new Map([...house.rooms.keys()].map((name) => [name, new Set()]));  // edges
    this.seen = new Set();  // headers that another room includes
  }

  checkInclude(path, room, isTest, include) {
    const { root, rooms, shippedRooms, report } = this.house;
    const at = (rule, ...words) => report(join('src', path), include.line, rule, ...words);
    if (include.hidden) {
      at('spelling', 'an include in a comment or a text', 'none there, where nobody can tell whether it is one', 'take it out, or let it not begin its line');
      return;
    }
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
    if (exists && (!other || !kSource.test(include.path))) {
      at('unresolved', `${shown}, which is no source of a room`, 'the plain path of a header of a room', 'write #include "room/header.h"');
    }
    if (exists && !include.angled && dirname(path) !== '.' && existsSync(join(root, 'src', dirname(path), include.path))) {
      at('unresolved', `${shown}, which the compiler finds in src/${dirname(path)} first`, 'one file of that name', `give src/${dirname(path)}/${include.path} another place`);
    }
    const product = !isTest && !isFake(room.name);
    // The simulator stands on fakes and does not ship; its edges say so.
    const apart = !shippedRooms.has(room.name) && other && room.edges.includes(other.name);
    if (product && !apart && (kTestLibrary.test(include.path) || kTestName.test(include.path) || (other && isFake(other.name)))) {
      at('test-seen', `an include of ${shown}`, 'no fake, test header or test library in what ships', 'move what is needed out of the fake, or the user into one');
      return;
    }
    if (product && room.freestanding && !room.hosted.has(path.slice(room.name.length + 1))) this.checkFreestanding(at, include, shown, other);
    if (!other || other === room) return;
    const header = include.path.slice(other.name.length + 1);
    this.seen.add(include.path);
    if (!isTest) this.used.get(room.name).add(other.name);
    if (!isTest && !room.edges.includes(other.name)) {
      at('edge', `an include of ${shown}`, `headers of ${room.edges.join(', ') || 'no other room'}`,
        `move the code to where it may see ${other.name}, or add ${other.name} to the line of ${room.name} in src/rooms.txt`);
    }
    if (!other.public.has(header)) {
      at('private', `an include of ${shown}, a header of ${other.name} alone`, `its public ones: ${[...other.public].join(' ') || 'none'}`,
        `use a public header, or name it after PUBLIC in src/${other.name}/CMakeLists.txt`);
    }
  }

  checkFreestanding(at, include, shown, other) {
    const ours = other?.freestanding && !other.hosted.has(include.path.slice(other.name.length + 1));
    if (other ? ours : kFreestandingHeaders.has(include.path)) return;
    at('freestanding', `an include of ${shown}`, 'freestanding rooms, and standard headers without heap, exceptions or system',
      'put what needs a computer into a room of its own (or after HOSTED in its CMakeLists.txt), behind a seam');
  }

  check(paths) {
    const { root, rooms, shippedSources } = this.house;
    for (const path of paths) {
      const room = roomOf(rooms, path);
      if (!room) continue;
      const isTest = kTestName.test(path) && !shippedSources.has(`src/${path}`);
      for (const include of includesOf(join(root, 'src', path))) this.checkInclude(path, room, isTest, include);
    }
    for (const folder of ['deploy', 'examples', 'tools']) {
      for (const path of sources(join(root, folder))) {
        for (const include of includesOf(join(root, folder, path))) this.seen.add(include.path);
      }
    }
    for (const { path, room } of this.house.generated) {
      for (const include of includesOf(path)) this.checkInclude(relative(join(root, 'src'), path), room, false, include);
    }
    this.checkLists();
  }

  // What the lists promise and no include uses.
  checkLists() {
    const { rooms, report } = this.house;
    for (const room of rooms.values()) {
      for (const edge of room.edges.filter((name) => !this.used.get(room.name).has(name))) {
        report('src/rooms.txt', room.line, 'unused', `the edge from ${room.name} to ${edge}`, 'an include that uses it', 'take it out of the line');
      }
      for (const header of [...room.public].filter((name) => !this.seen.has(`${room.name}/${name}`))) {
        report(`src/${room.name}/CMakeLists.txt`, 1, 'needless', `the public header ${header}, which no other room includes`, 'only headers that others use', 'take it out of PUBLIC');
      }
      for (const edge of room.freestanding ? room.edges.filter((name) => rooms.has(name) && !rooms.get(name).freestanding) : []) {
        report('src/rooms.txt', room.line, 'freestanding', `${room.name} names ${edge}`, 'rooms marked !freestanding', `mark ${edge}, or part them`);
      }
    }
  }
}
