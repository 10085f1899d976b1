// SPDX-License-Identifier: Apache-2.0
// node tools/test/docs_commands.mjs TREE BUILD
//
// Every command that the README, docs and runbooks show is run against what is shipped: BUILD is
// installed into a directory, the units' own command lines are run there as a robot's roles, and
// then each command of a document, its paths moved below that directory. What cannot be run here
// stands in kElsewhere with its reason; verbs and flags of torpor are judged by --help all the
// same. A command that no rule knows is an error, and so is a path below /etc/torpor or
// /var/lib/torpor that is not there.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [tree, build] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), 'torpor_docs_'));
const usr = join(root, 'usr');
const work = join(root, 'work');
const read = (file) => readFileSync(join(tree, file), 'utf8');
const problems = [];
let judged = 0;

// What a document shows and this test does not run: a pattern, and why.
const kElsewhere = [
  [/^torpor (eval|demo|bench) .*/, 'needs recordings, or minutes'],
  [/^torpor model plan .*/, 'needs an engine built by TensorRT'],
  [/^torpor telemetry decommission .*/, 'the example site tells no server; cli tests run it'],
  [/^torpor baseline (accept|reset) .*/, 'needs a robot that has learned; duty tests run it'],
  [/^torpor maintenance apply .*/, 'needs a robot with that alarm; cli tests run it'],
  [/^torpor-train\b/, 'built by tools/dev train only'],
  [/^(dmesg|top|ping|timedatectl|fuser)\b/, 'the operating system speaks, not we'],
  [/^cat \/sys\//, 'a machine that can suspend'],
  [/^(curl|victoria-metrics|vmalert|vmstorage|vminsert|vmselect|trtexec|cmake)\b/, 'a program of others'],
  [/^node tools\/floors\.mjs$/, 'tools/dev check runs it'],
];
const kPrograms =
  'torpor|torpord|torpor-sampler|torpor-infer|torpor-train|tools/dev|systemctl|journalctl|cat|dmesg|top|ping|' +
  'timedatectl|fuser|curl|victoria-metrics|vmalert|vmstorage|vminsert|vmselect|trtexec|cmake|node';
const isCommand = new RegExp(`^(${kPrograms})( |$)`);

// Fenced and indented blocks line by line, then what stands between backticks.
function commandsOf(text) {
  const found = [];
  const lines = (block) => {
    for (const line of block.replace(/\\\n\s*/g, ' ').split('\n')) found.push(line.replace(/\s+#.*$/, '').trim());
  };
  let rest = text.replace(/^```\w*\n([\s\S]*?)^```/gm, (_, block) => (lines(block), ''));
  rest = rest.replace(/(?:^ {4}.*\n)+/gm, (block) => (lines(block), ''));
  for (const [, code] of rest.matchAll(/`([^`]+)`/g)) found.push(code.replace(/\s+/g, ' '));
  return found.flatMap((line) => line.split(' && ')).filter((line) => isCommand.test(line) && !line.includes('('));
}

const moved = (text) =>
  text.replace(/(^|[\s"'=:])\/(etc|var|run)\//g, `$1${root}/$2/`).replace(/(^|[\s"'=:])\/usr\//g, `$1${usr}/`);
const wordsOf = (line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]);
const help = new Map();
function helpOf(program, verbs) {
  const key = [program, ...verbs].join(' ');
  if (!help.has(key)) {
    const asked = spawnSync(join(usr, 'bin', program), [...verbs, '--help'], { encoding: 'utf8' });
    help.set(key, asked.status === 0 ? asked.stdout : null);
  }
  return help.get(key);
}

// The verbs a line begins with, `a|b` standing for each; then its flags against --help.
function judgeWords(line) {
  const [program, ...words] = wordsOf(line);
  let verbs = [[]];
  for (const word of words) {
    if (!/^[a-z]+(\|[a-z]+)*$/.test(word)) break;
    const next = verbs.flatMap((before) => word.split('|').map((one) => [...before, one]));
    // The first word that is no verb is an argument.
    if (next.some((one) => helpOf(program, one) === null)) {
      if (verbs[0].length === 0 || /subcommands?:/i.test(helpOf(program, verbs[0]) ?? '')) return `no verb '${word}'`;
      break;
    }
    verbs = next;
  }
  for (const one of verbs) {
    const text = helpOf(program, one);
    if (text === null) return `${program} ${one.join(' ')} --help fails`;
    for (const [flag] of line.matchAll(/--[a-z][a-z-]*/g))
      if (!text.includes(flag)) return `'${one.join(' ')}' has no ${flag}`;
  }
  return null;
}

const section = (unit, name) =>
  [...read(`deploy/systemd/${unit}`).replace(/\\\n\s*/g, ' ').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]);
const role = (unit, more) => {
  const [program, ...words] = wordsOf(moved(section(unit, 'ExecStart')[0].replace('${TORPOR_SOURCE}', 'sim:7')));
  return spawn(program, [...words, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
};
const ended = (child) =>
  new Promise((resolve) => {
    let said = '';
    child.stderr.on('data', (piece) => (said += piece));
    child.on('close', (code) => resolve({ code, said }));
  });
async function rolesEndWith(code, more) {
  const sampler = ended(role('torpor-sampler.service', ['--speed', '100']));
  const detector = ended(role('torpord.service', ['--speed', '100', ...more]));
  for (const one of [await sampler, await detector])
    if (one.code !== code) throw new Error(`a role of the shipped units ended with ${one.code}: ${one.said}`);
}

// A robot as the units have it: two cycles of a good contract, then a start that is refused.
async function makeRobot() {
  execFileSync('cmake', ['--install', build, '--prefix', usr], { stdio: 'ignore' });
  const torpor = (...words) => execFileSync(join(usr, 'bin/torpor'), words, { cwd: work, stdio: 'pipe' });
  for (const directory of ['etc/torpor', 'run/torpor', 'work']) mkdirSync(join(root, directory), { recursive: true });
  for (const unit of ['torpord.service', 'torpor-sampler.service'])
    for (const state of section(unit, 'StateDirectory')[0].split(' '))
      mkdirSync(join(root, 'var/lib', state), { recursive: true });
  cpSync(join(usr, 'share/doc/torpor/examples'), join(work, 'examples'), { recursive: true });
  torpor('key', 'new', '--out', 'keys');
  const key = readdirSync(join(work, 'keys')).find((name) => name.endsWith('.key')).slice(0, -4);
  const sign = (sequence, out) =>
    torpor('contract', 'sign', 'examples/demo.toml', '--key', `keys/${key}.key`, '--sequence', sequence,
      '--not-before', '2026-01-01T00:00:00Z', '--expires', '+90d', '--out', out);
  sign('1', 'old.bundle');
  sign('2', 'new.bundle');
  cpSync(join(work, 'new.bundle'), join(work, 'firmware.bundle'));
  const etc = (name) => join(root, 'etc/torpor', name);
  writeFileSync(etc('site.toml'), read('examples/site.toml'), { mode: 0o644 });
  writeFileSync(etc('trust'), readFileSync(join(work, 'keys', `${key}.pub`)), { mode: 0o644 });
  writeFileSync(etc('robot.bundle'), readFileSync(join(work, 'new.bundle')), { mode: 0o644 });
  await rolesEndWith(0, ['--cycles', '2']);
  writeFileSync(etc('robot.bundle'), readFileSync(join(work, 'old.bundle')), { mode: 0o644 });
  await rolesEndWith(78, []);  // older than what ran: rolled back
  writeFileSync(etc('robot.bundle'), readFileSync(join(work, 'new.bundle')), { mode: 0o644 });
  return key;
}

function judge(line, key) {
  const [program, ...words] = wordsOf(line);
  if (program === 'tools/dev') {
    const word = words.find((one) => /^[a-z0-9]+$/.test(one));
    return !word || new RegExp(`^  ([a-z0-9 |]*\\| )?${word}( \\||\\))`, 'm').test(read('tools/dev')) ? null : `no word '${word}'`;
  }
  if (program === 'systemctl' || program === 'journalctl') {
    const units = words.filter((word) => /^torpor[a-z-]*$/.test(word));
    const missing = units.find((unit) => !existsSync(join(tree, 'deploy/systemd', `${unit}.service`)));
    if (missing) return `no unit ${missing}`;
    return program === 'systemctl' && !/^(start|stop|restart|status)$/.test(words[0]) ? `systemctl ${words[0]}?` : null;
  }
  if (/^torpor/.test(program) && program !== 'torpor-train') {
    const wrong = judgeWords(line);
    if (wrong) return wrong;
    // Only words: a verb that is talked about, or a flag of it.
    if (!words.some((word) => /[/.]|^[A-Z]/.test(word))) return null;
  }
  for (const path of line.matchAll(/\/(?:etc|var\/lib)\/torpor\/[^\s"':,]*/g))
    if (!existsSync(join(root, path[0]))) return `${path[0]} is not there`;
  if (kElsewhere.some(([pattern]) => pattern.test(line))) return null;
  if (!/^(torpor|cat)$/.test(program)) return 'no rule knows this command';
  const ran = spawnSync('sh', ['-c', moved(line).replaceAll('KEYID', key).replace('ALARM_ID', 'amr-0173/wheel/1/300')
    .replace('--sequence N', '--sequence 1').replace(/ DIR$/, ' fresh')],
    { cwd: work, encoding: 'utf8', env: { ...process.env, PATH: `${usr}/bin:${process.env.PATH}` } });
  // The doctor answers like a monitoring plug-in: 1 and 2 are findings about this machine.
  const good = program === 'torpor' && words[0] === 'doctor' ? 2 : 0;
  return ran.status <= good ? null : `ended with ${ran.status}: ${ran.stderr.trim()}`;
}

try {
  const key = await makeRobot();
  const documents = ['README.md', 'CONTRIBUTING.md'];
  for (const folder of ['docs', 'docs/runbooks'])
    for (const name of readdirSync(join(tree, folder)))
      if (name.endsWith('.md')) documents.push(`${folder}/${name}`);
  const shown = documents.map((file) => [file, commandsOf(read(file))]);
  // Every example that the programs print, too.
  const verbs = [...read('src/cli/verbs.def').matchAll(/^TORPOR_VERB\((\w+)\)/gm)].map((m) => m[1]);
  for (const verb of verbs) helpOf('torpor', [verb]);
  for (const verb of verbs)
    for (const [, sub] of (helpOf('torpor', [verb]) ?? '').split(/subcommands:/i)[1]?.matchAll(/^ {2}([a-z]+) {2,}/gm) ?? [])
      helpOf('torpor', [verb, sub]);
  for (const program of ['torpord', 'torpor-sampler']) helpOf(program, []);
  for (const [name, text] of [...help]) {
    for (const path of (text ?? '').matchAll(/\/(?:etc|var\/lib)\/torpor[^\s"':,]*/g))
      if (!existsSync(join(root, path[0]))) problems.push(`${name} --help: ${path[0]} is not there`);
  }
  for (const [file, commands] of shown)
    for (const line of commands) {
      ++judged;
      const wrong = judge(line, key);
      if (wrong) problems.push(`${file}: ${line}: ${wrong}`);
    }
  if (judged < 100) problems.push(`only ${judged} commands found: is the reader of documents broken?`);
} catch (error) {
  problems.push(String(error.message));
} finally {
  rmSync(root, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(`${judged} commands judged, ${problems.length} wrong`);
process.exit(problems.length === 0 ? 0 : 1);
