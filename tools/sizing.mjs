// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// What a fleet costs a Prometheus and a VictoriaMetrics on this machine: docs/sizing.md.
//   node sizing.mjs BIN_DIR [ROBOTS ..]
// Each figure comes from a server of its own on loopback, started with what deploy/ holds
// and ended by its process id. The robots are `fleet-load`: it shares the machine.
import { spawn, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";

const [bin, ...sizes] = process.argv.slice(2);
const scratch = mkdtempSync(`${tmpdir()}/torpor-sizing-`);
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});
const bytesIn = (path) => statSync(path).isFile() ? statSync(path).size
  : readdirSync(path).reduce((sum, name) => sum + bytesIn(`${path}/${name}`), 0);

const engines = {
  Prometheus: {
    program: "/usr/bin/prometheus",
    ready: "/-/ready",
    arguments: (directory, port) => {
      cpSync("deploy/prometheus/torpor.rules.yml", `${directory}/torpor.rules.yml`);
      writeFileSync(`${directory}/prometheus.yml`,
        "global: {evaluation_interval: 15s}\nrule_files: [torpor.rules.yml]\nstorage: {tsdb: {out_of_order_time_window: 14d}}\n");
      return [`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/data`,
        "--web.enable-remote-write-receiver", "--web.enable-admin-api", `--web.listen-address=127.0.0.1:${port}`];
    },
    // What lies in blocks, once everything of the head is in one.
    stored: async (url, directory) => {
      await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: "POST" });
      return bytesIn(`${directory}/data/snapshots`);
    },
  },
  VictoriaMetrics: {
    program: "/usr/bin/victoria-metrics",
    ready: "/health",
    arguments: (directory, port) =>
      [`-storageDataPath=${directory}/data`, `-httpListenAddr=127.0.0.1:${port}`, "-retentionPeriod=1y"],
    stored: async (url, directory) => {
      await fetch(`${url}/internal/force_flush`);
      await fetch(`${url}/internal/force_merge`);
      await new Promise((done) => setTimeout(done, 5000));
      return bytesIn(`${directory}/data/data`) + bytesIn(`${directory}/data/indexdb`);
    },
  },
};

async function withServer(name, use) {
  const engine = engines[name];
  const directory = mkdtempSync(`${scratch}/server-`);
  const port = await freePort();
  mkdirSync(`${directory}/data`);
  const child = spawn(engine.program, engine.arguments(directory, port), { stdio: "ignore" });
  children.add(child);
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} does not start`);
    const answer = await fetch(url + engine.ready).catch(() => null);
    if (answer?.ok) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  const result = await use({ url, directory, pid: child.pid });
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
  children.delete(child);
  rmSync(directory, { recursive: true, force: true });
  return result;
}

const load = ({ url, directory, pid }, robots, more) => JSON.parse(execFileSync(`${bin}/fleet-load`,
  ["--url", `${url}/api/v1/write`, "--robots", robots, "--pid", pid, "--data", `${directory}/data`, ...more].map(String),
  { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));

const kDayRobots = 100;
const kLiveSeconds = 60;
console.log(`${cpus().length} x ${cpus()[0].model.trim()}; fleet-load runs on the same machine\n`);
for (const name of Object.keys(engines)) {
  if (!existsSync(engines[name].program)) {
    console.log(`${name}: not installed`);
    continue;
  }
  console.error(`${name}: a day of ${kDayRobots} robots`);
  const day = await withServer(name, async (server) => {
    const sent = load(server, kDayRobots, ["--history", 24 * 60]);
    return { ...sent, stored: await engines[name].stored(server.url, server.directory) };
  });
  const perDay = day.stored / kDayRobots;
  console.log(`${name}: ${(perDay / 1e6).toFixed(2)} MB per robot-day on disk `
    + `(${(day.stored / day.history_samples).toFixed(2)} bytes a sample); `
    + `takes ${day.history_samples_per_s} samples/s of history from one sender\n`);
  console.log("| robots | requests/s | samples/s | CPU, cores | RSS, MiB | answered in, median / p99 ms | refused | disk a day, GB |");
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const robots of (sizes.length ? sizes : [400, 4000, 20000]).map(Number)) {
    console.error(`${name}: ${robots} robots for ${kLiveSeconds} s`);
    const live = await withServer(name, (server) => load(server, robots, ["--history", 2, "--seconds", kLiveSeconds]));
    console.log(`| ${robots} | ${live.requests_per_s} | ${live.samples_per_s} | ${live.server_cpu_cores.toFixed(2)} | `
      + `${live.server_rss_mib} | ${live.median_ms} / ${live.p99_ms} | ${live.failures} | ${(robots * perDay / 1e9).toFixed(1)} |`);
  }
  console.log("");
}
