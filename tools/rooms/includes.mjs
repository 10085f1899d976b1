// SPDX-License-Identifier: Apache-2.0
// The sources below src/ and what they include, as a compiler would see it: comments and
// spliced lines do not hide an include, a raw string does not make one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const kSource = /\.(h|hh|hpp|hxx|c|cc|cpp|cxx|cu|cuh|def|inc|ipp|tpp)$/;
// What else may lie below src/.
const kOther = /(^|\/)(CMakeLists|rooms)\.txt$|\.(bundle|maintenance|in)$/;

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

// What lies below `top` and is neither a source nor known as something else: {path, link}.
// A link has two names, so no rule about names holds it.
export function strays(top, folder = '') {
  return (existsSync(top) ? readdirSync(join(top, folder), { withFileTypes: true }) : []).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return strays(top, path);
    return entry.isSymbolicLink() || !(kSource.test(path) || kOther.test(path)) ? [{ path, link: entry.isSymbolicLink() }] : [];
  });
}

// The text with comments and the insides of raw strings blanked, each line on its own line.
export function withoutComments(text) {
  const token = /(?<!\w)(?:u8|[uUL])?R"([^\s()\\"]{0,16})\([\s\S]*?\)\1"|"(?:\\[\s\S]|[^"\\\n])*"|(?<!\w)(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'|\/\/(?:\\\n|[^\n])*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => {
    if (found.startsWith('//') || found.startsWith('/*')) return found.replace(/[^\n]+/g, ' ');
    return /^\w*R"/.test(found) ? `""${found.replace(/[^\n]/g, '')}` : found;
  });
}

// The lines that a compiler may read as an include, whatever stands around them: one that
// withoutComments() takes for a comment or a text is not lost through a mistake of ours.
function* likeIncludes(text) {
  let line = 1;
  for (const spliced of text.match(/(?:\\[ \t\r]*\n|[^\n])*\n?/g)) {
    if (/^(?:\s|\/\*.*?\*\/)*(?:#|%:|\?\?=)(?:\s|\/\*.*?\*\/)*(?:include|include_next|import)\b/.test(spliced.replace(/\\[ \t\r]*\n/g, ''))) yield line;
    line += spliced.split('\n').length - 1;
  }
}

// Each include of one file: {line, path, angled, plain, hidden}. `plain` is false where it is
// not written `#include "path"` or `#include <path>`; path is null where a macro makes it.
// `hidden` is one that seems to stand in a comment or a text.
export function includesOf(file) {
  const text = readFileSync(file, 'utf8');
  const written = text.split('\n');
  const like = new Set(likeIncludes(text));
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
    const directive = /^\s*(?:#|%:)\s*(?:include|include_next|import)\b([^]*)$/.exec(spliced) ??
                      /^\s*(?:export\s+)?import\s*([<"][^]*)$/.exec(spliced);
    spliced = '';
    if (!directive) return;
    like.delete(start);
    const name = /^\s*(?:<([^>]+)>|"([^"]+)")/.exec(directive[1]);
    found.push({ line: start, path: name ? name[1] ?? name[2] : null, angled: name?.[1] !== undefined,
      plain: /^#include (<[^>]+>|"[^"]+")( *\/\/.*)?$/.test(written[start - 1]) });
  });
  return [...found, ...[...like].map((line) => ({ line, path: null, hidden: true }))];
}
