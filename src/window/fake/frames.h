// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <vector>

#include "contract/contract.h"
#include "window/window.h"

namespace torpor {

// Cuts what looks like a healthy sensor's window into frames. Owns the samples, so it must
// outlive the frames. Test code only.
class FramesForTest {
 public:
  FramesForTest(const Contract& contract, std::uint32_t samples_per_frame,
                std::int64_t scale_pg = 488'000'000)
      : terms_(contract.terms().sensors()[0]),
        window_(static_cast<std::uint32_t>(window_samples(contract.terms().duty, terms_))),
        per_frame_(samples_per_frame),
        scale_pg_(scale_pg),
        samples_(std::size_t{window_} * terms_.axes) {
    // A full-period pseudo-random sequence, +-512 LSB: no constant axis, no rail.
    std::uint32_t state = 1;
    for (auto& x : samples_) {
      state = state * 1'664'525u + 1'013'904'223u;
      x = static_cast<std::int16_t>(static_cast<std::int32_t>(state >> 22) - 512);
    }
  }

  std::uint32_t window_samples_per_axis() const { return window_; }
  std::uint32_t count() const { return (window_ + per_frame_ - 1) / per_frame_; }
  std::int16_t& value(std::size_t sample, std::size_t axis) { return samples_[sample * terms_.axes + axis]; }
  const std::vector<std::int16_t>& samples() const { return samples_; }

  // Frame `i` of any window: beyond the window's end the samples start over and sequence and
  // capture time go on, as from a sampler that does not stop.
  Frame frame(std::uint64_t window_id, std::uint32_t i) const {
    const std::uint32_t first = (i % count()) * per_frame_;
    const std::uint32_t samples = std::min(per_frame_, window_ - first);
    const std::uint64_t before = std::uint64_t{i / count()} * window_ + first;
    return {.window_id = window_id,
            .sequence = i,
            .capture_ns = static_cast<std::int64_t>(before * 1'000'000'000'000 / terms_.rate_mhz),
            .sensor = 0,
            .rate_mhz = terms_.rate_mhz,
            .scale_pg = scale_pg_,
            .axes = terms_.axes,
            .starts_block = i == 0,
            .samples = std::span(samples_).subspan(std::size_t{first} * terms_.axes,
                                                   std::size_t{samples} * terms_.axes)};
  }

 private:
  SensorTerms terms_;
  std::uint32_t window_;
  std::uint32_t per_frame_;
  std::int64_t scale_pg_;
  std::vector<std::int16_t> samples_;
};

}  // namespace torpor
