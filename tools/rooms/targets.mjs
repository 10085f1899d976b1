// SPDX-License-Identifier: Apache-2.0
// What CMake made of the tree, from its file API (codemodel v2): the targets of a configured
// build, what each links, what is installed. CMake answers only a query that lay there when
// it started; cmake/TorporRoom.cmake leaves one, so that only a first configure has no answer.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';

// Where the CMakeLists.txt line stands that led to a backtrace's node: macros and functions
// of cmake/ are passed over, so that the line is one that somebody of a room wrote.
function place(graph, node) {
  let line = { file: graph?.files?.[0] ?? 'CMakeLists.txt', line: 1 };
  for (let at = node; at !== undefined; at = graph.nodes[at].parent) {
    const { file, line: number } = graph.nodes[at];
    line = { file: graph.files[file], line: number ?? 1 };
    if (line.file.endsWith('CMakeLists.txt')) break;
  }
  return line;
}

// {targets: id -> target, shipped: Set of ids}. A target: {id, name, type, folder (relative to
// the tree), artifacts, sources: [{path, generated, at}], links: [{id, at}] (with whatever
// CMake passes on), linked: [artifact], includes: [{path, at}],
// options: [{text, at}]}; paths are relative to the
// tree where they lie in it.
export function readTargets(root, build) {
  const reply = join(build, '.cmake/api/v1/reply');
  if (!existsSync(reply)) execFileSync('cmake', [build], { stdio: ['ignore', 'ignore', 'inherit'] });
  const read = (file) => JSON.parse(readFileSync(join(reply, file), 'utf8'));
  const index = read(readdirSync(reply).filter((name) => name.startsWith('index-')).sort().at(-1));
  const model = read(index.reply['codemodel-v2'].jsonFile);
  const inTree = (path) => (isAbsolute(path) ? relative(root, path) : path);
  const targets = new Map();
  const installed = new Set();
  const copied = new Set();  // files that install(FILES) and install(PROGRAMS) name
  const configuration = model.configurations[0];
  for (const { jsonFile } of configuration.targets) {
    const raw = read(jsonFile);
    const at = (node) => place(raw.backtraceGraph, node);
    targets.set(raw.id, {
      id: raw.id, name: raw.name, type: raw.type, folder: inTree(join(root, raw.paths.source)),
      artifacts: (raw.artifacts ?? []).map(({ path }) => path),
      sources: (raw.sources ?? []).map((source) => ({ path: inTree(source.path), generated: source.isGenerated ?? false,
        at: at(source.backtrace) })),
      links: (raw.dependencies ?? []).map(({ id, backtrace }) => ({ id, at: at(backtrace) })),
      linked: (raw.link?.commandFragments ?? [])
        .flatMap(({ fragment }) => fragment.split(/[\s,]+/)).map((word) => (isAbsolute(word) ? relative(build, word) : word)),
      includes: (raw.compileGroups ?? []).flatMap((group) => (group.includes ?? []).map(({ path, backtrace }) => ({
        path: inTree(path), at: at(backtrace) }))),
      options: (raw.compileGroups ?? []).flatMap((group) => (group.compileCommandFragments ?? []).map(({ fragment, backtrace }) => ({
        text: fragment, at: at(backtrace) }))),
    });
  }
  for (const { jsonFile } of configuration.directories) {
    for (const installer of read(jsonFile).installers ?? []) {
      if (installer.type === 'target') installed.add(installer.targetId);
      for (const path of installer.type === 'file' ? installer.paths : []) copied.add(relative(build, resolve(root, path.from ?? path)));
    }
  }
  for (const target of targets.values()) if (target.artifacts.some((path) => copied.has(path))) installed.add(target.id);
  return { targets, shipped: withLibraries(targets, installed) };
}

// What is installed, and every target whose artifact one of them links.
function withLibraries(targets, installed) {
  const byArtifact = new Map();
  for (const target of targets.values()) for (const path of target.artifacts) byArtifact.set(path, target.id);
  const shipped = new Set(installed);
  for (const id of installed) {
    for (const path of targets.get(id).linked) if (byArtifact.has(path)) shipped.add(byArtifact.get(path));
  }
  // Object libraries leave no artifact in a link line.
  for (const id of shipped) {
    for (const link of targets.get(id).links) if (targets.get(link.id)?.type === 'OBJECT_LIBRARY') shipped.add(link.id);
  }
  return shipped;
}
