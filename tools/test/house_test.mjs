// SPDX-License-Identifier: Apache-2.0
// node house_test.mjs CASE: plants one break of a house rule in a small tree and sees it
// caught: at its line, with the better way named, and nothing else said. CMakeLists.txt reads
// the names of the cases from here.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const kTree = new URL('../..', import.meta.url).pathname;
const lines = (n) => '  step();\n'.repeat(n);
const one = (call, rule, better) => () => ({ files: { 'src/power/meter.cpp': `void f() {\n  ${call}\n}\n` }, expected: [['src/power/meter.cpp:2', rule, better]] });
// The same in a test: allowed.
const fine = (path, call) => () => ({ files: { [path]: `void f() {\n  ${call}\n}\n` }, expected: [] });

const kCases = {
  lets_a_sound_tree_pass: () => ({
    files: {
      'src/power/meter.cpp': `// strcpy(, rand( and assert( in a comment; "std::endl" in a text
const char* kText = "atoi(x) std::endl abort() {";
struct Meter {
  Meter() : a_{1}, b_{2} {
${lines(60)}  }
  int time() const { return clock_.time(0) + exit_code(2) + app.exit(3); }
};
constexpr int kTable[] = {
${'    1,\n'.repeat(90)}};
void f() {
${lines(68)}}
void g() { TORPOR_ASSERT(a("x") == ')', "power.one"); TORPOR_ASSERT(b < 100'000, "power.two"); }
`,
    },
    expected: [],
  }),
  catches_a_function_of_71_lines: () => ({
    files: { 'src/power/meter.cpp': `namespace torpor {\n\nint Meter::read(int a,\n                int b) {\n${lines(68)}}\n}\n` },
    expected: [['src/power/meter.cpp:3', 'function-length', 'Meter::read() of 71 lines; expected at most 70']],
  }),
  catches_a_long_constructor_behind_the_braces_of_its_members: () => ({
    files: { 'src/power/meter.h': `struct Meter {\n  Meter(int a) : a_{a},\n      b_{2} {\n${lines(70)}  }\n};\n` },
    expected: [['src/power/meter.h:2', 'function-length', 'Meter() of 73 lines']],
  }),
  catches_a_long_test: () => ({
    files: { 'src/power/meter_test.cpp': `TEST(Meter, reads) {\n${lines(70)}}\n` },
    expected: [['src/power/meter_test.cpp:1', 'function-length', 'TEST() of 72 lines']],
  }),
  catches_a_file_of_401_lines: () => ({
    files: { 'src/power/meter.h': '\n'.repeat(401) },
    expected: [['src/power/meter.h:401', 'file-length', '401 lines; expected at most 400']],
  }),
  catches_strcpy: one('strcpy(to, from);', 'text', 'FixedString'),
  catches_sprintf: one('std::sprintf(to, "%d", 1);', 'text', 'fmt::format'),
  catches_atoi: one('int n = std::atoi(text);', 'number', 'std::from_chars'),
  catches_strtol: one('long n = ::strtol(text, nullptr, 10);', 'number', 'std::from_chars'),
  catches_an_answer_dropped_without_a_word: one('(void)device.release();', 'dropped', 'the reason in a comment'),
  catches_an_answer_cast_away_without_a_word: one('static_cast<void>(peer->send(slept));', 'dropped', 'the reason in a comment'),
  lets_an_answer_go_for_a_reason: fine('src/power/meter.cpp', '// Nobody is left to be told.\n  (void)device.release();'),
  catches_rand: one('int n = rand() % 6;', 'random', 'a seeded generator'),
  catches_time_of_nobody: one('auto t = std::time(nullptr);', 'clock', 'the Clock that is handed in'),
  catches_system_clock: one('auto t = std::chrono::system_clock::now();', 'clock', 'the Clock that is handed in'),
  catches_steady_clock: one('auto t = steady_clock::now();', 'clock', 'the Clock that is handed in'),
  catches_sleep_for: one('std::this_thread::sleep_for(span);', 'sleep', 'a deadline in the Wait'),
  catches_usleep: one('::usleep(5);', 'sleep', 'a deadline in the Wait'),
  catches_exit: one('std::exit(1);', 'exit', 'an Error handed to the caller'),
  catches_abort: one('if (!ok) abort();', 'exit', 'TORPOR_ASSERT'),
  catches_assert: one('assert(ok);', 'assert', 'TORPOR_ASSERT'),
  catches_a_trap: one('if (!ok) __builtin_trap();', 'trap', 'TORPOR_ASSERT'),
  catches_a_call_by_its_full_name: one('if (n>1) ::std::exit(1);', 'exit', 'an Error'),
  catches_a_call_behind_an_operator: one('return n>exit(1);', 'exit', 'an Error'),
  catches_clock_nanosleep: one('::clock_nanosleep(id, 0, &t, nullptr);', 'sleep', 'a deadline in the Wait'),
  catches_a_digraph: one('if (ok) <% g(); }', 'digraph', 'the brace'),
  catches_a_silenced_warning: one('#pragma GCC diagnostic ignored "-Wunused-result"', 'silence', 'nothing to say'),
  catches_a_long_lambda_that_takes_nothing: () => ({
    files: { 'src/power/meter.cpp': `const auto f = [] {\n${lines(70)}};\n` },
    expected: [['src/power/meter.cpp:1', 'function-length', 'of 72 lines']],
  }),
  catches_a_brace_that_hides_what_follows: () => ({
    files: { 'src/power/meter.cpp': '#if A\nvoid f(int) {\n#else\nvoid f(long) {\n#endif\n}\n' },
    expected: [['src/power/meter.cpp:2', 'braces', 'f, whose brace nothing closes']],
  }),
  catches_endl: one('out << std::endl;', 'flush', "'\\n'"),
  catches_a_swallowed_exception: one('try { g(); } catch (...) {}', 'swallow', 'turns what came into an Error'),
  lets_a_test_read_a_clock: fine('src/power/meter_test.cpp', 'auto t = steady_clock::now();'),
  lets_a_fake_sleep: fine('src/power/fake/rail.cpp', '::usleep(5);'),
  lets_the_seam_read_the_clock: fine('src/base/posix/posix_clock.cpp', '::clock_gettime(id, &t);'),
  lets_a_main_exit: fine('src/mains/torpor.cpp', 'std::exit(1);'),
  lets_a_reason_excuse_its_line: fine('src/power/meter.cpp', 'std::exit(1);  // house: exit, because a child of fork() owns no destructors'),
  lets_no_reason_excuse_another_rule: () => ({
    files: { 'src/power/meter.cpp': 'void f() { ::usleep(5); }  // house: exit, because of this\nvoid g() { std::exit(1); }  // house: exit, because\n' },
    expected: [['src/power/meter.cpp:1', 'sleep', 'a deadline'], ['src/power/meter.cpp:2', 'exit', 'an Error']],
  }),
  catches_a_type_whose_name_another_has: () => ({
    files: {
      'src/base/a.h': 'namespace torpor {\nclass Judge final : public Base {\n  struct Part { int a; };\n};\nenum class Kind : int { one };\n}\n',
      'src/power/b.h': 'namespace torpor::power {\nstruct Part { int b; };\ntemplate <class T>\nstruct Judge {\n};\n}\n',
    },
    expected: [['src/power/b.h:4', 'type-name', 'a second Judge, beside that of src/base/a.h:2']],
  }),
  lets_types_be_declared_anywhere_and_named_alike_where_nobody_else_sees_them: () => ({
    files: {
      'src/base/a.h': 'namespace torpor {\nclass Judge;\nstruct Judge { int a; };\nJudge made(struct Judge* x) { return {}; }\n}\n',
      'src/power/b.cpp': 'namespace torpor {\nclass Judge;\nnamespace {\nstruct Judge { int b; };\n}\nstruct Meter::State { int c; };\nvoid f() { struct Judge { int d; }; }\n}\n',
      'src/power/c.cpp': 'namespace torpor {\nstruct Other::State { int c; };\n}\n',
    },
    expected: [],
  }),
  catches_the_operating_system_in_a_room_that_has_a_seam: () => ({
    files: { 'src/duty/detector.cpp': '// #include <poll.h>\n#include <vector>\n#include <unistd.h>\n#include <sys/socket.h>\n#include <csignal>\n' },
    expected: [['src/duty/detector.cpp:3', 'system', '<unistd.h>'], ['src/duty/detector.cpp:4', 'system', 'use the seam'], ['src/duty/detector.cpp:5', 'system', 'tools/house/system.mjs']],
  }),
  lets_the_seams_and_tests_see_the_operating_system: () => ({
    files: { 'src/base/posix/disk.cpp': '#include <fcntl.h>\n', 'src/duty/detector_test.cpp': '#include <unistd.h>\n', 'src/power/fake/rail.h': '#include <sys/stat.h>\n' },
    expected: [],
  }),
  catches_a_name_of_two_assertions: () => ({
    files: { 'src/base/a.cpp': 'void f() { TORPOR_ASSERT(a(1) > 2, "base.fact"); }\n', 'src/power/b.cpp': '\nvoid f() {\n  TORPOR_ASSERT(b,\n    "base.fact");\n}\n' },
    expected: [['src/power/b.cpp:3', 'assertion', '"base.fact", which src/base/a.cpp:1 has']],
  }),
  catches_a_name_that_is_no_fact: () => ({
    files: { 'src/base/a.cpp': 'void f() { TORPOR_ASSERT(a == "b", "Broken!"); }\n' },
    expected: [['src/base/a.cpp:1', 'assertion', '"Broken!"; expected "room.fact_in_words"']],
  }),
};

const root = mkdtempSync(join(tmpdir(), 'torpor-house-'));
try {
  const { files, expected } = kCases[process.argv[2]]();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  let said = '', status = 0;
  try {
    said = execFileSync(process.execPath, [join(kTree, 'tools/house_rules.mjs'), root], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    said = error.stdout + error.stderr;
    status = error.status;
  }
  const found = said.split('\n').filter((line) => line && !line.startsWith('house: '));
  const matches = (line, [at, rule, words]) => line.startsWith(`${at}: ${rule}: `) && line.includes(words);
  if (found.length !== expected.length || !expected.every((want, i) => matches(found[i], want)) || status !== (expected.length ? 1 : 0)) {
    throw new Error(`exit ${status}, said:\n${said}\nexpected:\n${expected.map((want) => want.join(' ')).join('\n')}`);
  }
} finally {
  rmSync(root, { recursive: true });
}
