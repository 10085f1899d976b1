// SPDX-License-Identifier: Apache-2.0
// The sources below src/ and what they include, as a compiler would see it: comments and
// spliced lines do not hide an include, a raw string does not make one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const kSource = /\.(h|hh|hpp|hxx|c|cc|cpp|cxx|cu|cuh|def|inc|ipp|tpp)$/;

// Paths of all sources below `top`, relative to it.
export function sources(top, folder = '') {
  const found = [];
  for (const entry of existsSync(top) ? readdirSync(join(top, folder), { withFileTypes: true }) : []) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...sources(top, path));
    else if (kSource.test(entry.name)) found.push(path);
  }
  return found.sort();
}

// The text with comments and the insides of raw strings blanked, each line on its own line.
export function withoutComments(text) {
  const token = /R"([^\s()\\"]{0,16})\([\s\S]*?\)\1"|"(?:\\[\s\S]|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'|\/\/(?:\\\n|[^\n])*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => {
    if (found.startsWith('//') || found.startsWith('/*')) return found.replace(/[^\n]+/g, ' ');
    return found.startsWith('R"') ? `""${found.replace(/[^\n]/g, '')}` : found;
  });
}

// Each include of one file: {line, path, angled, plain}. `plain` is false where it is not
// written `#include "path"` or `#include <path>`; path is null where a macro makes it.
export function includesOf(file) {
  const text = readFileSync(file, 'utf8');
  const written = text.split('\n');
  const found = [];
  let spliced = '';
  let start = 1;
  withoutComments(text).split('\n').forEach((part, index) => {
    if (spliced === '') start = index + 1;
    spliced += part;
    if (spliced.endsWith('\\')) {
      spliced = spliced.slice(0, -1);
      return;
    }
    const directive = /^\s*(?:#|%:)\s*(?:include|include_next|import)\b(.*)$/.exec(spliced) ??
                      /^\s*(?:export\s+)?import\s*([<"].*)$/.exec(spliced);
    spliced = '';
    if (!directive) return;
    const name = /^\s*(?:<([^>]+)>|"([^"]+)")/.exec(directive[1]);
    found.push({ line: start, path: name ? name[1] ?? name[2] : null, angled: name?.[1] !== undefined,
      plain: /^#include (<[^>]+>|"[^"]+")( *\/\/.*)?$/.test(written[start - 1]) });
  });
  return found;
}
