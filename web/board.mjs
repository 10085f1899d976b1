// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Puts the fleet board, the chart library and the runbooks into one folder of static files:
//   node board.mjs SOURCE_DIR NODE_MODULES OUT
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [source, modules, out] = process.argv.slice(2);
const { marked } = createRequire(`${modules}/`)("marked");
rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/runbooks`, { recursive: true });

const board = `${source}/web/board`;
for (const name of readdirSync(board)) copyFileSync(`${board}/${name}`, `${out}/${name}`);
copyFileSync(`${source}/web/page/page.css`, `${out}/page.css`);
for (const name of ["uPlot.esm.js", "uPlot.min.css"]) copyFileSync(`${modules}/uplot/dist/${name}`, `${out}/${name}`);
copyFileSync(`${modules}/uplot/LICENSE`, `${out}/uPlot.LICENSE`);

const runbooks = `${source}/docs/runbooks`;
for (const name of readdirSync(runbooks)) {
  const title = name.replace(/\.md$/, "");
  const body = marked.parse(readFileSync(`${runbooks}/${name}`, "utf8"))
    .replace(/<code>(Torpor\w+)<\/code>/g, (all, other) => (other === title ? all : `<a href="${other}.html">${other}</a>`));
  writeFileSync(`${out}/runbooks/${title}.html`, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${title}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="../page.css"><link rel="stylesheet" href="../board.css"></head>
<body><main class="runbook"><p class="who"><a href="../">torpor fleet</a></p>
${body}</main></body></html>
`);
}
