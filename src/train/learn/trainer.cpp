// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/learn/trainer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/assertion.h"
#include "eval/metrics.h"
#include "train/learn/episode_pool.h"
#include "train/learn/network.h"

namespace torpor::train {
namespace {

// Fresh machines, none seen in training: mean over machines of the AUC within one
// machine, since a robot is only ever compared with itself.
class Validation {
 public:
  Validation(std::size_t machines) {
    const std::vector<RealMachine> none;
    EpisodeOptions options;
    // Simulated alone: recordings that were trained on would choose the weights that know them best.
    options.real_share = 0;
    EpisodeMaker maker(none, options);
    for (std::uint64_t i = 0; episodes_.size() < machines; ++i)
      if (auto episode = maker.assemble(maker.measure(kValidationSeed + i), i))
        episodes_.push_back(*std::move(episode));
  }

  double auc(const Network& network) const {
    double total = 0;
    std::size_t groups = 0;
    for (const Episode& episode : episodes_) {
      std::vector<const TokenSet*> sets;
      for (const Query& q : episode.queries) sets.push_back(&q.healthy), sets.push_back(&q.damaged);
      std::vector<float> logit(sets.size());
      // The averaged weights, since these are what is kept.
      network.logits(sets, logit, true);
      // Apart, for one robot never mixes them: at a new speed all scores move together.
      for (bool calibrated : {true, false}) {
        std::vector<double> healthy, damaged;
        for (std::size_t i = 0; i < episode.queries.size(); ++i) {
          if (episode.queries[i].calibrated != calibrated) continue;
          healthy.push_back(static_cast<double>(logit[2 * i]));
          damaged.push_back(static_cast<double>(logit[2 * i + 1]));
        }
        // An AUC of fewer says nothing.
        if (healthy.size() < 4) continue;
        total += eval::auc(healthy, damaged);
        ++groups;
      }
    }
    TORPOR_ASSERT(groups > 0, "train.validation_judges_something");
    return total / static_cast<double>(groups);
  }

 private:
  std::vector<Episode> episodes_;
};

double rate_at(std::size_t step, std::size_t steps, const TrainOptions& options) {
  // While Adam's second moment is young its steps are too long.
  const double warm = std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(options.warm_up));
  // Cosine (Loshchilov and Hutter 2017) down to 2 %. Of the steps there are now: a run cut short falls
  // faster.
  const double part = static_cast<double>(step) / static_cast<double>(steps);
  return options.peak_rate * warm * (0.02 + 0.98 * 0.5 * (1 + std::cos(std::numbers::pi * part)));
}

}  // namespace

TrainResult train(const std::vector<RealMachine>& real, const TrainOptions& options, const Clock& clock,
                  const std::function<void(const Progress&)>& report) {
  const BootTime start = clock.now().boot;
  auto seconds = [&] { return std::chrono::duration<double>(clock.now().boot - start).count(); };
  EpisodePool pool(real, EpisodeOptions{}, options.seed, options.kept, 3 * EpisodePool::kPerMachine);
  const Validation validation(options.validation_machines);
  Network network(options.dims, options.seed, options.threads);
  Random choice(options.seed, 13);

  TrainResult result;
  std::size_t steps = options.steps;
  double loss_sum = 0, loop_start = -1;
  std::size_t loss_count = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    // By step number, never by what happens to be made: both threads' speeds would be in the weights.
    const auto there = options.first_episodes +
                       static_cast<std::size_t>(options.episodes_per_step * static_cast<double>(step));
    pool.wait_for(there);
    if (loop_start < 0) loop_start = seconds();
    std::vector<std::shared_ptr<const Episode>> held;
    std::vector<Pair> batch;
    const std::size_t oldest = there > options.kept ? there - options.kept : 0;
    for (int tries = 0; held.size() < options.machines_per_batch && tries < 1000; ++tries) {
      auto episode = pool.at(oldest + choice.below(there - oldest));
      if (!episode) continue;
      for (std::size_t k = 0; k < options.pairs_per_machine; ++k) {
        const Query& q = episode->queries[choice.below(episode->queries.size())];
        batch.push_back({&q.healthy, &q.damaged});
      }
      // Held until the step is done: the batch points into it.
      held.push_back(std::move(episode));
    }
    const double loss = network.step(batch, rate_at(step, steps, options));
    loss_sum += loss;
    ++loss_count;
    if (step == 0) result.first_loss = loss;

    // The schedule must end in time: after a while the pace is known, and if need be the
    // rest is shortened (the rate then falls faster, which is seen in `cut_short`).
    const double now = seconds(), limit = options.minutes * 60;
    if (step >= 200 && step % 100 == 0) {
      const double pace = (now - loop_start) / static_cast<double>(step);
      const auto possible = static_cast<std::size_t>(std::max(0.0, (limit - loop_start) / pace));
      if (possible < steps) {
        steps = std::max(step + 1, possible);
        result.cut_short = true;
      }
    }
    const bool last = step + 1 == steps;
    if ((step + 1) % options.validate_every == 0 || last) {
      const double auc = validation.auc(network);
      if (auc >= result.validation_auc) {
        result.validation_auc = auc;
        result.best_step = step + 1;
        result.model = network.weights(true);
      }
      result.last_loss = loss_sum / static_cast<double>(loss_count);
      Progress p{step + 1, steps, there / EpisodePool::kPerMachine, result.last_loss, auc, seconds(), 0};
      p.left_s =
          (p.elapsed_s - loop_start) / static_cast<double>(step + 1) * static_cast<double>(steps - step - 1);
      if (report) report(p);
      loss_sum = 0;
      loss_count = 0;
    }
    result.machines = there / EpisodePool::kPerMachine;
  }
  result.steps = steps;
  result.seconds = seconds();
  return result;
}

}  // namespace torpor::train
