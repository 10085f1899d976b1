// SPDX-License-Identifier: Apache-2.0
// Errors that do not say what was expected, without a compiler.

// The end of the block that opens at `from`, past its brace.
function closing(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; ++at) {
    if ('{(['.includes(text[at])) ++depth;
    else if ('})]'.includes(text[at]) && --depth === 0) return at + 1;
  }
  return text.length;
}

function partsOf(text) {
  const parts = [];
  let depth = 0, from = 0;
  for (let at = 0; at <= text.length; ++at) {
    if ('{(['.includes(text[at])) ++depth;
    else if ('})]'.includes(text[at])) --depth;
    else if (at === text.length || (text[at] === ',' && depth === 0)) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return parts;
}

// `quoted`: comments gone, texts in quotes kept. Each: {line, reason}.
export function* vagueErrors(quoted) {
  // No brace or comma of a text counts; an empty text stays one.
  const code = quoted.replace(/"((?:\\.|[^"\\\n])*)"|(?<!\w)'(?:\\.|[^'\\\n])+'/g, (text) => (text.length <= 2 ? text : text[0] + 'x'.repeat(text.length - 2) + text[0]));
  for (const start of code.matchAll(/\bError(\s+\w+)?\s*\{/g)) {
    const open = start.index + start[0].length - 1;
    const end = closing(code, open);
    const parts = partsOf(code.slice(open + 1, end - 1));
    const reason = /\bReason::(\w+)/.exec(parts[0])?.[1];
    if (!reason) continue;
    const named = parts[0].startsWith('.');
    const expected = named ? parts.find((part) => part.startsWith('.expected')) : parts[3];
    if (expected && !/^(\{\}|"")$/.test(expected)) continue;
    // One with a name may be told until its function ends; one without, until its statement does.
    const stop = code.indexOf(start[1] ? '\n}\n' : ';', end);
    if (/\.want\s*\(|\bexpected\b/.test(code.slice(end, stop < 0 ? code.length : stop))) continue;
    yield { line: code.slice(0, start.index).split('\n').length, reason };
  }
}
