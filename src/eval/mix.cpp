// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/mix.h"

#include <algorithm>
#include <cmath>

namespace torpor::eval {
namespace {

std::vector<double> means_of(const RecordedSamples& s) {
  // Per channel: each axis has an offset of its own, gravity among them.
  std::vector<double> mean(s.channels, 0.0);
  for (std::size_t i = 0; i < s.samples.size(); ++i) mean[i % s.channels] += s.samples[i];
  for (double& m : mean) m /= static_cast<double>(std::max<std::uint64_t>(s.samples_per_channel(), 1));
  return mean;
}

}  // namespace

Piece16 cut(const RecordedSamples& from, const Range& range, const Recording& recording) {
  Piece16 piece;
  piece.recording = recording;
  RecordedSamples& s = piece.samples;
  s.rate_hz = from.rate_hz;
  s.channels = from.channels;
  s.scale = from.scale;
  s.samples.assign(from.samples.begin() + static_cast<std::ptrdiff_t>(range.first * from.channels),
                   from.samples.begin() + static_cast<std::ptrdiff_t>(range.last * from.channels));
  s.block_starts.push_back(0);
  // Blocks that begin inside; the piece itself begins one.
  for (std::uint64_t b : from.block_starts)
    if (b > range.first && b < range.last) s.block_starts.push_back(b - range.first);
  const auto mean = means_of(s);
  double square = 0;
  for (std::size_t i = 0; i < s.samples.size(); ++i) {
    const double v = s.samples[i] - mean[i % s.channels];
    square += v * v;
  }
  piece.rms =
      s.scale * std::sqrt(square / static_cast<double>(std::max<std::uint64_t>(s.samples_per_channel(), 1)));
  return piece;
}

RecordedSamples mix(const Piece16& healthy, const Piece16& fault, double level_db) {
  const RecordedSamples& h = healthy.samples;
  const RecordedSamples& f = fault.samples;
  RecordedSamples out = h;
  // The fault's mean alone: the healthy window keeps its own, as a sensor would.
  const auto mean = means_of(f);
  // Amplitudes: 20 dB a decade. f.scale makes the fault's counts physical first.
  const double gain = fault.rms > 0 ? healthy.rms * std::pow(10.0, level_db / 20) / fault.rms * f.scale : 0;
  std::vector<double> sum(h.samples.size());
  double peak = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    // Channels stay in step, because a piece holds a whole number of samples of all.
    const std::size_t j = i % f.samples.size();
    sum[i] = h.samples[i] * h.scale + gain * (f.samples[j] - mean[j % f.channels]);
    peak = std::max(peak, std::abs(sum[i]));
  }
  // 16 bits again, as recordings are: quantisation is part of what the robot sees.
  out.scale = peak > 0 ? peak / 32767 : h.scale;
  for (std::size_t i = 0; i < sum.size(); ++i)
    out.samples[i] = static_cast<std::int16_t>(std::lrint(sum[i] / out.scale));
  return out;
}

}  // namespace torpor::eval
