// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/pack.h"

#include <algorithm>

#include "eval/metrics.h"
#include "sensor/recording/resampler.h"

namespace torpor::eval {

std::vector<const Recording*> PackMachine::of(Split split) const {
  std::vector<const Recording*> out;
  for (const Recording& r : recordings)
    if (r.split == split) out.push_back(&r);
  return out;
}

std::vector<PackMachine> machines_of(const Manifest& manifest) {
  std::vector<PackMachine> machines;
  for (const Recording& r : manifest.recordings()) {
    // O(rows x machines): a pack has some hundred rows.
    const std::string name = r.dataset + "/" + r.machine;
    auto found = std::find_if(machines.begin(), machines.end(), [&](const PackMachine& m) {
      const Recording& first = m.recordings.front();
      return m.name == name && first.rate_hz == r.rate_hz && first.channels == r.channels;
    });
    if (found == machines.end()) found = machines.insert(machines.end(), PackMachine{name, {}});
    found->recordings.push_back(r);
  }
  for (PackMachine& m : machines)
    // Stable: rows of one time stay as the manifest lists them, so results can be repeated.
    std::stable_sort(m.recordings.begin(), m.recordings.end(),
                     [](const Recording& a, const Recording& b) { return a.t0_s < b.t0_s; });
  return machines;
}

Result<RecordedSamples> load(const Manifest& manifest, const Recording& recording,
                             const LoadOptions& options) {
  TORPOR_TRY(auto samples, read_recording(manifest, recording));
  if (options.rate_hz <= 0 || options.rate_hz == samples.rate_hz) return samples;
  return resample(samples, options.rate_hz);
}

WindowPlan training_plan(double window_s, double recording_s) {
  // Of fewer more is made by overlap, and weighed as what it covers (docs/evaluation.md).
  return {window_s, recording_s >= 40 * window_s ? window_s : window_s / 4};
}
WindowPlan test_plan(double window_s) { return {window_s, window_s / 2}; }

WindowList SplitWindows::all() const {
  return where([](std::size_t) { return true; });
}

WindowList SplitWindows::where(const std::function<bool(std::size_t)>& keep) const {
  WindowList out;
  for (const MeasuredWindow& w : windows)
    if (keep(w.recording)) out.push_back(&w);
  return out;
}

Result<SplitWindows> measure_split(Measurer& measurer, const Manifest& manifest, const PackMachine& machine,
                                   Split split, const LoadOptions& options, double running) {
  SplitWindows out;
  for (std::size_t i = 0; i < machine.recordings.size(); ++i) {
    const Recording& recording = machine.recordings[i];
    if (recording.split != split) continue;
    TORPOR_TRY(const auto samples, load(manifest, recording, options));
    const WindowPlan plan = split == Split::train_healthy
                                ? training_plan(options.window_s, recording.duration_s())
                                : test_plan(options.window_s);
    TORPOR_TRY(auto windows, measurer.measure(samples, recording, i, plan));
    for (MeasuredWindow& w : windows) out.windows.push_back(std::move(w));
  }
  // Of training itself nothing is dropped yet: what "running" is comes from these windows (running = 0).
  drop_standing_still(out, running);
  return out;
}

double running_rms(const SplitWindows& training) {
  std::vector<double> rms;
  for (const MeasuredWindow& w : training.windows) rms.push_back(w.rms);
  // Not the mean: a machine that stands most of the time is still found running.
  return rms.empty() ? 0 : quantile(rms, 0.8);
}

void drop_standing_still(SplitWindows& windows, double running) {
  windows.standing_still +=
      std::erase_if(windows.windows, [=](const MeasuredWindow& w) { return w.rms < running / 5; });
}

}  // namespace torpor::eval
