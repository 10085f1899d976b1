// SPDX-License-Identifier: Apache-2.0
// The classes, structs, unions and enums that a C++ source defines for others, without a compiler:
// those of a namespace that has a name.

const kType = /(?:^|\s)(?:enum\s+(?:class|struct)|enum|class|struct|union)\s+(?:\[\[[^\]]*\]\]\s*)*(?:alignas\s*\([^)]*\)\s*)?([A-Za-z_]\w*)\s*(?:final\s*)?(?:$|:(?!:))/;

// `text` holds no comment and no text in quotes. Each type: {name, line}. A member of a class is
// named with its class, a type of an unnamed namespace is seen by its own file alone, and what is
// only declared is defined elsewhere: none of them is here.
export function typesOf(text) {
  const found = [];
  const stack = [];  // 'named', 'unnamed', 'other'
  let head = 0;
  const code = text.replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, (directive) => directive.replace(/[^\n]/g, ' '));
  for (let at = 0; at < code.length; ++at) {
    if (code[at] === ';') {
      head = at + 1;
    } else if (code[at] === '{') {
      const words = code.slice(head, at).trim();
      const space = /^(?:inline\s+)?namespace\b\s*([\w:]*)$/.exec(words);
      const type = space ? null : kType.exec(words);
      if (type && stack.every((kind) => kind === 'named')) found.push({ name: type[1], line: code.slice(0, at).split('\n').length });
      stack.push(space ? (space[1] ? 'named' : 'unnamed') : 'other');
      head = at + 1;
    } else if (code[at] === '}') {
      stack.pop();
      head = at + 1;
    }
  }
  return found;
}
