// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/explain/explanation.h"

#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "bearing/bearing_orders.h"
#include "features/indicators.h"

namespace torpor {
namespace {

constexpr double kSameSpeed = 0.01;
constexpr double kOverlapWorth = 0.85;  // of a segment that overlaps its neighbour by half
constexpr double kDeviations = 3;       // above the healthy mean
constexpr double kMargin = 0.4;         // and this much, in log prominence
constexpr double kBandDeviations = 4;
constexpr double kMinLevelSpread = 0.15;  // of log level: a quieter reference is luck

}  // namespace

DefectOrders defect_orders(const BearingTerms& b) {
  DefectOrders out;
  const auto orders = bearing_orders(b);
  if (!orders) return out;
  out.order = {orders->bpfo, orders->bpfi, 2 * orders->bsf};
  out.cage = orders->ftf;
  out.known = true;
  return out;
}

std::uint8_t place_of(const Explanation& e) {
  const bool defect = e.kind == Explanation::Kind::defect;
  if (!defect && e.kind != Explanation::Kind::period) return 0;
  const std::size_t what = defect ? static_cast<std::size_t>(e.defect) : kDefects;
  return static_cast<std::uint8_t>(1 + what * kMaxAxes + e.axis);
}

void Explainer::Moments::add(double value, std::uint32_t before) {
  // As running means: no sum that outgrows a float.
  const float v = static_cast<float>(value), n = static_cast<float>(before + 1);
  mean += (v - mean) / n;
  square += (v * v - square) / n;
}

double Explainer::Moments::above(double deviations) const {
  // Rounding may leave less than nothing.
  const double variance = static_cast<double>(square) - static_cast<double>(mean) * static_cast<double>(mean);
  return static_cast<double>(mean) + deviations * std::sqrt(std::max(0.0, variance));
}

Explainer::Explainer(const SensorTerms& sensor)
    : sensor_(sensor),
      orders_(defect_orders(sensor.bearing)),
      recent_(sensor.axes * kEnvelopeBands),
      prominence_(kMaxEnvelopeBins),
      scratch_(kMaxEnvelopeBins) {
  for (auto& r : recent_) r.power.resize(kMaxEnvelopeBins);
}

void Explainer::observe(const EnvelopeAnalyzer& spectra) {
  TORPOR_ASSERT(spectra.axes() == sensor_.axes, "explain.spectra_are_of_this_sensor");
  const EnvelopeSpectrum first = spectra.spectrum(0, 0);
  if (first.segments == 0) return;
  const double shaft_hz = spectra.shaft_hz();
  // A mean over other bins or another speed would put lines beside each other that are one.
  const bool same = count_ > 0 && first.bin_hz == bin_hz_ && first.cell_bins == cell_bins_ &&
                    std::abs(shaft_hz - shaft_hz_) <= kSameSpeed * shaft_hz_;
  if (!same) {
    // A look is taken of eight windows at one speed: what counts towards it begins anew as well.
    count_ = 0;
    since_look_ = 0;
  }
  count_ = std::min(count_ + 1, kRecentWindows);
  // A plain mean of the first eight, then an exponential one with that weight: old windows fade without
  // being kept.
  const double weight = 1.0 / count_;
  for (std::size_t axis = 0; axis < sensor_.axes; ++axis) {
    for (std::size_t band = 0; band < kEnvelopeBands; ++band) {
      const EnvelopeSpectrum now = spectra.spectrum(axis, band);
      Recent& recent = recent_[axis * kEnvelopeBands + band];
      if (count_ == 1) {
        std::fill(recent.power.begin(), recent.power.end(), 0.0f);
        recent.level_g2 = 0;
      }
      const auto w = static_cast<float>(weight);
      for (std::size_t k = 0; k < now.power.size(); ++k)
        recent.power[k] += w * (now.power[k] - recent.power[k]);
      recent.level_g2 += weight * (now.level_g2 - recent.level_g2);
    }
  }
  // The mean of the speed as of the spectra, so that the lines lie where it says.
  shaft_hz_ = count_ == 1 ? shaft_hz : shaft_hz_ + weight * (shaft_hz - shaft_hz_);
  bin_hz_ = first.bin_hz;
  cell_bins_ = first.cell_bins;
  // Two for each segment, the overlapped ones less: what their shared half says twice is counted once.
  freedom_ = 2 * (1 + kOverlapWorth * (first.segments - 1));
}

void Explainer::learn(const EnvelopeAnalyzer& spectra) {
  observe(spectra);
  // Only every eighth window: looks one window apart would be nearly the same and make the spread too
  // small.
  if (count_ < kRecentWindows || ++since_look_ < kRecentWindows) return;
  since_look_ = 0;
  look(spectra);
}

void Explainer::forget() {
  reference_ = {};
  // The recent mean stays: what it shows is the machine as it is now.
  since_look_ = 0;
}

ProminenceSpectrum Explainer::prominence(const EnvelopeAnalyzer& last, std::size_t axis, std::size_t band,
                                         Span span) {
  EnvelopeSpectrum s = last.spectrum(axis, band);
  // In place of the last window's power, with its bins: both have the same plan (observe()).
  if (span == Span::recent)
    s.power = std::span(recent_[axis * kEnvelopeBands + band].power).first(s.power.size());
  prominence_of(s, scratch_, prominence_);
  // Windows are independent of one another: their freedoms add up.
  const double freedom = span == Span::recent ? freedom_ * count_ : freedom_;
  return {std::span(prominence_).first(s.power.size()), bin_hz_, cell_bins_, freedom};
}

// One look at healthy windows: how much stands out at every defect's orders, in every band,
// by itself, and what repeats.
void Explainer::look(const EnvelopeAnalyzer& spectra) {
  Reference& r = reference_;
  for (std::size_t axis = 0; axis < sensor_.axes; ++axis) {
    for (std::size_t band = 0; band < kEnvelopeBands; ++band) {
      const ProminenceSpectrum spectrum = prominence(spectra, axis, band, Span::recent);
      const double level = recent_[axis * kEnvelopeBands + band].level_g2;
      // The floor keeps an axis without signal at a finite level.
      r.log_level[axis][band].add(std::log(std::max(level, 1e-20)), r.looks);
      // Without the shaft's speed: here turns of the shaft are wanted too, as what healthy windows show.
      const Comb comb = any_comb(spectrum, {});
      if (comb.harmonics != 0) remember_period(comb.hertz);
      if (!orders_.known || shaft_hz_ <= 0) continue;
      const double step = 0.5 * spectrum.cell_bins * spectrum.bin_hz;
      for (std::size_t d = 0; d < kDefects; ++d) {
        for (std::uint32_t h = 0; h < kHarmonics; ++h) {
          const double line = orders_.order[d] * shaft_hz_ * (h + 1), reach = kFrequencyTolerance * line;
          // The most within the tolerance, as best_comb() will pick the most.
          double most = prominence_at(spectrum, line);
          for (double off = step; off <= reach; off += step)
            most = std::max({most, prominence_at(spectrum, line - off), prominence_at(spectrum, line + off)});
          r.line[axis][band][d][h].add(most > 0 ? std::log(most) : 0, r.line_looks);
        }
      }
    }
  }
  ++r.looks;
  if (orders_.known && shaft_hz_ > 0) ++r.line_looks;
}

bool Explainer::healthy_period(double hertz) const {
  // As orders where the speed is known: a healthy period moves with the shaft.
  const double value = shaft_hz_ > 0 ? hertz / shaft_hz_ : hertz;
  for (std::uint32_t i = 0; i < reference_.periods; ++i) {
    const double known = static_cast<double>(reference_.period[i]);
    // any_comb() may settle on a half or a third of the same comb.
    for (const double times : {1.0 / 3, 0.5, 1.0, 2.0, 3.0})
      if (std::abs(value - times * known) <= kFrequencyTolerance * value) return true;
  }
  return false;
}

void Explainer::remember_period(double hertz) {
  // Full: further ones are told as new. Bounded, because the baseline file is.
  if (healthy_period(hertz) || reference_.periods == kMaxPeriods) return;
  reference_.period[reference_.periods++] = static_cast<float>(shaft_hz_ > 0 ? hertz / shaft_hz_ : hertz);
}

CombRules Explainer::rules(std::size_t axis, std::size_t band, std::size_t defect) const {
  CombRules out;
  out.shaft_hz = shaft_hz_;
  out.half_allowed = static_cast<Defect>(defect) == Defect::ball;
  // Too few looks have no spread to speak of: then only noise and the shaft limit a line.
  if (reference_.line_looks < kMinHealthy) return out;
  for (std::uint32_t h = 0; h < kHarmonics; ++h)
    out.healthy_limit[h] = reference_.line[axis][band][defect][h].above(kDeviations) + kMargin;
  return out;
}

Explanation Explainer::explain(const EnvelopeAnalyzer& last) {
  Explanation best;
  if (count_ == 0) return best;
  find_defect(last, best, Span::recent);
  // Only if the mean shows none: a single window has an eighth of the freedom and so a higher limit.
  if (best.kind == Explanation::Kind::nothing) find_defect(last, best, Span::last_window);
  if (best.kind == Explanation::Kind::nothing) find_period(last, best);
  if (best.kind == Explanation::Kind::nothing) find_band(best);
  return best;
}

void Explainer::find_defect(const EnvelopeAnalyzer& last, Explanation& best, Span span) {
  if (!orders_.known || shaft_hz_ <= 0) return;
  for (std::uint32_t axis = 0; axis < sensor_.axes; ++axis) {
    for (std::uint32_t band = 0; band < kEnvelopeBands; ++band) {
      const ProminenceSpectrum spectrum = prominence(last, axis, band, span);
      for (std::size_t d = 0; d < kDefects; ++d) {
        const Comb comb =
            best_comb(spectrum, orders_.order[d] * shaft_hz_, kFrequencyTolerance, rules(axis, band, d));
        // The same strength everywhere, sum of log prominence: bands and axes compare.
        if (comb.harmonics == 0 || comb.score <= best.strength) continue;
        best = {Explanation::Kind::defect,
                static_cast<Defect>(d),
                comb.hertz,
                comb.harmonics,
                axis,
                band,
                comb.score};
      }
    }
  }
}

void Explainer::find_period(const EnvelopeAnalyzer& last, Explanation& best) {
  CombRules rules;
  rules.shaft_hz = shaft_hz_;
  for (std::uint32_t axis = 0; axis < sensor_.axes; ++axis) {
    for (std::uint32_t band = 0; band < kEnvelopeBands; ++band) {
      const Comb comb = any_comb(prominence(last, axis, band, Span::recent), rules);
      if (comb.harmonics == 0 || comb.score <= best.strength || healthy_period(comb.hertz)) continue;
      best = {Explanation::Kind::period, {}, comb.hertz, comb.harmonics, axis, band, comb.score};
    }
  }
}

void Explainer::find_band(Explanation& best) {
  // Without a reference a level is neither loud nor quiet.
  if (reference_.looks < kMinHealthy) return;
  double most = kBandDeviations;
  for (std::uint32_t axis = 0; axis < sensor_.axes; ++axis) {
    for (std::uint32_t band = 0; band < kEnvelopeBands; ++band) {
      const Moments& healthy = reference_.log_level[axis][band];
      const double rise = std::log(std::max(recent_[axis * kEnvelopeBands + band].level_g2, 1e-20)) -
                          static_cast<double>(healthy.mean);
      // In logarithms, so that gain and speed change both alike; the floor, because four quiet looks are
      // luck.
      const double spread = std::max(kMinLevelSpread, healthy.above(1) - static_cast<double>(healthy.mean));
      if (rise / spread <= most) continue;
      most = rise / spread;
      // The rise is told, the deviations choose: a band that always varies may rise much and mean little.
      best = {Explanation::Kind::band, {}, 0, 0, axis, band, rise};
    }
  }
}

}  // namespace torpor
