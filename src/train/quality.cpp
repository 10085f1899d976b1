// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/quality.h"

#include <cmath>

#include "eval/metrics.h"

namespace torpor::train {
namespace {

// One batch of run_all(): no more than produce() loads the backend for.
constexpr std::size_t kQueries = 64;
const std::vector<RealMachine> kNoReal;

EpisodeOptions at_level(double level_db) {
  EpisodeOptions options;
  options.real_share = 0;
  options.queries = kQueries;
  // A narrow band around the level, or the figure would be a mean over easy and hard.
  options.level_lo_db = level_db - 1;
  options.level_hi_db = level_db + 1;
  return options;
}

Result<std::vector<float>> run_all(Backend& backend, const Episode& episode, bool damaged) {
  std::vector<TokenSet> sets;
  for (const Query& q : episode.queries) sets.push_back(damaged ? q.damaged : q.healthy);
  std::vector<float> logits(sets.size());
  TORPOR_CHECK(backend.run(sets, logits));
  TORPOR_CHECK(backend.release());
  return logits;
}

struct Both {
  std::vector<double> healthy, damaged;
};

}  // namespace

Result<LevelQuality> measure_quality(Backend& backend, double level_db, std::size_t machines,
                                     std::uint64_t first_seed) {
  // Simulated ones alone, from seeds training cannot reach: recordings were part of the training.
  EpisodeMaker maker(kNoReal, at_level(level_db));
  LevelQuality out;
  out.level_db = level_db;
  for (std::uint64_t i = 0; out.machines < machines; ++i) {
    const auto episode = maker.assemble(maker.measure(first_seed + i), i);
    if (!episode) continue;
    TORPOR_TRY(const auto healthy, run_all(backend, *episode, false));
    TORPOR_TRY(const auto damaged, run_all(backend, *episode, true));
    // [score][calibrated]; the spread is taken from `reference`.
    std::array<std::array<Both, 2>, kScores> score;
    std::array<std::vector<double>, kScores> reference;
    for (std::size_t q = 0; q < episode->queries.size(); ++q) {
      const Query& query = episode->queries[q];
      const std::array<double, kScores> h = {double{healthy[q]}, double{query.healthy_scores.log_band},
                                             double{query.healthy_scores.kurtosis}};
      const std::array<double, kScores> d = {double{damaged[q]}, double{query.damaged_scores.log_band},
                                             double{query.damaged_scores.kurtosis}};
      for (std::size_t s = 0; s < kScores; ++s) {
        // Every other healthy window sets the scale and is not judged by it.
        if (query.calibrated && q % 2 == 0) {
          reference[s].push_back(h[s]);
          continue;
        }
        score[s][query.calibrated].healthy.push_back(h[s]);
        score[s][query.calibrated].damaged.push_back(d[s]);
      }
    }
    for (bool calibrated : {true, false}) {
      const std::size_t n = score[0][calibrated].healthy.size();
      if (n < 4 || reference[0].empty()) continue;  // an AUC of fewer says nothing
      Aucs& sum = calibrated ? out.calibrated : out.unseen;
      for (std::size_t s = 0; s < kScores; ++s)
        sum[s] += eval::auc(score[s][calibrated].healthy, score[s][calibrated].damaged);
      // As the robot weighs them: log-band beside the logit at a calibrated speed, kurtosis at a
      // new one.
      const std::size_t beside = static_cast<std::size_t>(calibrated ? Score::log_band : Score::kurtosis);
      const eval::Scale first = eval::scale_of(reference[0]), second = eval::scale_of(reference[beside]);
      Both mean;
      for (std::size_t k = 0; k < n; ++k) {
        mean.healthy.push_back(first.z(score[0][calibrated].healthy[k]) +
                               second.z(score[beside][calibrated].healthy[k]));
        mean.damaged.push_back(first.z(score[0][calibrated].damaged[k]) +
                               second.z(score[beside][calibrated].damaged[k]));
      }
      sum[kScores] += eval::auc(mean.healthy, mean.damaged);
      ++(calibrated ? out.machines : out.machines_unseen);
    }
  }
  for (double& v : out.calibrated) v /= static_cast<double>(std::max<std::size_t>(out.machines, 1));
  for (double& v : out.unseen) v /= static_cast<double>(std::max<std::size_t>(out.machines_unseen, 1));
  return out;
}

Result<QuantisationLoss> measure_quantisation(Backend& backend, const FloatModel& model, double level_db,
                                              std::size_t machines, std::uint64_t first_seed) {
  EpisodeOptions options = at_level(level_db);
  options.queries = 10;
  EpisodeMaker maker(kNoReal, options);
  QuantisationLoss out;
  out.level_db = level_db;
  std::vector<double> difference, tails, scaled8;
  double auc8 = 0, auc32 = 0;
  std::size_t n = 0;
  std::vector<double> z8, z32;
  for (std::uint64_t i = 0; n < machines; ++i) {
    const auto episode = maker.assemble(maker.measure(first_seed + i), i);
    if (!episode) continue;
    TORPOR_TRY(const auto h8, run_all(backend, *episode, false));
    TORPOR_TRY(const auto d8, run_all(backend, *episode, true));
    Both eight, full;
    for (std::size_t q = 0; q < episode->queries.size(); ++q) {
      eight.healthy.push_back(double{h8[q]});
      eight.damaged.push_back(double{d8[q]});
      full.healthy.push_back(double{float_forward(model, episode->queries[q].healthy)});
      full.damaged.push_back(double{float_forward(model, episode->queries[q].damaged)});
    }
    // In MADs of the healthy scores, which is what thresholds are set in.
    // Of the fp32 logits: int8 is measured by the ruler it is compared with.
    const eval::Scale scale = eval::scale_of(full.healthy);
    for (std::size_t q = 0; q < eight.healthy.size(); ++q) {
      difference.push_back((eight.healthy[q] - full.healthy[q]) / scale.mad);
      z8.push_back(scale.z(eight.healthy[q]));
      z32.push_back(scale.z(full.healthy[q]));
    }
    auc8 += eval::auc(eight.healthy, eight.damaged);
    auc32 += eval::auc(full.healthy, full.damaged);
    out.sets += 2 * eight.healthy.size();
    ++n;
  }
  out.healthy_bias = eval::median(difference);
  // The tail apart from the median: thresholds sit there, and a quantised network may leave the middle as it
  // was and stretch its ends.
  out.healthy_tail = eval::quantile(z8, 0.99) - eval::quantile(z32, 0.99);
  out.auc_fp32 = auc32 / static_cast<double>(n);
  out.auc_int8 = auc8 / static_cast<double>(n);
  return out;
}

std::vector<TokenSet> calibration_sets(const std::vector<RealMachine>& real, std::size_t count,
                                       std::uint64_t first_seed) {
  EpisodeMaker maker(real, EpisodeOptions{});
  std::vector<TokenSet> sets;
  for (std::uint64_t i = 0; sets.size() < count; ++i) {
    const auto episode = maker.assemble(maker.measure(first_seed + i), i);
    if (!episode) continue;
    // Four of each machine: many machines say more about ranges than many windows of one.
    for (std::size_t q = 0; q < episode->queries.size() && sets.size() < count; q += 10) {
      sets.push_back(episode->queries[q].healthy);
      sets.push_back(episode->queries[q].damaged);
    }
  }
  sets.resize(count);
  return sets;
}

}  // namespace torpor::train
