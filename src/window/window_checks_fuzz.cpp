// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Any samples in any windows: some quality, always the same, and a window that comes twice and tells enough
// to be recognised by is repeating the second time.
#include <cstring>
#include <vector>

#include "window/window_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  if (size < 4) return 0;
  SensorTerms terms{};
  terms.rate_mhz = 1'600'000;
  terms.axes = 1 + data[0] % kMaxAxes;
  terms.full_scale_mg = 1 + 256u * data[1];
  terms.noise_floor_ug = data[2];
  const std::size_t per_window = (1 + data[3]) * 8u * terms.axes;
  std::vector<std::int16_t> samples((size - 4) / 2);
  if (!samples.empty()) std::memcpy(samples.data(), data + 4, samples.size() * 2);
  RepeatFinder once, again;
  for (std::size_t at = 0; at + per_window <= samples.size(); at += per_window) {
    const auto window = std::span(samples).subspan(at, per_window);
    const SampleFinding found = check_samples(window, 500'000'000, terms, once);
    const SampleFinding same = check_samples(window, 500'000'000, terms, again);
    if (found.quality != same.quality || found.note.view() != same.note.view()) __builtin_trap();
    if ((found.quality == WindowQuality::good) != found.note.empty() &&
        found.quality != WindowQuality::saturated)
      __builtin_trap();
    // Shown the window it has just seen, it finds at most what it found, or that it came again.
    const SampleFinding second = check_samples(window, 500'000'000, terms, again);
    if (second.quality != found.quality && second.quality != WindowQuality::repeating) __builtin_trap();
    (void)check_samples(window, 500'000'000, terms, once);
  }
  return 0;
}
