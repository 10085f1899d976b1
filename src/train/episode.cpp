// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/episode.h"

#include <algorithm>
#include <cmath>

namespace torpor::train {
namespace {

float rms_of(const std::vector<float>& x) {
  double sum = 0;
  for (float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  return static_cast<float>(std::sqrt(sum / static_cast<double>(std::max<std::size_t>(x.size(), 1))));
}

}  // namespace

EpisodeMaker::EpisodeMaker(const std::vector<RealMachine>& real, const EpisodeOptions& options)
    : real_(real), options_(options) {}

FeatureExtractor& EpisodeMaker::extractor(double rate_hz, std::size_t samples, bool speed_known) {
  const auto rate_mhz = static_cast<std::uint32_t>(std::lround(rate_hz * 1000));
  const ExtractorKey key{rate_mhz, samples, speed_known};
  auto found = extractors_.find(key);
  if (found == extractors_.end()) {
    // A bound for memory: each holds tables for its rate.
    if (extractors_.size() >= 64) extractors_.clear();  // rates are drawn: few come twice
    auto made = FeatureExtractor::prepare(
        rate_mhz, samples, speed_known ? FeatureExtractor::Speed::known : FeatureExtractor::Speed::unknown);
    found = extractors_.emplace(key, std::move(*made)).first;
  }
  return found->second;
}

RawFeatures EpisodeMaker::features_of(FeatureExtractor& extractor, const std::vector<float>& window,
                                      std::size_t blocks, double shaft_hz) {
  std::vector<FloatPiece> pieces;
  const std::size_t length = window.size() / blocks;
  // A simulated window is one piece that is told to be several: the extractor then crosses no border, as on
  // a robot that records in blocks.
  for (std::size_t b = 0; b < blocks; ++b) pieces.push_back({window.data() + b * length, length, 1});
  RawFeatures out;
  (void)extractor.extract(pieces, 1.0f, static_cast<float>(shaft_hz), out);
  return out;
}

void EpisodeMaker::add_to_baseline(FeatureExtractor& extractor, const std::vector<float>& window,
                                   std::size_t blocks, double shaft_hz, float weight, const Span& span,
                                   MachineFeatures& out) {
  out.baseline.push_back(features_of(extractor, window, blocks, shaft_hz));
  out.baseline_hz.push_back(static_cast<float>(shaft_hz));
  out.baseline_weight.push_back(weight * out.baseline.back().weight);
  out.baseline_span.push_back(span);
}

void EpisodeMaker::finish_query(Machine& machine, const Regime& regime, FeatureExtractor& extractor,
                                std::size_t blocks, bool tell_speed, std::vector<float>& window,
                                QueryFeatures& query) {
  Random& random = machine.random();
  const double rms = static_cast<double>(rms_of(window));
  query.level_db = static_cast<float>(random.uniform(options_.level_lo_db, options_.level_hi_db));
  damage_.resize(window.size());
  // Relative to this window's own RMS, before bumps raise it.
  machine.render_damage(machine.draw_damage(), regime, rms, static_cast<double>(query.level_db), damage_);
  if (options_.bumps && random.chance(0.3)) machine.add_bumps(window);
  if (options_.bumps && random.chance(0.3)) {
    const float gain = static_cast<float>(std::exp(0.5 * random.normal()));
    for (float& v : window) v *= gain;
    for (float& v : damage_) v *= gain;
  }
  // Bumps and gain before the damage: both windows of a pair have them, so that the network learns
  // to look past them. The damage takes the gain but no bump of its own.
  const double told = tell_speed ? regime.shaft_hz : 0;
  query.shaft_hz = static_cast<float>(told);
  // The same window twice, without and with damage: the pair differs in nothing else, so chance cannot be
  // learned.
  query.healthy = features_of(extractor, window, blocks, told);
  for (std::size_t i = 0; i < window.size(); ++i) window[i] += damage_[i];
  query.damaged = features_of(extractor, window, blocks, told);
}

MachineFeatures EpisodeMaker::measure(std::uint64_t seed) {
  // Streams of one seed: 1 machine, 3 recorded plan, 7 real or not, 9 baseline, 11 weights, 13 batches. A
  // number is never used again, or two draws would be one.
  Random choice(seed, 7);
  if (!real_.empty() && choice.chance(options_.real_share))
    return measure_real(real_[choice.below(real_.size())], seed);
  return measure_simulated(seed);
}

std::optional<Episode> EpisodeMaker::assemble(const MachineFeatures& features, std::uint64_t seed) const {
  // Its own stream: how many queries were drawn in measure() does not move the baseline.
  Random random(seed, 9);
  const std::size_t all = features.baseline.size();
  // Half the time a part of the healthy windows: one machine teaches several sizes of
  // baseline. A part is a run in the order they were made, so speeds stay mixed.
  std::size_t first = 0, count = all;
  if (all > 24 && random.chance(0.5)) {
    const auto drawn = static_cast<std::size_t>(random.log_uniform(12, static_cast<double>(all)));
    count = std::min(drawn, all);  // e^ln(all) may be rounded up
    first = random.below(all - count + 1);
  }
  BaselineBuilder builder(features.speed_known);
  for (std::size_t i = first; i < first + count; ++i)
    // A window of unknown speed adds nothing to a baseline that knows speeds; finish() says if too little is
    // left.
    (void)builder.add(features.baseline[i], features.baseline_hz[i], features.baseline_weight[i]);
  auto baseline = builder.finish();
  if (!baseline) return std::nullopt;
  Episode episode;
  episode.n_eff = (*baseline)->n_eff;
  episode.real = features.real;
  episode.queries.resize(features.queries.size());
  for (std::size_t i = 0; i < features.queries.size(); ++i) {
    const QueryFeatures& from = features.queries[i];
    Query& to = episode.queries[i];
    to.level_db = from.level_db;
    to.calibrated = is_calibrated_speed(**baseline, from.shaft_hz);
    to.healthy_scores = tokenize(from.healthy, **baseline, from.shaft_hz, to.healthy);
    to.damaged_scores = tokenize(from.damaged, **baseline, from.shaft_hz, to.damaged);
  }
  return episode;
}

}  // namespace torpor::train
