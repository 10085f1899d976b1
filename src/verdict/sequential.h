// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

// Shiryaev-Roberts over e-values: R = e * (1 + R_before), R_0 = 0, an alarm when R >= A.
// If every healthy cycle has E[e | past] <= 1 then R_t - t is a supermartingale, hence
// E[cycles to a false alarm] >= A and P(false alarm within t) <= t / A; and because R
// forgets nothing but its worst past, a change is caught about ln(A) / E[ln e] cycles
// after it, whenever it comes.
//
// E[e | past] <= 1 needs cycles that do not help to foretell one another. Where they do
// (calibration.h, phi), 8 detectors take turns: number j sees cycles = j mod 8, eight
// cycles apart, and the largest R_j counts. The union over the eight, each with t / 8
// steps, keeps the same bound; the price is up to eight times the delay.
//
// Held as ln R, so that it neither overflows nor loses small growth.
namespace torpor {

inline constexpr std::uint32_t kInterleaved = 8;

// Plain data, stored bit for bit. ln R_j; before the first cycle R is 0, ln R minus
// infinity.
struct SequentialState {
  std::uint32_t detectors = 1;   // 1 or kInterleaved
  std::uint64_t last_cycle = 0;  // newest cycle counted; 0 = none
  std::array<double, kInterleaved> log_r{};
};

class Sequential {
 public:
  // R = 0. Any number of detectors but 1 means 8.
  explicit Sequential(std::uint32_t detectors = 1);
  explicit Sequential(const SequentialState& state) : state_(state) {}

  // Counts this cycle's e > 0. A cycle not newer than the newest counted changes nothing
  // and returns false: a replay after a crash is not evidence. A cycle never added leaves
  // R as it was.
  [[nodiscard]] bool add(std::uint64_t cycle, double e);

  // Largest ln R_j; kNoEvidence while no cycle was counted.
  double log_evidence() const;
  const SequentialState& state() const { return state_; }

 private:
  SequentialState state_;
};

// ln R for R = 0, as a finite number: below every ln R a counted cycle leaves (e >= 0.4,
// so ln R > -0.92).
inline constexpr double kNoEvidence = -1;

}  // namespace torpor
