// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "train/window_cutter.h"

// Which windows of a recorded machine are baseline and which are queries.
namespace torpor::train {

// What is drawn of a machine before any window is cut.
struct EpisodeMaker::RealPlan {
  bool speed_known = false;
  double decimation = 1;
  std::vector<double> steps, new_steps;  // of reading, relative to the plain rate
  double held_out = -1;                  // shaft speed kept for the queries alone; -1: none
  // Of each track one side of a cut in time is for the baseline, the other for queries.
  std::vector<Stretch> healthy, asked;
};

namespace {

// Windows of a machine with so many samples of healthy running, of which `part_used` of
// every stretch is taken from.
struct BaselinePlan {
  double samples = 0;
  double part_used = 1;
  double count = 0;
  float weight = 1;
};

// With several speeds recorded some may be kept for the queries alone.
double draw_held_out(const RealMachine& real, bool speed_known, Random& random) {
  std::vector<double> speeds;
  for (const Track& t : real.tracks)
    if (std::find(speeds.begin(), speeds.end(), t.shaft_hz) == speeds.end()) speeds.push_back(t.shaft_hz);
  if (speed_known && speeds.size() > 1 && random.chance(0.6)) return speeds[random.below(speeds.size())];
  return -1;
}

BaselinePlan draw_baseline(const std::vector<Stretch>& healthy, double per_window, bool may_be_short,
                           Random& random) {
  BaselinePlan plan;
  for (const Stretch& s : healthy) plan.samples += static_cast<double>(s.last - s.first);
  // Only where there is enough to be short of: 3 to 20 windows' worth, as in simulation.
  if (plan.samples / per_window > 20 && may_be_short && random.chance(0.35))
    plan.part_used = random.uniform(3, 20) * per_window / plan.samples;
  const double independent = plan.samples * plan.part_used / per_window;
  // Four windows of each independent one at most: what overlaps more says nothing new and costs as much.
  plan.count = std::min(static_cast<double>(random.between(24, 140)), independent * 4);
  // Overlapping windows weigh together as many as the samples they cover.
  plan.weight = static_cast<float>(std::min(1.0, independent / std::max(plan.count, 1.0)));
  return plan;
}

}  // namespace

EpisodeMaker::RealPlan EpisodeMaker::draw_real(const RealMachine& real, Random& random) {
  RealPlan plan;
  std::size_t block_len = 0;
  bool rpm_stated = true;
  for (const Track& t : real.tracks) {
    block_len = std::max(block_len, t.block_len);
    rpm_stated = rpm_stated && t.shaft_hz > 0;
  }
  plan.speed_known = rpm_stated && random.chance(0.75);

  // Another rate and a speed a little off make several machines of one recording.
  // Down to 1.6 kHz, the least rate of the simulator. A block keeps 400 samples, above the 320 a piece is
  // measured from.
  double most = std::clamp(real.rate_hz / 1600, 1.0, 8.0);
  if (block_len > 0) most = std::clamp(static_cast<double>(block_len) / 400, 1.0, most);
  plan.decimation = random.chance(0.4) ? 1 : random.log_uniform(1, most);
  const int step_count = plan.speed_known ? random.between(1, 3) : 1;
  for (int i = 0; i < step_count; ++i) plan.steps.push_back(std::exp(random.uniform(-0.15, 0.15)));
  if (plan.speed_known) plan.new_steps = draw_speeds(random, std::exp(-0.2), 0.4, 3, plan.steps);
  plan.held_out = draw_held_out(real, plan.speed_known, random);

  for (std::size_t i = 0; i < real.tracks.size(); ++i) {
    const Track& t = real.tracks[i];
    std::size_t cut = t.samples.empty() ? 0 : index_at(random.uniform(0.4, 0.65), t.samples.size());
    // No block on both sides: baseline and queries would share its samples.
    if (t.block_len > 0) cut -= cut % t.block_len;
    Stretch before{i, 0, cut, t.shaft_hz}, after{i, cut, t.samples.size(), t.shaft_hz};
    if (random.chance(0.3)) std::swap(before, after);
    if (t.shaft_hz == plan.held_out) {
      plan.asked.push_back({i, 0, t.samples.size(), t.shaft_hz});
    } else {
      plan.healthy.push_back(before);
      plan.asked.push_back(after);
    }
  }
  TORPOR_ASSERT(!plan.asked.empty(), "train.a_recorded_machine_has_a_track");
  return plan;
}

// Spread evenly over the stretches, each by its share of time.
void EpisodeMaker::add_real_baseline(const RealPlan& plan, const WindowCutter& cutter,
                                     FeatureExtractor& measure, Random& random, MachineFeatures& out) {
  const double per_window = static_cast<double>(cutter.samples()) * plan.decimation;
  const BaselinePlan baseline = draw_baseline(plan.healthy, per_window, options_.short_baselines, random);
  std::vector<float> window;
  std::size_t turn = 0;
  for (const Stretch& s : plan.healthy) {
    const double offset = random.uniform(0, 1 - baseline.part_used);
    if (s.first == s.last) continue;
    // Counted in whole windows: places between 0 and 1 for all of them, also where a stretch's
    // share is not a whole number.
    const double share = static_cast<double>(s.last - s.first) / baseline.samples;
    const auto mine = static_cast<std::size_t>(std::ceil(baseline.count * share));
    for (std::size_t i = 0; i < mine; ++i) {
      const double step = plan.steps[turn++ % plan.steps.size()];
      // In the middle of each part, so that neither end is favoured.
      const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(mine);
      Span span;
      if (!cutter.cut(s, offset + baseline.part_used * place, step, window, span)) continue;
      add_to_baseline(measure, window, cutter.blocks(), plan.speed_known ? s.shaft_hz * step : 0,
                      baseline.weight, span, out);
    }
  }
}

// Damage and bumps come from a simulated machine that has this one's rate and speed.
void EpisodeMaker::add_real_queries(const RealPlan& plan, const WindowCutter& cutter,
                                    FeatureExtractor& measure, Random& random, MachineFeatures& out) {
  MachineFacts facts = draw_machine(random);
  facts.rate_hz = cutter.rate_hz();
  std::vector<float> window;
  for (std::size_t i = 0; i < options_.queries; ++i) {
    // The second half of the queries, in every machine: half at speeds the baseline has not seen.
    const bool want_new = !plan.new_steps.empty() && i >= options_.queries / 2;
    std::size_t pick = random.below(plan.asked.size());
    // A bounded search; whether the speed that was found is new, the baseline itself says in assemble().
    for (int tries = 0;
         tries < 8 && plan.held_out > 0 && (plan.asked[pick].shaft_hz == plan.held_out) != want_new; ++tries)
      pick = random.below(plan.asked.size());
    const Stretch& s = plan.asked[pick];
    const std::vector<double>& steps = want_new && plan.held_out < 0 ? plan.new_steps : plan.steps;
    const double step = steps[random.below(steps.size())];
    QueryFeatures query;
    if (!cutter.cut(s, random.uniform(), step, window, query.span)) continue;
    query.calibrated = !want_new;
    // One seed each: the damage of query i does not hang on how much the one before it drew.
    Machine machine(facts, random.next());
    Regime regime;
    // Without a stated speed the defect still has one.
    regime.shaft_hz = s.shaft_hz > 0 ? s.shaft_hz * step : facts.reference_hz;
    finish_query(machine, regime, measure, cutter.blocks(), plan.speed_known, window, query);
    out.queries.push_back(std::move(query));
  }
}

MachineFeatures EpisodeMaker::measure_real(const RealMachine& real, std::uint64_t seed) {
  Random random(seed, 3);
  const RealPlan plan = draw_real(real, random);
  const WindowCutter cutter(real, plan.decimation);
  FeatureExtractor& measure = extractor(cutter.rate_hz(), cutter.samples(), plan.speed_known);
  MachineFeatures out;
  out.real = true;
  out.speed_known = plan.speed_known;
  add_real_baseline(plan, cutter, measure, random, out);
  add_real_queries(plan, cutter, measure, random, out);
  return out;
}

}  // namespace torpor::train
