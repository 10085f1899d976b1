// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Puts the page's template, style and script and the chart library into one C++ file:
//   node embed.mjs PAGE_DIR NODE_MODULES OUT.cpp
// The places marked @@..@@ that are left are filled at run time (view/page.cpp).
import { readFileSync, writeFileSync } from "node:fs";

const [pageDir, modules, out] = process.argv.slice(2);
const read = (path) => readFileSync(path, "utf8");
const version = JSON.parse(read(`${modules}/uplot/package.json`)).version;
const notice = read(`${modules}/uplot/LICENSE`).trim();

const parts = {
  CHART_CSS: `/* uPlot ${version} */\n${read(`${modules}/uplot/dist/uPlot.min.css`)}`,
  CSS: read(`${pageDir}/page.css`),
  CHART_JS: `/*\nuPlot ${version}\n\n${notice}\n*/\n${read(`${modules}/uplot/dist/uPlot.iife.min.js`)}`,
  JS: read(`${pageDir}/page.js`),
};
let page = read(`${pageDir}/page.html`);
for (const [name, text] of Object.entries(parts)) {
  if (/<\/(script|style)/i.test(text)) throw new Error(`${name} would end its element`);
  if (!page.includes(`@@${name}@@`)) throw new Error(`page.html has no place for ${name}`);
  page = page.split(`@@${name}@@`).join(text);
}

// One literal per line of the page; bytes beyond ASCII as octal, three digits each.
const literal = (line) =>
  '"' +
  [...Buffer.from(line, "utf8")]
    .map((b) => {
      const c = String.fromCharCode(b);
      if (c === '"' || c === "\\") return "\\" + c;
      if (c === "?") return "\\?"; // no trigraphs
      return b < 32 || b > 126 ? "\\" + b.toString(8).padStart(3, "0") : c;
    })
    .join("") +
  '\\n"';
writeFileSync(
  out,
  `// Made by web/embed.mjs from web/page and uPlot ${version}; not committed.\n` +
    '#include "view/page_shell.h"\n\nnamespace torpor {\n\nconst char kPageShell[] =\n' +
    page.trimEnd().split("\n").map(literal).join("\n") +
    ";\nconst unsigned long kPageShellSize = sizeof(kPageShell) - 1;\n\n}  // namespace torpor\n",
);
