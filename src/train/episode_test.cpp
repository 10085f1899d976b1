// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/episode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "eval/metrics.h"
#include "train/real.h"

namespace torpor::train {
namespace {

const std::vector<RealMachine> kNone;

EpisodeOptions simulated() {
  EpisodeOptions options;
  options.real_share = 0;
  return options;
}

// A recording as of one machine: coloured noise with a tone.
RealMachine recorded(std::size_t samples, std::size_t block_len) {
  RealMachine real{"test/machine/x", 12000, {}};
  Random random(3);
  std::vector<float> x(samples);
  random.normals(x);
  for (std::size_t i = 1; i < samples; ++i)
    x[i] = 0.6f * x[i - 1] + x[i] + 0.5f * static_cast<float>(std::sin(0.3 * static_cast<double>(i)));
  real.tracks.push_back({x, 25, block_len});
  return real;
}

bool overlap(const Span& a, const Span& b) {
  return a.track == b.track && a.first < b.last && b.first < a.last;
}

void expect_apart(const MachineFeatures& features) {
  ASSERT_FALSE(features.baseline.empty());
  ASSERT_FALSE(features.queries.empty());
  for (const QueryFeatures& q : features.queries)
    for (const Span& b : features.baseline_span) ASSERT_FALSE(overlap(q.span, b));
}

TEST(Episode, never_takes_queries_from_the_time_of_the_baseline_of_simulated_machines) {
  EpisodeMaker maker(kNone, simulated());
  for (std::uint64_t seed = 0; seed < 6; ++seed) expect_apart(maker.measure(seed));
}

TEST(Episode, never_takes_queries_from_the_time_of_the_baseline_of_a_short_recording) {
  const std::vector<RealMachine> real = {recorded(40000, 0)};
  EpisodeOptions options;
  options.real_share = 1;
  EpisodeMaker maker(real, options);
  for (std::uint64_t seed = 0; seed < 6; ++seed) expect_apart(maker.measure(seed));
}

TEST(Episode, never_takes_queries_from_the_time_of_the_baseline_of_recorded_blocks) {
  const std::vector<RealMachine> real = {recorded(200 * 1200, 1200)};
  EpisodeOptions options;
  options.real_share = 1;
  EpisodeMaker maker(real, options);
  for (std::uint64_t seed = 0; seed < 4; ++seed) expect_apart(maker.measure(seed));
}

// Many short recordings of blocks: the share of each is a few windows and a fraction, and a
// place beyond the last whole one would lie outside of the recording.
TEST(Episode, takes_every_window_from_inside_its_recording) {
  std::vector<RealMachine> real = {recorded(0, 1200)};
  real[0].tracks.clear();
  for (const std::size_t blocks : {24u, 31u, 40u, 57u})
    real[0].tracks.push_back(recorded(blocks * 1200, 1200).tracks[0]);
  EpisodeOptions options;
  options.real_share = 1;
  options.queries = 2;
  EpisodeMaker maker(real, options);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const MachineFeatures features = maker.measure(seed);
    const auto inside = [&](const Span& s) {
      return s.first < s.last && s.last <= real[0].tracks[s.track].samples.size();
    };
    for (const Span& s : features.baseline_span) ASSERT_TRUE(inside(s)) << "machine " << seed;
    for (const QueryFeatures& q : features.queries) ASSERT_TRUE(inside(q.span)) << "machine " << seed;
  }
}

TEST(Episode, counts_overlapping_windows_by_the_samples_they_cover) {
  const std::vector<RealMachine> real = {recorded(40000, 0)};  // 3.3 s, six or seven windows
  EpisodeOptions options;
  options.real_share = 1;
  EpisodeMaker maker(real, options);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const MachineFeatures features = maker.measure(seed);
    float total = 0;
    for (float w : features.baseline_weight) total += w;
    EXPECT_LE(total, 7) << features.baseline.size() << " windows";
  }
}

TEST(Episode, is_the_same_from_the_same_seed) {
  EpisodeMaker one(kNone, simulated()), other(kNone, simulated());
  other.measure(1);  // what was made before does not matter
  const auto a = one.assemble(one.measure(2), 5), b = other.assemble(other.measure(2), 5);
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->queries.size(), b->queries.size());
  for (std::size_t i = 0; i < a->queries.size(); ++i)
    EXPECT_EQ(0, std::memcmp(&a->queries[i].damaged, &b->queries[i].damaged, sizeof(TokenSet)));
}

TEST(Episode, holds_twenty_pairs_half_of_them_at_new_speeds_where_the_speed_is_told) {
  EpisodeMaker maker(kNone, simulated());
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const MachineFeatures features = maker.measure(seed);
    const auto episode = maker.assemble(features, 0);
    ASSERT_TRUE(episode);
    EXPECT_EQ(episode->queries.size(), 20u);
    std::size_t calibrated = 0;
    for (const Query& q : episode->queries) calibrated += q.calibrated;
    EXPECT_EQ(calibrated, features.speed_known ? 10u : 20u) << "machine " << seed;
  }
}

TEST(Episode, shows_damage_to_the_classical_distance_when_it_is_loud) {
  EpisodeOptions options = simulated();
  options.level_lo_db = options.level_hi_db = 0;
  EpisodeMaker maker(kNone, options);
  double total = 0;
  int machines = 0;
  for (std::uint64_t seed = 100; seed < 112; ++seed) {
    const auto episode = maker.assemble(maker.measure(seed), 0);
    if (!episode) continue;
    std::vector<double> healthy, damaged;
    for (const Query& q : episode->queries) {
      if (!q.calibrated) continue;
      healthy.push_back(double{q.healthy_scores.log_band});
      damaged.push_back(double{q.damaged_scores.log_band});
    }
    total += eval::auc(healthy, damaged);
    ++machines;
  }
  EXPECT_GT(total / machines, 0.8);
}

TEST(Real, leaves_out_where_the_machine_stands_still) {
  std::vector<float> x(8000);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] =
        0.01f + (i >= 2000 && i < 6000 ? static_cast<float>(std::sin(0.7 * static_cast<double>(i))) : 0.0f);
  const auto parts = running_parts(x, 1000, 1000);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0], (std::pair<std::size_t, std::size_t>{2000, 6000}));
}

}  // namespace
}  // namespace torpor::train
