// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "eval/windows.h"
#include "sensor/recording/manifest.h"

// A data pack as machines. Any pack with a MANIFEST.csv of the known format.
namespace torpor::eval {

// Rows that may share a baseline: same data set, machine, rate and channels. In order of
// t0_s, else as listed.
struct PackMachine {
  std::string name;  // "dataset/machine"
  std::vector<Recording> recordings;
  std::vector<const Recording*> of(Split split) const;
};
std::vector<PackMachine> machines_of(const Manifest& manifest);

struct LoadOptions {
  double window_s = 1;
  double rate_hz = 0;  // resample to it; 0 = as recorded
};

// Reads a row, resampled if asked for.
Result<RecordedSamples> load(const Manifest& manifest, const Recording& recording,
                             const LoadOptions& options);

// Training windows: hop of a whole window where a recording holds at least 40 of them,
// else a quarter. Test windows: half a window.
WindowPlan training_plan(double window_s, double recording_s);
WindowPlan test_plan(double window_s);

// Measured windows of all rows of one split, numbered by their place in
// machine.recordings. Windows in which the machine stands still are left out: RMS below a
// fifth of `running_rms`.
struct SplitWindows {
  std::vector<MeasuredWindow> windows;
  std::size_t standing_still = 0;
  WindowList all() const;
  WindowList where(const std::function<bool(std::size_t recording)>& keep) const;
};
Result<SplitWindows> measure_split(Measurer& measurer, const Manifest& manifest, const PackMachine& machine,
                                   Split split, const LoadOptions& options, double running_rms);

// The 80 % quantile of RMS over training windows; what "running" is measured against. 0 where there
// is none: then nothing can stand still.
double running_rms(const SplitWindows& training);
// Takes out of training windows those below a fifth of it.
void drop_standing_still(SplitWindows& windows, double running_rms);

}  // namespace torpor::eval
