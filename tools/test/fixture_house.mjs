// SPDX-License-Identifier: Apache-2.0
// A sound house of nine rooms, built by the same CMake functions as the real one, for breaks
// to be planted in.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const kTree = new URL('../..', import.meta.url).pathname;

const kFiles = {
  'CMakeLists.txt': `cmake_minimum_required(VERSION 3.25)
project(house LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH ${kTree}cmake)
include(TorporRoom)
torpor_read_rooms()
foreach(room \${TORPOR_ALL_ROOMS})
  add_subdirectory(src/\${room})
endforeach()
`,
  'src/rooms.txt': `# the plan
base !freestanding     :
base/posix             : base
base/fake              : base
contract !freestanding : base
contract/crypto        : contract
power                  : base contract
power/fake             : power
cli                    : base/posix power
mains                  : cli
`,
  'src/base/CMakeLists.txt': 'torpor_room(PUBLIC error.h files.h\n  HOSTED files.h)\n',
  'src/base/error.h': '#include <cstdint>\n#include "base/names.def"\n',
  'src/base/files.h': '#include <vector>\n',
  'src/base/names.def': '\n',
  'src/base/error.cpp': '#include "base/error.h"\n// #include "nothing/of_a_comment.h"\n',
  'src/base/posix/CMakeLists.txt': 'torpor_room(PUBLIC disk.h)\n',
  'src/base/posix/disk.h': '#include <unistd.h>\n#include "base/files.h"\n',
  'src/base/fake/CMakeLists.txt': 'torpor_room(PUBLIC clock.h)\n',
  'src/base/fake/clock.h': '#include "base/error.h"\n',
  'src/contract/CMakeLists.txt': 'torpor_room(PUBLIC contract.h\n  LIBS torpor_contract_crypto)\n',
  'src/contract/contract.h': '#include "base/error.h"\n',
  'src/contract/contract.cpp': '#include "contract/contract.h"\n#include "contract/own.h"\n',
  'src/contract/own.h': '\n',
  'src/contract/crypto/CMakeLists.txt': 'torpor_room()\n',
  'src/contract/crypto/crypto.cpp': '#include "contract/contract.h"\n',
  'src/power/CMakeLists.txt': 'torpor_room(PUBLIC meter.h)\n',
  'src/power/meter.h': '#include "contract/contract.h"\n',
  'src/power/meter.cpp': '#include "power/meter.h"\n#include "base/error.h"\nconst char* raw = R"(\n  text #include "nothing/of_a_string.h"\n)";\n',
  'src/power/meter_test.cpp': '#include "power/meter.h"\n#include "base/fake/clock.h"\n#include "power/fake/rail.h"\n#include <gtest/gtest.h>\n',
  'src/power/fake/CMakeLists.txt': 'torpor_room(PUBLIC rail.h)\n',
  'src/power/fake/rail.h': '#include "power/meter.h"\n',
  'src/cli/CMakeLists.txt': 'torpor_room(PUBLIC verbs.h)\n',
  'src/cli/verbs.h': '\n',
  'src/cli/verbs.cpp': '#include "cli/verbs.h"\n#include "base/posix/disk.h"\n#include "power/meter.h"\n',
  'src/mains/CMakeLists.txt': `add_executable(house house.cpp)
torpor_link_rooms(house PRIVATE cli)
install(TARGETS house RUNTIME DESTINATION bin)
`,
  'src/mains/house.cpp': '#include "cli/verbs.h"\n',
};

export class House {
  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'torpor-house-'));
    for (const [path, text] of Object.entries(kFiles)) this.write(path, text);
  }
  write(path, text) {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }
  add(path, text) {
    this.write(path, readFileSync(join(this.root, path), 'utf8') + text);
  }
  replace(path, from, to) {
    const text = readFileSync(join(this.root, path), 'utf8');
    if (!text.includes(from)) throw new Error(`${path} holds no '${from}' to break`);
    this.write(path, text.replace(from, to));
  }
  remove(path) {
    rmSync(join(this.root, path), { recursive: true });
  }
  // The compiler is taken as it is: nothing is compiled here.
  configure() {
    const query = join(this.root, 'build/.cmake/api/v1/query');
    mkdirSync(query, { recursive: true });
    writeFileSync(join(query, 'codemodel-v2'), '');
    return this.run('cmake', ['-S', this.root, '-B', join(this.root, 'build'), '-G', 'Ninja', '-DCMAKE_CXX_COMPILER_FORCED=ON']);
  }
  check() {
    return this.run(process.execPath, [join(kTree, 'tools/check_rooms.mjs'), this.root, join(this.root, 'build')]);
  }
  run(program, words) {
    try {
      return { status: 0, said: execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe' }) };
    } catch (error) {
      return { status: error.status, said: error.stdout + error.stderr };
    }
  }
}
