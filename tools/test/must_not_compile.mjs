// SPDX-License-Identifier: Apache-2.0
// What must not compile, and why not. A group is one source:
//   ... what is right ...
//   #ifdef MUST_NOT_COMPILE
//   // NOT fact_in_words: a piece of the expected diagnostic
//   ... the lines of this case ...
//   #endif
//
// node must_not_compile.mjs group SOURCE OUT COMPILER FLAG..
//   The group without its cases compiles (so a broken include path fails here and cannot
//   make every case "pass"); with them it does not, and what the compiler says goes to OUT.
// node must_not_compile.mjs case SOURCE OUT FACT
//   Among what OUT says of this case's lines stands the expected piece.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [what, source, out, ...rest] = process.argv.slice(2);

function fail(text) {
  console.error(text);
  process.exit(1);
}

function compileGroup([compiler, ...flags]) {
  const compile = (...more) => spawnSync(compiler, [...flags, '-fsyntax-only', '-fdiagnostics-color=never', ...more, source],
    { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 26 });
  const control = compile();
  if (control.status !== 0) fail(`${source}: found what is right refused:\n${control.stderr}`);
  const broken = compile('-DMUST_NOT_COMPILE', '-fmax-errors=0');
  if (broken.status !== 1) fail(`${source}: found its cases accepted, expected none to compile`);
  writeFileSync(out, broken.stderr);
}

// A diagnostic belongs to a case where it, or what it was required from, names one of its lines.
function judgeCase([fact]) {
  const lines = readFileSync(source, 'utf8').split('\n');
  const from = lines.findIndex((line) => line.startsWith(`// NOT ${fact}: `));
  if (from < 0) fail(`${source}: there is no case ${fact}`);
  const expected = lines[from].slice(`// NOT ${fact}: `.length);
  const length = lines.slice(from + 1).findIndex((line) => /^(\/\/ NOT |#endif)/.test(line));
  const said = [];
  let mine = false;
  for (const line of readFileSync(out, 'utf8').split('\n')) {
    const place = /^(\S+?):(\d+):\d+: /.exec(line);
    if (place?.[1] === source) mine = Number(place[2]) > from && Number(place[2]) <= from + 1 + length;
    else if (place === null && /^(In file included|\S+: In )/.test(line)) mine = false;
    if (mine && /: error: /.test(line)) said.push(line);
  }
  if (!said.some((line) => line.includes(expected))) {
    fail(`${source}:${from + 1}: ${fact}: found\n  ${said.join('\n  ') || 'no error'}\nexpected an error with\n  ${expected}`);
  }
}

if (what === 'group') compileGroup(rest);
else judgeCase(rest);
