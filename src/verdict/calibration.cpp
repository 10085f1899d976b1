// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/calibration.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "base/assertion.h"

namespace torpor {
namespace {

// With kBase + kShared = 1 the bets of all ranks sum to an e-value (docs/verdict.md, The formulas).
constexpr double kBase = 0.4;          // paid whatever the score: e never falls below
constexpr double kShared = 1 - kBase;  // shared by the ranks
constexpr double kMaxBound = 0.5;      // a bound this weak says nothing
// phi with its bound at 95 % decides; docs/verdict.md has the alarm rates simulated for it.
constexpr double kMaxPhiPlain = 0.2;
constexpr double kMaxPhi = 0.7;
constexpr double kOneSided95 = 1.64;
constexpr double kClipMads = 5;  // so that one shock cannot hide a correlation
constexpr std::uint32_t kDetectorsIfCorrelated = 8;

using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

// The complement's inverse, not ibeta_inv at 1 - tail: tails reach 3e-8, where 1 - tail has lost half of
// its digits.
// x with P(Beta(a, b) > x) = tail; NaN where that cannot be computed.
double beta_upper_quantile(double a, double b, double tail) noexcept {
  try {
    return boost::math::ibetac_inv(a, b, tail, Quiet());
  } catch (...) {
    // Whatever Boost throws in spite of the policy: no exception leaves this room.
    return std::nan("");
  }
}

Error short_of(std::size_t n) {
  Error e{Reason::calibration_too_short, "calibration", {}, {}};
  e.found << n << " healthy cycles";
  e.expected << "at least " << kMinCalibrationCycles;
  return e;
}

FixedString<120> number(double value) {
  FixedString<120> text;
  const auto milli = static_cast<std::int64_t>(std::lround(value * 1000));
  if (milli < 0) text << "-";
  const auto size = static_cast<std::uint64_t>(milli < 0 ? -milli : milli);
  text << size / 1000 << "." << size / 100 % 10 << size / 10 % 10 << size % 10;
  return text;
}

// Middle of sorted values; the mean of both middles where their number is even.
double middle(std::span<const double> sorted) {
  const std::size_t n = sorted.size();
  return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

std::uint32_t count_pairs(std::span<const CalibrationSample> samples) {
  std::uint32_t pairs = 0;
  // A cycle without a score leaves a hole, and what lies across it says nothing about service spacing.
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (samples[i].cycle == samples[i - 1].cycle + 1) ++pairs;
  return pairs;
}

// Lag-1 correlation over cycles that follow one another; 0 for a constant score, which
// cannot raise anything either.
double serial_correlation(std::span<const CalibrationSample> samples, std::size_t s,
                          const ScoreCalibration& c) {
  const auto z = [&](const CalibrationSample& sample) {
    return std::clamp((sample.value[s] - c.median) / c.mad, -kClipMads, kClipMads);
  };
  double sum = 0;
  for (const auto& sample : samples) sum += z(sample);
  const double mean = sum / static_cast<double>(samples.size());
  double square = 0, cross = 0;
  std::uint32_t pairs = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double d = z(samples[i]) - mean;
    square += d * d;
    if (i > 0 && samples[i].cycle == samples[i - 1].cycle + 1) {
      cross += d * (z(samples[i - 1]) - mean);
      ++pairs;
    }
  }
  if (pairs == 0 || square <= 0) return 0;
  return (cross / pairs) / (square / static_cast<double>(samples.size()));
}

ScoreCalibration calibrate_one(std::span<const CalibrationSample> samples, std::size_t s, std::uint32_t ranks,
                               std::span<double> scratch) {
  ScoreCalibration c;
  const auto values = scratch.first(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) values[i] = samples[i].value[s];
  std::sort(values.begin(), values.end());
  c.median = middle(values);
  // Before the values are overwritten by their distances; ranks are of scores, which MAD only scales.
  std::array<double, kMaxRanks> largest{};
  for (std::uint32_t i = 0; i < ranks; ++i) largest[i] = values[values.size() - (std::size_t{1} << i)];
  for (double& v : values) v = std::abs(v - c.median);
  std::sort(values.begin(), values.end());
  // Not the deviation: one shock among the healthy cycles would widen it and deafen the robot.
  c.mad = std::max(middle(values), kMadFloor * std::max(1.0, std::abs(c.median)));
  for (std::uint32_t i = 0; i < ranks; ++i) c.q[i] = (largest[i] - c.median) / c.mad;
  // Last: it needs median and MAD.
  c.phi = serial_correlation(samples, s, c);
  return c;
}

}  // namespace

Status set_bounds(Calibration& calibration, const AlarmTerms& terms) {
  // Divided by all scores, whether they take part or not: the promise holds for any that will be used.
  const double tail = terms.calibration_delta_ppm * 1e-6 / (calibration.ranks * double{kScores});
  // All of u, also beyond the ranks: another contract must leave no old bound.
  for (std::uint32_t i = 0; i < kMaxRanks; ++i) {
    calibration.u[i] = 0;
    if (i >= calibration.ranks) continue;
    const double r = static_cast<double>(1u << i);
    const double u = beta_upper_quantile(r, calibration.n - r + 1, tail);
    if (!(u > 0 && u < 1)) return Error{Reason::internal, "calibration", "no beta quantile", {}};
    // Dropped ranks stay in K (docs/verdict.md): that can only lower e.
    if (u < kMaxBound) calibration.u[i] = u;
  }
  calibration.delta_ppm = terms.calibration_delta_ppm;
  calibration.tolerance_mmad = terms.score_tolerance_mmad;
  return {};
}

Result<Calibration> calibrate(std::span<const CalibrationSample> samples, const AlarmTerms& terms,
                              std::span<double> scratch, const ScoreSet& scores) {
  const std::size_t n = samples.size();
  if (n < kMinCalibrationCycles) return short_of(n);
  if (scratch.size() < n) return Error{Reason::internal, "calibration", "too little scratch", {}};
  for (const auto& sample : samples)
    for (double v : sample.value)
      if (!std::isfinite(v)) {
        Error e{Reason::calibration_not_finite, "calibration", {}, "finite scores"};
        e.found << "cycle " << sample.cycle;
        return e;
      }

  Calibration c;
  c.n = static_cast<std::uint32_t>(n);
  // Ranks up to n / 4: above, a bound nears one half and pays nearly nothing.
  while (c.ranks < kMaxRanks && (std::size_t{1} << c.ranks) <= n / 4) ++c.ranks;
  c.pairs = count_pairs(samples);
  // phi of the scores that take part, and the least phi of those wanted at either speed.
  double phi = -1;
  ScoreSet usable{};
  for (std::size_t s = 0; s < kScores; ++s) {
    // calibrate_one before takes_part: that reads its phi.
    c.score[s] = calibrate_one(samples, s, c.ranks, scratch);
    usable[s] = scores[s] && takes_part(c, static_cast<Score>(s));
    if (usable[s]) phi = std::max(phi, c.score[s].phi);
  }
  TORPOR_CHECK(set_bounds(c, terms));
  for (const Score second : {Score::log_band, Score::kurtosis}) {
    const auto other = static_cast<std::size_t>(second);
    constexpr auto kLogit = static_cast<std::size_t>(Score::logit);
    const bool wanted = scores[kLogit] || scores[other];
    if (!wanted || usable[kLogit] || usable[other]) continue;
    const double least = !scores[other]    ? c.score[kLogit].phi
                         : !scores[kLogit] ? c.score[other].phi
                                           : std::min(c.score[kLogit].phi, c.score[other].phi);
    Error e{Reason::calibration_correlated, "calibration", {}, {}};
    e.found << "serial correlation " << number(least);
    e.expected << "at most " << number(kMaxPhi);
    return e;
  }
  // 1.64 standard errors of a correlation of white noise, 1 / sqrt(pairs). No pairs at all say nothing, so
  // eight detectors.
  const bool independent = c.pairs > 0 && phi + kOneSided95 / std::sqrt(c.pairs) <= kMaxPhiPlain;
  c.detectors = independent ? 1 : kDetectorsIfCorrelated;
  return c;
}

bool takes_part(const Calibration& calibration, Score score) {
  return calibration.score[static_cast<std::size_t>(score)].phi <= kMaxPhi;
}

ScoreEvidence weigh(const Calibration& calibration, Score score, double value) {
  TORPOR_ASSERT(std::isfinite(value) && calibration.ranks != 0, "calibration.weighs_finite_scores");
  const auto& c = calibration.score[static_cast<std::size_t>(score)];
  // Milli-MADs of the contract.
  const double m = calibration.tolerance_mmad * 1e-3;
  ScoreEvidence out;
  out.z = (value - c.median) / c.mad;
  double sum = 0;
  // Strictly above: the q are scores that healthy cycles did reach.
  for (std::uint32_t i = 0; i < calibration.ranks; ++i)
    if (calibration.u[i] > 0 && out.z > c.q[i] + m) sum += 1 / calibration.u[i];
  out.e = kBase + kShared / calibration.ranks * sum;
  return out;
}

double combine(const Calibration& calibration, const CycleScores& scores, const ScoreSet& on,
               std::array<ScoreEvidence, kScores>& evidence) {
  const Score second = scores.calibrated_speed ? Score::log_band : Score::kurtosis;
  double sum = 0;
  int used = 0;
  for (std::size_t s = 0; s < kScores; ++s) {
    const auto score = static_cast<Score>(s);
    // Each is weighed, also where it does not count: the card shows each alone.
    evidence[s] = weigh(calibration, score, scores.value[s]);
    evidence[s].used = on[s] && takes_part(calibration, score) && (score == Score::logit || score == second);
    if (!evidence[s].used) continue;
    sum += evidence[s].e;
    ++used;
  }
  // 1 and not 0: an e-value of 0 would wipe out all evidence so far.
  return used == 0 ? 1 : sum / used;  // 1: this cycle says nothing
}

}  // namespace torpor
