// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/sequential.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assertion.h"

namespace torpor {
namespace {

// exp sees only numbers that are not positive: it cannot overflow.
// ln(1 + R) from ln R, at any size.
double log_one_plus(double log_r) { return std::max(log_r, 0.0) + std::log1p(std::exp(-std::abs(log_r))); }

}  // namespace

Sequential::Sequential(std::uint32_t detectors) {
  state_.detectors = detectors == 1 ? 1 : kInterleaved;
  // 1 + R is then 1, so that the first cycle leaves R = e.
  state_.log_r.fill(-std::numeric_limits<double>::infinity());
}

bool Sequential::add(std::uint64_t cycle, double e) {
  if (cycle <= state_.last_cycle) return false;
  TORPOR_ASSERT(e > 0, "sequential.an_e_value_is_positive");
  // By the cycle's number and not by turns: cycles that were missed must not bring neighbours together.
  double& log_r = state_.log_r[cycle % state_.detectors];
  log_r = std::log(e) + log_one_plus(log_r);
  state_.last_cycle = cycle;
  return true;
}

double Sequential::log_evidence() const {
  const auto end = state_.log_r.begin() + state_.detectors;
  // A finite number for R = 0: JSON has no infinity.
  return std::max(kNoEvidence, *std::max_element(state_.log_r.begin(), end));
}

}  // namespace torpor
