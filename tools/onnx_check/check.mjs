// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// usage: node check.mjs CASE_DIR
// Runs the exported model in ONNX Runtime and compares with our logits. The graph holds the
// same steps as our kernels; sums of floats are rounded elsewhere, and now and then a value
// falls on the other side of a step. Hence two bounds, in units of the spread of the logits:
// the typical difference (RMS) and the largest of all. A model of a seed has weights of no
// meaning, which carry a step further than trained ones do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

const dir = process.argv[2];
const facts = JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8'));
const [RMS_BOUND, LARGEST_BOUND] = facts.trained ? [0.005, 0.05] : [0.03, 0.2];
const floats = (name) => {
  const bytes = readFileSync(join(dir, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};
const band = floats('band.f32');
const global = floats('global.f32');
const ours = floats('logit.f32');

const feeds = (sets) => ({
  band: new ort.Tensor('float32', band.subarray(0, sets * 32 * 94), [sets, 32, 94]),
  global: new ort.Tensor('float32', global.subarray(0, sets * 14), [sets, 14]),
});

const mean = ours.reduce((a, b) => a + b, 0) / ours.length;
const spread = Math.sqrt(ours.reduce((a, b) => a + (b - mean) ** 2, 0) / ours.length);

let bad = false;
for (const level of ['disabled', 'all']) {
  const session = await ort.InferenceSession.create(join(dir, 'model.onnx'), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: level,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const { logit } = await session.run(feeds(facts.sets));
  let squares = 0;
  let largest = 0;
  let equal = 0;
  logit.data.forEach((theirs, i) => {
    const difference = Math.abs(theirs - ours[i]);
    squares += difference ** 2;
    largest = Math.max(largest, difference);
    if (difference < 1e-5 * spread) ++equal;
  });
  const rms = Math.sqrt(squares / ours.length) / spread;
  largest /= spread;
  let best = Infinity;
  const batch = feeds(facts.batch);
  for (let i = 0; i < 20; ++i) {
    const start = performance.now();
    await session.run(batch);
    best = Math.min(best, performance.now() - start);
  }
  const good = rms <= RMS_BOUND && largest <= LARGEST_BOUND;
  bad ||= !good;
  console.log(
    `${good ? 'ok' : 'FAILED'}: ONNX Runtime, optimisation ${level}: ${ours.length} logits, ` +
      `difference RMS ${rms.toExponential(2)} (bound ${RMS_BOUND}), largest ${largest.toExponential(2)} ` +
      `(bound ${LARGEST_BOUND}) of their spread ${spread.toFixed(3)}; ${equal} equal to 1e-5`,
  );
  console.log(
    `    batch of ${facts.batch}: ONNX Runtime ${best.toFixed(2)} ms, torpor ${facts.batch_ms.toFixed(2)} ms ` +
      `(${facts.kernels}), ratio ${(best / facts.batch_ms).toFixed(2)}`,
  );
}
process.exit(bad ? 1 : 0);
