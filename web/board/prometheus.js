// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// The HTTP API of the server this page comes from: PREFIX/user/torpor/ -> PREFIX/api/v1/.
const api = new URL("../../api/v1/", location.href);
const PATIENCE_MS = 20_000;

async function ask(path, values) {
  const url = new URL(path, api);
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(values),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (cause) {
    throw new Error(cause.name === "TimeoutError" ? "Prometheus does not answer" : "Prometheus cannot be reached", { cause });
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok || !body || body.status !== "success")
    throw new Error("Prometheus says: " + ((body && body.error) || answer.status + " " + answer.statusText));
  return body.data.result;
}

// [{labels, value}] now.
export async function query(text) {
  return (await ask("query", { query: text })).map((s) => ({ labels: s.metric, value: Number(s.value[1]) }));
}
// [{labels, points: [[s, value]]}]: the samples as they were written.
export async function samples(selector, hours) {
  return points(await ask("query", { query: `${selector}[${hours}h]` }));
}
export async function range(text, hours, stepSeconds) {
  const end = Math.floor(Date.now() / 1000 / stepSeconds) * stepSeconds; // so that several ranges share their times
  return points(await ask("query_range", { query: text, start: end - hours * 3600, end, step: stepSeconds }));
}
const points = (result) => result.map((s) => ({ labels: s.metric, points: s.values.map(([t, v]) => [t, Number(v)]) }));

// A label value inside double quotes.
export const quoted = (text) => JSON.stringify(text);
