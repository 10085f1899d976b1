// SPDX-License-Identifier: Apache-2.0
// The functions of a C++ source and their lengths, without a compiler: a function is the
// outermost block that is neither a namespace nor a type nor an initialiser.

// `text` holds no comment and no text in quotes. Each function: {line, lines, name}, from the
// line of its signature to its closing brace.
export function functionsOf(text) {
  const found = [];
  const stack = [];  // 'scope', 'function', 'other'
  let head = 0;      // where what stands before the next brace begins
  // The function that just closed: a constructor's body follows the braces of its members.
  let wasFunction = false;
  let lastStart = 0;
  let lastWords = '';
  const code = text.replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, (directive) => directive.replace(/[^\n]/g, ' '));
  for (let at = 0; at < code.length; ++at) {
    const letter = code[at];
    if (letter === ';' && parens(code.slice(head, at)) === 0) {
      head = at + 1;
      wasFunction = false;
    } else if (letter === '{') {
      const words = code.slice(head, at);
      const outside = stack.every(({ kind }) => kind === 'scope');
      const kind = outside ? kindOf(words, wasFunction) : 'other';
      const continues = kind === 'function' && wasFunction && !words.includes('(');
      const start = continues ? lastStart : head + /^\s*/.exec(words)[0].length;
      stack.push({ kind, start, words: continues ? lastWords : words });
      head = at + 1;
      wasFunction = false;
    } else if (letter === '}') {
      const block = stack.pop();
      if (block?.kind === 'function') {
        const line = lineOf(code, block.start);
        found.push({ line, lines: lineOf(code, at) - line + 1, name: nameOf(block.words) });
        lastStart = block.start;
        lastWords = block.words;
      }
      if (block) wasFunction = block.kind === 'function';
      head = at + 1;
    }
  }
  // What is left open (a brace in each branch of an #if) hides all behind it.
  for (const { start, words } of stack.slice(0, 1)) found.push({ line: lineOf(code, start), lines: Infinity, name: nameOf(words) });
  return found;
}

const lineOf = (text, at) => text.slice(0, at).split('\n').length;
const parens = (text) => [...text].reduce((depth, c) => depth + (c === '(' ? 1 : c === ')' ? -1 : 0), 0);
const nameOf = (words) => /([\w:~]+)\s*\(/.exec(words)?.[1] ?? words.trim().slice(0, 40);

// `afterBlock`: right behind a block taken for a function.
function kindOf(words, afterBlock) {
  const plain = words.replace(/template\s*<[^{};]*?>\s*(?=\w)/g, '').trim();
  if (/^(inline\s+)?namespace\b|^extern\s+""/.test(plain) || /(^|[\s;])(class|struct|union|enum)\s[^()=]*$/.test(plain)) return 'scope';
  if (/=\s*\[[^\]]*\]\s*$/.test(plain)) return 'function';  // a lambda that takes nothing
  if (/=\s*(\[[^\]]*\])?[\w:<>, ]*$/.test(plain) || /\]$/.test(plain)) return 'other';
  if (plain.includes('(')) return 'function';
  return afterBlock && (plain === '' || plain.startsWith(',')) ? 'function' : 'other';
}
