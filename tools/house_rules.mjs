// SPDX-License-Identifier: Apache-2.0
// node tools/house_rules.mjs TREE
//
// The rules of the house that a machine can hold: lengths, calls that have a better, names
// of assertions and of types, who may see the operating system. One line a finding; exit 1 if there is one. A line that must break a rule
// says so behind itself: // house: RULE, because REASON
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { functionsOf } from './house/functions.mjs';
import { kSystemHeader, kSystemRooms } from './house/system.mjs';
import { typesOf } from './house/types.mjs';
import { includesOf, sources, withoutComments } from './rooms/includes.mjs';

const kFileLines = 400;
const kFunctionLines = 70;
// What stands in for the world, or judges: it may trap, wait and read clocks.
const kTest = /_(test|fuzz|bench)\.\w+$|\/fake\/|^(deploy|tools)\//;
const call = (names) => new RegExp(`(?<![\\w.]|->|::)(?:::\\s*)?(?:std\\s*::\\s*)?(?:${names})\\s*\\(`);

// `except`: paths below which the rule does not hold. Rules of `tests` hold for tests too.
const kBanned = [
  { rule: 'text', tests: true, pattern: call('strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets'), instead: 'FixedString (base/fixed_string.h) or fmt::format' },
  { rule: 'number', tests: true, pattern: call('atoi|atol|atoll|atof'), instead: 'std::from_chars, which says when there is no number' },
  { rule: 'number', pattern: call('strto(?:l|ul|ll|ull|d|f|ld)|sto(?:i|l|ul|ll|ull|d|f)'), instead: 'std::from_chars, which says when there is no number' },
  { rule: 'random', tests: true, pattern: call('rand|srand|random_shuffle'), instead: 'a seeded generator (tests, simulator) or the seam to real randomness' },
  { rule: 'clock', except: ['src/base/posix/'], pattern: /(?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&)|_clock::now\b|\b(?:clock_gettime|gettimeofday)\s*\(/,
    instead: 'the Clock that is handed in (base/clock.h)' },
  { rule: 'sleep', except: ['src/base/posix/', 'src/demo/', 'src/cli/demo_verb.cpp'], pattern: /\b(?:sleep_for|usleep|nanosleep|clock_nanosleep)\s*\(|this_thread::sleep_until|(?<![\w.>])::sleep\s*\(/,
    instead: 'a deadline in the Wait of a Step (base/role.h)' },
  { rule: 'exit', except: ['src/mains/', 'src/base/assertion.cpp'], pattern: call('exit|_exit|_Exit|quick_exit|abort'), instead: 'an Error handed to the caller; for a bug TORPOR_ASSERT (base/assertion.h)' },
  { rule: 'assert', tests: true, pattern: call('assert'), instead: 'TORPOR_ASSERT (base/assertion.h), which is on in release' },
  { rule: 'trap', except: ['src/base/'], pattern: /\b__builtin_trap\s*\(/, instead: 'TORPOR_ASSERT (base/assertion.h), which says what did not hold' },
  { rule: 'flush', tests: true, pattern: /\bstd::endl\b/, instead: "'\\n'" },
  { rule: 'digraph', tests: true, pattern: /<%|%>|%:/, instead: 'the brace or the # itself, which every check reads' },
  { rule: 'silence', except: ['src/train/learn/network.cpp'], pattern: /#\s*pragma\s+GCC\s+(?:diagnostic|system_header)|_Pragma\s*\(/, instead: 'code that the compiler has nothing to say of' },
  { rule: 'swallow', tests: true, pattern: /\bcatch\s*\(\s*\.\.\.\s*\)\s*\{\s*\}/, instead: 'a catch that turns what came into an Error' },
];

const root = resolve(process.argv[2]);
const files = ['src', 'deploy', 'tools', 'examples'].flatMap((top) => sources(join(root, top)).map((path) => `${top}/${path}`));
const findings = [];
const report = (file, line, rule, found, expected, todo) => findings.push(`${file}:${line}: ${rule}: found ${found}; expected ${expected}. To do: ${todo}.`);

function checkLengths(file, text, code) {
  const lines = text.split('\n').length - 1;
  if (lines > kFileLines) report(file, lines, 'file-length', `${lines} lines`, `at most ${kFileLines}`, 'part it by what its halves are about');
  for (const { line, lines: length, name } of functionsOf(code)) {
    if (length === Infinity) report(file, line, 'braces', `${name}, whose brace nothing closes`, 'each brace closed, in each branch of an #if', 'write the whole function, or no brace, in a branch');
    else if (length > kFunctionLines) report(file, line, 'function-length', `${name}() of ${length} lines`, `at most ${kFunctionLines}`, 'part it by what its steps are called');
  }
}

function checkCalls(file, text, code) {
  const written = text.split('\n');
  for (const { rule, tests, except = [], pattern, instead } of kBanned) {
    if ((!tests && kTest.test(file)) || except.some((path) => file.startsWith(path))) continue;
    for (const found of code.matchAll(new RegExp(pattern, 'g'))) {
      const line = code.slice(0, found.index).split('\n').length;
      if (new RegExp(`// house: ${rule}, because \\S`).test(written[line - 1])) continue;
      report(file, line, rule, found[0].trim().replace(/\s+/g, ' '), `no such call`, `use ${instead}`);
    }
  }
}

// An answer may be passed over only by someone who has thought of it: the reason stands on the
// line or within the three above.
function checkDropped(file, text, code) {
  if (kTest.test(file)) return;
  const written = text.split('\n');
  for (const found of code.matchAll(/(?:\(void\)|static_cast<void>\()\s*[\w:*&>.(-]*\(/g)) {
    const line = code.slice(0, found.index).split('\n').length;
    if (written[line - 1].startsWith('#define') || written.slice(Math.max(0, line - 4), line).some((one) => one.includes('//'))) continue;
    report(file, line, 'dropped', `${found[0]}..), whose answer is dropped without a word`, 'the reason in a comment above it', 'say why nobody needs the answer, or use it');
  }
}

// Where each TORPOR_ASSERT stands, and the text that ends it.
function* assertionsOf(quoted) {
  for (const start of quoted.matchAll(/\bTORPOR_ASSERT\s*\(/g)) {
    const token = /"((?:\\.|[^"\\])*)"|(?<!\w)'(?:\\.|[^'\\])+'|[()]/g;
    token.lastIndex = start.index + start[0].length;
    let name = '';
    for (let depth = 1, at; depth > 0 && (at = token.exec(quoted));) {
      if (at[0] === '(') ++depth;
      else if (at[0] === ')') --depth;
      else name = at[1] ?? name;
    }
    yield { name, line: quoted.slice(0, start.index).split('\n').length };
  }
}

const assertions = new Map();

function checkAssertions(file, quoted) {
  if (kTest.test(file) || file === 'src/base/assertion.h') return;
  for (const { name, line } of assertionsOf(quoted)) {
    if (!/^[a-z0-9_]+\.[a-z0-9_]+$/.test(name)) {
      report(file, line, 'assertion', `the name "${name}"`, '"room.fact_in_words"', 'name the room and the fact');
    } else if (assertions.has(name)) {
      report(file, line, 'assertion', `the name "${name}", which ${assertions.get(name)} has`, 'a name unique in the tree', 'say what this one holds');
    } else {
      assertions.set(name, `${file}:${line}`);
    }
  }
}

const types = new Map();

// One name, one thing: of two a reader takes one for the other, and where both are linked, so
// may the linker.
function checkTypes(file, code) {
  if (!file.startsWith('src/')) return;
  for (const { name, line } of typesOf(code)) {
    if (types.has(name)) report(file, line, 'type-name', `a second ${name}, beside that of ${types.get(name)}`, 'a name unique over src', 'say what this one is');
    else types.set(name, `${file}:${line}`);
  }
}

// A source that sees the operating system cannot be stepped, and compiles on one alone.
function checkSystem(file) {
  if (!file.startsWith('src/') || kTest.test(file)) return;
  for (const { line, path } of includesOf(join(root, file))) {
    if (!path || !kSystemHeader.test(path) || kSystemRooms.some(({ at }) => file.startsWith(at))) continue;
    report(file, line, 'system', `<${path}>`, 'it only where tools/house/system.mjs says', 'use the seam (base/files.h, base/clock.h, base/link.h, base/system_tree.h), or name the place there with its reason');
  }
}

for (const file of files) {
  const text = readFileSync(join(root, file), 'utf8');
  const quoted = withoutComments(text);
  const code = quoted.replace(/"(?:\\[\s\S]|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'/g, (found) => found[0] + found[0] + found.slice(2).replace(/[^\n]/g, ' '));
  checkLengths(file, text, code);
  checkCalls(file, text, code);
  checkDropped(file, text, code);
  checkAssertions(file, quoted);
  checkTypes(file, code);
  checkSystem(file);
}
for (const line of findings) console.log(line);
if (findings.length === 0) console.log(`house: ${files.length} files, ${assertions.size} assertions`);
process.exit(findings.length === 0 ? 0 : 1);
