// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/windows.h"

#include <algorithm>
#include <cmath>

#include "features/subframes.h"

namespace torpor::eval {
namespace {

double rms_of(std::span<const std::int16_t> interleaved, std::uint32_t axes, double scale) {
  double total = 0;
  const std::size_t n = interleaved.size() / axes;
  for (std::uint32_t axis = 0; axis < axes; ++axis) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double v = interleaved[i * axes + axis];
      sum += v;
      square += v * v;
    }
    const double count = static_cast<double>(n);
    // The variance may come out a hair below 0 for a constant.
    total += std::max(0.0, square / count - sum / count * (sum / count));
  }
  return scale * std::sqrt(total);
}

}  // namespace

std::vector<Range> plan_windows(const RecordedSamples& recording, const WindowPlan& plan) {
  std::vector<Range> ranges;
  const std::uint64_t n = recording.samples_per_channel();
  auto whole = [](double x) {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(x)));
  };
  // Blocks have pauses between them: a window across a border would hold a jump.
  if (recording.block_starts.size() > 1) {
    const auto& starts = recording.block_starts;
    // By the first block: a recording's blocks are all of one length.
    const double block_s = static_cast<double>(starts[1]) / recording.rate_hz;
    const std::uint64_t blocks = whole(plan.window_s / block_s), hop = whole(plan.hop_s / block_s);
    for (std::uint64_t b = 0; b + blocks <= starts.size(); b += hop)
      ranges.push_back({starts[b], b + blocks < starts.size() ? starts[b + blocks] : n});
    return ranges;
  }
  const std::uint64_t length = whole(plan.window_s * recording.rate_hz),
                      hop = whole(plan.hop_s * recording.rate_hz);
  for (std::uint64_t at = 0; at + length <= n; at += hop) ranges.push_back({at, at + length});
  return ranges;
}

Result<std::vector<MeasuredWindow>> Measurer::measure(const RecordedSamples& samples,
                                                      const Recording& recorded, std::size_t number,
                                                      const WindowPlan& plan) {
  return measure(samples, recorded, number, plan_windows(samples, plan));
}

Result<std::vector<MeasuredWindow>> Measurer::measure_whole(const RecordedSamples& samples,
                                                            const Recording& recorded) {
  const std::uint64_t n = samples.samples_per_channel();
  return measure(samples, recorded, 0, n == 0 ? std::vector<Range>{} : std::vector<Range>{{0, n}});
}

Result<std::vector<MeasuredWindow>> Measurer::measure(const RecordedSamples& samples,
                                                      const Recording& recorded, std::size_t number,
                                                      const std::vector<Range>& ranges) {
  const auto rate_mhz = static_cast<std::uint32_t>(std::lround(samples.rate_hz * 1000));
  const bool speed_known = recorded.rpm > 0;
  const std::size_t subframe = subframe_samples(rate_mhz);
  // Preparing an extractor costs .3 ms and tables (docs/features.md): once per rate, however many
  // recordings.
  const auto key = std::make_pair(rate_mhz, speed_known);
  if (!extractors_.contains(key)) {
    TORPOR_TRY(auto made, FeatureExtractor::prepare(rate_mhz, subframe,
                                                    speed_known ? FeatureExtractor::Speed::known
                                                                : FeatureExtractor::Speed::unknown));
    extractors_.emplace(key, std::move(made));
  }
  FeatureExtractor& extractor = extractors_.at(key);

  std::vector<MeasuredWindow> out;
  if (ranges.empty()) return out;
  SubFrameCutter cutter(subframe, ranges[0].last - ranges[0].first);
  std::vector<std::uint32_t> starts;
  const auto scale = static_cast<float>(samples.scale);
  for (const Range& range : ranges) {
    starts.clear();
    for (std::uint64_t s : samples.block_starts)
      if (s >= range.first && s < range.last) starts.push_back(static_cast<std::uint32_t>(s - range.first));
    // A window that begins inside a block begins with a piece of it.
    if (starts.empty() || starts[0] != 0) starts.insert(starts.begin(), 0);
    Window view;
    view.rate_mhz = rate_mhz;
    view.axes = samples.channels;
    view.samples =
        std::span(samples.samples)
            .subspan(range.first * samples.channels, (range.last - range.first) * samples.channels);
    view.block_starts = starts;

    MeasuredWindow window;
    window.axes = samples.channels;
    window.shaft_hz = static_cast<float>(recorded.rpm / 60);
    window.recording = number;
    window.first = range.first;
    window.last = range.last;
    // Blocks begun up to the window's end, times their distance: the pauses between them are part of a
    // machine's time.
    const double blocks_before = static_cast<double>(
        std::upper_bound(samples.block_starts.begin(), samples.block_starts.end(), range.last - 1) -
        samples.block_starts.begin());
    window.t_s = recorded.t0_s + (recorded.block_len > 0 ? blocks_before * recorded.block_period_s
                                                         : static_cast<double>(range.last) / samples.rate_hz);
    window.rms = rms_of(view.samples, samples.channels, samples.scale);
    for (std::uint32_t axis = 0; axis < samples.channels; ++axis)
      for (const SubFrame& sub : cutter.cut(view, axis)) {
        RawFeatures raw;
        if (extractor.extract(sub.pieces, scale, window.shaft_hz, raw)) window.raw.push_back(raw);
      }
    if (!window.raw.empty()) out.push_back(std::move(window));
  }
  return out;
}

}  // namespace torpor::eval
