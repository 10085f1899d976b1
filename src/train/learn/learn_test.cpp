// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <cmath>

#include "base/fake/fake_clock.h"
#include "train/learn/episode_pool.h"
#include "train/learn/network.h"
#include "train/learn/trainer.h"

namespace torpor::train {
namespace {

const std::vector<RealMachine> kNone;

std::vector<TokenSet> some_sets(std::size_t n) {
  std::vector<TokenSet> sets(n);
  Random random(5);
  for (TokenSet& s : sets) {
    for (auto& band : s.band) random.normals(band);
    random.normals(s.global);
  }
  return sets;
}

TEST(Network, means_what_the_float_model_means) {
  const ModelDims dims{.width = 32, .layers = 2, .heads = 2, .ffn = 64, .head_hidden = 32};
  Network network(dims, 3, 1);
  const auto sets = some_sets(4);
  // A few steps first, so that no bias is zero and no gain is one.
  std::vector<Pair> pairs = {{&sets[0], &sets[1]}, {&sets[2], &sets[3]}};
  for (int i = 0; i < 5; ++i) network.step(pairs, 1e-2);
  for (bool averaged : {false, true}) {
    const FloatModel model = network.weights(averaged);
    std::vector<const TokenSet*> views;
    for (const TokenSet& s : sets) views.push_back(&s);
    std::vector<float> logits(sets.size());
    network.logits(views, logits, averaged);
    for (std::size_t i = 0; i < sets.size(); ++i)
      EXPECT_NEAR(logits[i], float_forward(model, sets[i]), 2e-4f) << i;
  }
}

TEST(Network, learns_to_tell_two_sets_apart) {
  Network network({.width = 16, .layers = 1, .heads = 1, .ffn = 16, .head_hidden = 16}, 1, 1);
  const auto sets = some_sets(2);
  const std::vector<Pair> pair = {{&sets[0], &sets[1]}};
  const double first = network.step(pair, 1e-2);
  double last = first;
  for (int i = 0; i < 60; ++i) last = network.step(pair, 1e-2);
  EXPECT_LT(last, 0.2 * first);
}

TEST(EpisodePool, gives_the_same_episode_by_number_to_a_fast_and_a_slow_asker) {
  EpisodeOptions options;
  options.real_share = 0;
  auto level = [&](std::size_t ahead) {
    EpisodePool pool(kNone, options, 4, 100, ahead);
    pool.wait_for(6);
    const auto episode = pool.at(5);
    return episode ? episode->queries[3].damaged.band[7][20] : 0.0f;
  };
  EXPECT_EQ(level(0), level(8));
}

TEST(Trainer, smoke_run_lowers_its_loss) {
  TrainOptions options;
  options.dims = {.width = 32, .layers = 1, .heads = 2, .ffn = 64, .head_hidden = 32};
  options.steps = 60;
  options.warm_up = 10;
  options.machines_per_batch = 8;
  options.first_episodes = 16;
  options.episodes_per_step = 0.2;
  options.validate_every = 30;
  options.validation_machines = 4;
  FakeClock clock;
  std::size_t reports = 0;
  const TrainResult result = train(kNone, options, clock, [&](const Progress&) { ++reports; });
  EXPECT_EQ(result.steps, 60u);
  EXPECT_EQ(reports, 2u);
  EXPECT_FALSE(result.cut_short);
  EXPECT_LT(result.last_loss, 0.9 * result.first_loss);
  EXPECT_GT(result.validation_auc, 0.5);
}

}  // namespace
}  // namespace torpor::train
