// SPDX-License-Identifier: Apache-2.0
// node rooms_test.mjs CASE: plants one break in a sound house and sees it caught: at its line,
// with its own message, and nothing else said. CMakeLists.txt reads the names of the cases
// from here.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { House } from './fixture_house.mjs';

const kMeter = 'src/power/meter.cpp';
const kCases = {
  lets_the_sound_house_pass: () => [],
  catches_an_include_of_a_room_that_is_no_edge: (house) => {
    house.add(kMeter, '#include "base/posix/disk.h"\n');
    return ['src/power/meter.cpp:6: edge: found an include of "base/posix/disk.h"; expected headers of base, contract'];
  },
  catches_an_edge_written_in_angle_brackets: (house) => {
    house.add(kMeter, '#include <base/posix/disk.h>\n#include <base/error.h>\n');
    return ['src/power/meter.cpp:6: angled: found <base/posix/disk.h>; expected #include "base/posix/disk.h"',
      'src/power/meter.cpp:6: edge: found an include of <base/posix/disk.h>', 'src/power/meter.cpp:7: angled: found <base/error.h>'];
  },
  catches_an_include_in_odd_white_space: (house) => {
    house.add(kMeter, '# include "base/error.h"\n  #include "base/error.h"\n#include  "base/error.h"\n#/**/include "base/posix/disk.h"\n' +
      '#inc\\\nlude "base/posix/disk.h"\n%:include "base/error.h"\n#define DISK "base/posix/disk.h"\n#include DISK\n');
    const odd = (line, path) => `src/power/meter.cpp:${line}: spelling: found an oddly written include of "${path}"`;
    const edge = (line) => `src/power/meter.cpp:${line}: edge: found an include of "base/posix/disk.h"`;
    return [odd(6, 'base/error.h'), odd(7, 'base/error.h'), odd(8, 'base/error.h'), odd(9, 'base/posix/disk.h'), edge(9),
      odd(10, 'base/posix/disk.h'), edge(10), odd(12, 'base/error.h'),
      'src/power/meter.cpp:14: spelling: found an include whose name a macro makes'];
  },
  catches_a_private_header_of_another_room: (house) => {
    house.add(kMeter, '#include "contract/own.h"\n');
    house.add('src/power/meter_test.cpp', '#include "contract/own.h"\n');
    const own = 'private: found an include of "contract/own.h", a header of contract alone; expected its public ones: contract.h';
    return [`src/power/meter.cpp:6: ${own}`, `src/power/meter_test.cpp:5: ${own}`];
  },
  catches_a_fake_seen_by_what_ships: (house) => {
    house.add('src/power/meter.h', '#include "base/fake/clock.h"\n');
    return ['src/power/meter.h:2: test-seen: found an include of "base/fake/clock.h"'];
  },
  catches_a_fake_that_an_edge_would_let_in: (house) => {
    house.replace('src/rooms.txt', ': base contract\n', ': base base/fake contract\n');
    house.add('src/power/meter.h', '#include "base/fake/clock.h"\n');
    return ['src/power/meter.h:2: test-seen: found an include of "base/fake/clock.h"', 'src/rooms.txt:7: unused: found the edge from power to base/fake'];
  },
  catches_a_test_header_seen_by_what_ships: (house) => {
    house.write('src/power/meter_test.h', '\n');
    house.add('src/power/meter.h', '#include "power/meter_test.h"\n');
    return ['src/power/meter.h:2: test-seen: found an include of "power/meter_test.h"'];
  },
  catches_gtest_seen_by_what_ships: (house) => {
    house.add('src/power/meter.h', '#include <gtest/gtest_prod.h>\n');
    return ['src/power/meter.h:2: test-seen: found an include of <gtest/gtest_prod.h>'];
  },
  catches_posix_in_a_freestanding_room: (house) => {
    house.add('src/contract/contract.cpp', '#include <unistd.h>\n#include <sys/stat.h>\n');
    return ['src/contract/contract.cpp:3: freestanding: found an include of <unistd.h>', 'src/contract/contract.cpp:4: freestanding: found an include of <sys/stat.h>'];
  },
  catches_a_hosted_room_seen_by_a_freestanding_one: (house) => {
    house.replace('src/rooms.txt', 'contract !freestanding : base\n', 'contract !freestanding : base base/posix\n');
    house.add('src/contract/contract.cpp', '#include "base/posix/disk.h"\n#include "base/files.h"\n');
    return ['src/contract/contract.cpp:3: freestanding: found an include of "base/posix/disk.h"',
      'src/contract/contract.cpp:4: freestanding: found an include of "base/files.h"',
      'src/rooms.txt:5: freestanding: found contract names base/posix; expected rooms marked !freestanding'];
  },
  catches_heap_and_exceptions_in_a_freestanding_room: (house) => {
    house.add('src/base/error.h', '#include <vector>\n#include <stdexcept>\n');
    return ['src/base/error.h:3: freestanding: found an include of <vector>', 'src/base/error.h:4: freestanding: found an include of <stdexcept>'];
  },
  catches_an_edge_that_nobody_uses: (house) => {
    house.replace('src/rooms.txt', 'cli                    : base/posix power', 'cli                    : base base/posix power');
    return ['src/rooms.txt:9: unused: found the edge from cli to base'];
  },
  catches_an_edge_that_only_a_test_uses: (house) => {
    house.replace('src/power/meter.cpp', '#include "base/error.h"\n', '\n');
    house.add('src/power/meter_test.cpp', '#include "base/error.h"\n');
    return ['src/rooms.txt:7: unused: found the edge from power to base'];
  },
  catches_a_circle_in_the_list: (house) => {
    house.configure();
    house.replace('src/rooms.txt', 'contract !freestanding : base\n', 'contract !freestanding : base power\n');
    house.configures = /contract names power, which does not stand above it/;
    return ['src/rooms.txt:5: order: found contract names power', 'src/rooms.txt:5: unused: found the edge from contract to power',
      'src/rooms.txt:5: freestanding: found contract names power'];
  },
  catches_a_source_that_ships_under_a_test_name: (house) => {
    house.write('src/cli/verb_bench.cpp', '#include "base/error.h"\n');
    house.add('src/cli/CMakeLists.txt', 'target_sources(torpor_cli PRIVATE verb_bench.cpp)\n');
    return ['src/cli/CMakeLists.txt:2: test-ships: found torpor_cli ships src/cli/verb_bench.cpp', 'src/cli/verb_bench.cpp:1: edge: found an include of "base/error.h"'];
  },
  catches_a_source_of_a_fake_that_ships: (house) => {
    house.write('src/power/fake/rail.cpp', '#include "power/fake/rail.h"\n');
    house.add('src/power/CMakeLists.txt', 'target_sources(torpor_power PRIVATE fake/rail.cpp)\n');
    return ['src/power/CMakeLists.txt:2: test-ships: found torpor_power ships src/power/fake/rail.cpp'];
  },
  catches_a_shipped_source_of_no_room: (house) => {
    house.write('extra/odd.cpp', '\n');
    house.add('src/cli/CMakeLists.txt', 'target_sources(torpor_cli PRIVATE ${PROJECT_SOURCE_DIR}/extra/odd.cpp)\n');
    return ['src/cli/CMakeLists.txt:2: homeless: found torpor_cli ships extra/odd.cpp'];
  },
  catches_a_search_path_that_hides_a_room: (house) => {
    house.add('src/cli/CMakeLists.txt', 'target_include_directories(torpor_cli PRIVATE ${PROJECT_SOURCE_DIR}/src/base)\n');
    return ['src/cli/CMakeLists.txt:2: search-path: found torpor_cli searches src/base for headers'];
  },
  catches_a_link_around_the_list: (house) => {
    house.add('src/base/posix/CMakeLists.txt', 'target_link_libraries(torpor_base_posix INTERFACE torpor_base)\n');
    house.write('src/base/posix/disk.cpp', '#include "base/posix/disk.h"\n');
    house.replace('src/base/posix/CMakeLists.txt', 'INTERFACE torpor_base', 'PUBLIC torpor_power');
    return ['src/base/posix/CMakeLists.txt:2: link: found base/posix links power',
      'src/base/posix/CMakeLists.txt:2: link: found base/posix links contract'];
  },
  catches_a_link_by_hand_to_what_only_an_edge_of_an_edge_brings: (house) => {
    house.add('src/cli/CMakeLists.txt', 'target_link_libraries(torpor_cli PRIVATE torpor_contract)\n');
    return ['src/cli/CMakeLists.txt:2: link: found cli links contract'];
  },
  catches_a_folder_that_is_no_room: (house) => {
    house.write('src/attic/old.h', '\n');
    house.write('src/power/deep/old.cpp', '\n');
    return ['src/attic/old.h:1: folder: found sources in src/attic', 'src/power/deep/old.cpp:1: folder: found sources in src/power/deep'];
  },
  catches_a_room_without_a_folder: (house) => {
    house.configure();
    house.add('src/rooms.txt', 'attic : base\n');
    house.configures = /src\/attic/;
    return ['src/rooms.txt:11: folder: found attic, which has no src/attic/CMakeLists.txt', 'src/rooms.txt:11: unused: found the edge from attic to base'];
  },
  catches_includes_that_are_relative_or_of_nothing: (house) => {
    house.add(kMeter, '#include "../base/error.h"\n#include "meter.h"\n#include "power/absent.h"\n#include "power/../base/posix/disk.h"\n#include <../base/posix/disk.h>\n');
    return [6, 7, 8, 9, 10].map((line) => `src/power/meter.cpp:${line}: unresolved: found`);
  },
  catches_includes_of_kernels_and_tables: (house) => {
    house.write('src/power/kernels.cu', '#include "base/posix/disk.h"\n');
    house.add('src/base/names.def', '#include "contract/contract.h"\n');
    return ['src/base/names.def:2: edge: found an include of "contract/contract.h"',
      'src/power/kernels.cu:1: edge: found an include of "base/posix/disk.h"'];
  },
  catches_a_public_header_that_nobody_needs: (house) => {
    house.replace('src/contract/CMakeLists.txt', 'PUBLIC contract.h', 'PUBLIC contract.h own.h');
    return ['src/contract/CMakeLists.txt:1: needless: found the public header own.h'];
  },
  catches_an_include_behind_a_carriage_return: (house) => {
    house.add(kMeter, '#include "base/posix/disk.h"\r\n');
    return ['src/power/meter.cpp:6: spelling: found an oddly written', 'src/power/meter.cpp:6: edge: found an include of "base/posix/disk.h"'];
  },
  catches_an_include_that_seems_to_be_in_a_comment_or_a_text: (house) => {
    const disk = '#include "base/posix/disk.h"\n';
    house.add(kMeter, `/* *\\\n/\n${disk}/* */\n#if 0\ndon't /*\n#endif\n${disk}/* */\n#inc\\ \nlude "base/posix/disk.h"\n`);
    return [8, 13, 15].map((line) => `src/power/meter.cpp:${line}: spelling: found an include in a comment or a text`);
  },
  catches_an_include_between_what_only_looks_like_a_text: (house) => {
    house.add(kMeter, 'auto a = XR"(";\n#include "base/posix/disk.h"\nauto b = XR")", c = u\'"\', *d = "/*";\n#include "base/posix/disk.h"\nauto e = "*/";\n');
    return [7, 9].map((line) => `src/power/meter.cpp:${line}: edge: found an include of "base/posix/disk.h"`);
  },
  catches_two_slashes_that_hide_a_room: (house) => {
    house.add(kMeter, '#include "base//posix/disk.h"\n');
    return ['src/power/meter.cpp:6: unresolved: found "base//posix/disk.h", which is no source of a room'];
  },
  catches_a_source_of_an_unknown_ending: (house) => {
    house.write('src/power/x.inl', '#include "base/posix/disk.h"\n');
    house.write('src/power/y.C', '\n');
    house.add(kMeter, '#include "power/x.inl"\n');
    house.add('src/power/CMakeLists.txt', 'target_sources(torpor_power PRIVATE y.C)\n');
    return ['src/power/CMakeLists.txt:2: ending: found torpor_power ships src/power/y.C', 'src/power/x.inl:1: ending', 'src/power/y.C:1: ending',
      'src/power/meter.cpp:6: unresolved: found "power/x.inl"'];
  },
  catches_links_in_the_file_system: (house) => {
    symlinkSync('../base/posix', join(house.root, 'src/power/x'));
    symlinkSync('../base/fake/clock.h', join(house.root, 'src/power/clock.h'));
    return ['src/power/clock.h:1: ending: found a link', 'src/power/x:1: ending: found a link'];
  },
  catches_a_room_that_hides_another_of_its_name: (house) => {
    house.replace('src/rooms.txt', 'power/fake ', 'power/base : \npower/fake ');
    house.write('src/power/base/CMakeLists.txt', 'torpor_room()\n');
    house.write('src/power/base/error.h', '\n');
    return ['src/power/meter.cpp:2: unresolved: found "base/error.h", which the compiler finds in src/power first'];
  },
  catches_a_search_path_beside_src: (house) => {
    house.add('src/cli/CMakeLists.txt', 'target_include_directories(torpor_cli PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/extra)\n');
    return ['src/cli/CMakeLists.txt:2: search-path: found torpor_cli searches the tree', 'src/cli/CMakeLists.txt:2: search-path: found torpor_cli searches extra'];
  },
  catches_an_option_that_includes_or_silences: (house) => {
    house.add('src/cli/CMakeLists.txt', 'target_compile_options(torpor_cli PRIVATE -include base/posix/disk.h)\ntarget_compile_options(torpor_cli PRIVATE -I../base/posix -Wno-unused-result)\n');
    return ['src/cli/CMakeLists.txt:'];
  },
  catches_a_source_of_another_room: (house) => {
    house.write('src/base/posix/disk.cpp', '#include "base/posix/disk.h"\n');
    house.add('src/power/CMakeLists.txt', 'target_sources(torpor_power PRIVATE ${PROJECT_SOURCE_DIR}/src/base/posix/disk.cpp)\n');
    return ['src/power/CMakeLists.txt:2: foreign: found torpor_power of power ships src/base/posix/disk.cpp'];
  },
  catches_a_fake_seen_by_a_generated_source: (house) => {
    house.add('src/power/CMakeLists.txt', 'set(made ${CMAKE_CURRENT_BINARY_DIR}/made.cpp)\nfile(WRITE ${made} "#include \\"power/fake/rail.h\\"\\n")\n' +
      'set_source_files_properties(${made} PROPERTIES GENERATED ON)\ntarget_sources(torpor_power PRIVATE ${made})\n');
    return ['build/src/power/made.cpp:1: test-seen: found an include of "power/fake/rail.h"'];
  },
  catches_a_test_that_is_installed_as_a_file: (house) => {
    house.add('src/mains/CMakeLists.txt', 'add_executable(sly ${PROJECT_SOURCE_DIR}/src/power/meter_test.cpp)\ninstall(PROGRAMS $<TARGET_FILE:sly> DESTINATION bin)\n');
    return ['src/mains/CMakeLists.txt:4: test-ships: found sly ships src/power/meter_test.cpp', 'src/base/fake/CMakeLists.txt:1: needless',
      'src/power/fake/CMakeLists.txt:1: needless', 'src/power/meter_test.cpp:'];
  },
  catches_a_second_list_of_edges: (house) => {
    house.add('src/cli/CMakeLists.txt', 'set(TORPOR_EDGES_mains cli power PARENT_SCOPE)\n');
    return ['src/cli/CMakeLists.txt:2: plan: found a list of rooms of its own'];
  },
  catches_a_line_of_the_plan_that_says_nothing: (house) => {
    house.configure();
    house.add('src/rooms.txt', 'attic !frestanding : base\n');
    house.configures = /expected 'room \[!freestanding\] : room room'/;
    return ["src/rooms.txt:11: plan: found 'attic !frestanding : base'"];
  },
};

const house = new House();
try {
  const expected = kCases[process.argv[2]](house);
  const configured = house.configure();
  const refused = house.configures;
  if (refused ? !refused.test(configured.said.replace(/\s+/g, ' ')) : configured.status !== 0) {
    throw new Error(`CMake said\n${configured.said}\nexpected ${refused ?? 'nothing'}`);
  }
  const { status, said } = house.check();
  const lines = said.split('\n').filter(Boolean);
  const missing = expected.filter((start) => !lines.some((line) => line.startsWith(start)));
  const further = lines.filter((line) => !expected.some((start) => line.startsWith(start)) && !line.startsWith('rooms: '));
  if (missing.length || further.length || status !== (expected.length ? 1 : 0)) {
    throw new Error(`exit ${status}\nexpected and not said:\n  ${missing.join('\n  ')}\nsaid and not expected:\n  ${further.join('\n  ')}`);
  }
} finally {
  house.remove('.');
}
