// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "features/raw.h"
#include "sensor/recording/recording_reader.h"

// Recordings cut into the windows that a robot would take, and measured. Measuring does
// not depend on a baseline, so every window is measured once however many baselines and
// thresholds are tried.
namespace torpor::eval {

struct WindowPlan {
  double window_s = 1;
  double hop_s = 1;
};

// One window of one recording.
struct MeasuredWindow {
  std::vector<RawFeatures> raw;  // sub-frames of axis 0, then of axis 1, ..
  std::uint32_t axes = 0;
  float shaft_hz = 0;                 // 0 = not stated
  std::size_t recording = 0;          // the caller's number
  std::uint64_t first = 0, last = 0;  // samples of the recording, [first, last)
  double t_s = 0;                     // machine's own time at its end
  double rms = 0;                     // of all axes together, means removed

  std::size_t per_axis() const { return axes == 0 ? 0 : raw.size() / axes; }
  [[nodiscard]] bool overlaps(const MeasuredWindow& other) const {
    return recording == other.recording && first < other.last && other.first < last;
  }
};

using WindowList = std::vector<const MeasuredWindow*>;

// Where windows lie in a recording: sample ranges per channel. With blocks a window is a
// whole number of blocks (at least one), as many as come nearest to window_s, and so is
// the hop; it never begins or ends inside a block.
struct Range {
  std::uint64_t first = 0, last = 0;
};
std::vector<Range> plan_windows(const RecordedSamples& recording, const WindowPlan& plan);

// Keeps extractors by rate. One thread.
class Measurer {
 public:
  // `recorded` gives rpm, t0 and block period; `samples` may be a resampled or mixed
  // version of it. Errors: features_too_short, features_too_long.
  Result<std::vector<MeasuredWindow>> measure(const RecordedSamples& samples, const Recording& recorded,
                                              std::size_t number, const WindowPlan& plan);
  // As one window, whatever its length.
  Result<std::vector<MeasuredWindow>> measure_whole(const RecordedSamples& samples,
                                                    const Recording& recorded);

 private:
  Result<std::vector<MeasuredWindow>> measure(const RecordedSamples& samples, const Recording& recorded,
                                              std::size_t number, const std::vector<Range>& ranges);
  std::map<std::pair<std::uint32_t, bool>, FeatureExtractor> extractors_;
};

using WindowList = std::vector<const MeasuredWindow*>;

}  // namespace torpor::eval
