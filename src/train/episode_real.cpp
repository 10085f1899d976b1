// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "train/episode.h"
#include "train/resample.h"

// Which windows of a machine are baseline and which are queries.
namespace torpor::train {
namespace {

constexpr double kSpeedRatio = 0.7;  // ln of the largest ratio of two speeds of a machine

// Speeds at least this far (ln) from every one in `taken`: more than the tokenizer's
// kNewSpeedDistance and the histogram's cell together.
constexpr double kApart = 0.12;

std::vector<double> draw_speeds(Random& random, double lowest, double ratio, std::size_t count,
                                const std::vector<double>& taken) {
  std::vector<double> speeds;
  for (int tries = 0; speeds.size() < count && tries < 100; ++tries) {
    const double hz = lowest * std::exp(random.uniform(0, ratio));
    const bool free = std::all_of(taken.begin(), taken.end(),
                                  [&](double t) { return std::abs(std::log(hz / t)) > kApart; });
    if (free) speeds.push_back(hz);
  }
  return speeds;
}

// A machine's query half: its slow drift since the baseline was learned.
Regime drifted(const Regime& regime, const std::vector<float>& drift) {
  Regime out = regime;
  for (std::size_t k = 0; k < out.shape.size(); ++k)
    out.shape[k] *= static_cast<float>(std::pow(10.0, static_cast<double>(drift[k]) / 20));
  return out;
}

}  // namespace

MachineFeatures EpisodeMaker::measure_simulated(std::uint64_t seed) {
  Machine machine(seed);
  const MachineFacts& facts = machine.facts();
  Random& random = machine.random();
  MachineFeatures out;
  out.speed_known = facts.speed_known;
  FeatureExtractor& measure = extractor(facts.rate_hz, facts.samples, facts.speed_known);
  auto told = [&](double hz) { return facts.speed_known ? hz : 0.0; };

  const double lowest = facts.reference_hz * std::exp(-random.uniform(0, kSpeedRatio));
  const std::size_t speed_count = random.chance(0.4) ? 1 : static_cast<std::size_t>(random.between(2, 4));
  std::vector<Regime> calibrated, unseen;
  std::vector<double> taken;
  for (double hz : draw_speeds(random, lowest, kSpeedRatio, speed_count, {})) {
    calibrated.push_back(machine.regime(hz));
    taken.push_back(hz);
  }
  if (facts.speed_known)
    for (double hz : draw_speeds(random, lowest * 0.9, kSpeedRatio + 0.2, 5, taken))
      unseen.push_back(machine.regime(hz));

  const std::size_t n = facts.samples;
  std::vector<float> a(n), b(n);
  const bool bumpy = random.chance(0.25);
  auto add = [&](std::vector<float>& window, double hz, float weight, Span span) {
    if (bumpy && random.chance(0.2)) machine.add_bumps(window);
    out.baseline.push_back(features_of(measure, window, facts.blocks, told(hz)));
    out.baseline_hz.push_back(static_cast<float>(told(hz)));
    out.baseline_weight.push_back(weight * out.baseline.back().weight);
    out.baseline_span.push_back(span);
  };
  std::size_t track = 0;
  if (options_.short_baselines && calibrated.size() == 1 && random.chance(0.35)) {
    // One short recording, cut with overlap: many windows, few independent ones.
    const double independent = random.uniform(3, 20);
    std::vector<float> recording(static_cast<std::size_t>(independent * static_cast<double>(n)));
    machine.render(calibrated[0], recording);
    const auto count = static_cast<std::size_t>(std::min(60.0, independent * random.uniform(1.5, 5)));
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = (recording.size() - n) * i / std::max<std::size_t>(count - 1, 1);
      a.assign(recording.begin() + static_cast<std::ptrdiff_t>(at),
               recording.begin() + static_cast<std::ptrdiff_t>(at + n));
      add(a, calibrated[0].shaft_hz, static_cast<float>(independent / static_cast<double>(count)),
          {track, at, at + n});
    }
    ++track;
  } else {
    const auto count = static_cast<std::size_t>(random.between(24, 140));
    for (std::size_t i = 0; i < count; i += 2) {
      const Regime& regime = calibrated[(i / 2) % calibrated.size()];
      machine.render(regime, a, b);
      add(a, regime.shaft_hz, 1, {track, 0, n});
      add(b, regime.shaft_hz, 1, {track + 1, 0, n});
      track += 2;
    }
  }

  const std::vector<float> drift = smooth_change(random, random.chance(0.25) ? random.uniform(0, 1.5) : 0.0);
  for (std::size_t i = 0; i < options_.queries; i += 2) {
    const bool at_new = !unseen.empty() && i >= options_.queries / 2;
    const Regime& regime = at_new ? unseen[(i / 2) % unseen.size()] : calibrated[(i / 2) % calibrated.size()];
    machine.render(drifted(regime, drift), a, b);
    for (std::vector<float>* window : {&a, &b}) {
      QueryFeatures query;
      query.calibrated = !at_new;
      query.span = {track++, 0, n};
      finish_query(machine, regime, measure, facts.blocks, facts.speed_known, *window, query);
      out.queries.push_back(std::move(query));
    }
  }
  return out;
}

MachineFeatures EpisodeMaker::measure_real(const RealMachine& real, std::uint64_t seed) {
  Random random(seed, 3);
  MachineFeatures out;
  out.real = true;
  std::size_t block_len = 0;
  bool rpm_stated = true;
  for (const Track& t : real.tracks) {
    block_len = std::max(block_len, t.block_len);
    rpm_stated = rpm_stated && t.shaft_hz > 0;
  }
  out.speed_known = rpm_stated && random.chance(0.75);

  // Another rate and a speed a little off make several machines of one recording.
  double most = std::clamp(real.rate_hz / 1600, 1.0, 8.0);
  if (block_len > 0) most = std::clamp(static_cast<double>(block_len) / 400, 1.0, most);
  const double decimation = random.chance(0.4) ? 1 : random.log_uniform(1, most);
  const double rate = real.rate_hz / decimation;
  std::vector<double> steps, new_steps;  // of reading, relative to the plain rate
  const std::size_t step_count = out.speed_known ? static_cast<std::size_t>(random.between(1, 3)) : 1;
  for (std::size_t i = 0; i < step_count; ++i) steps.push_back(std::exp(random.uniform(-0.15, 0.15)));
  if (out.speed_known) new_steps = draw_speeds(random, std::exp(-0.2), 0.4, 3, steps);

  // With several speeds recorded some may be kept for the queries alone.
  std::vector<double> speeds;
  for (const Track& t : real.tracks)
    if (std::find(speeds.begin(), speeds.end(), t.shaft_hz) == speeds.end()) speeds.push_back(t.shaft_hz);
  double held_out = -1;
  if (out.speed_known && speeds.size() > 1 && random.chance(0.6))
    held_out = speeds[random.below(speeds.size())];

  std::size_t blocks = 1, block_out = 0, n = static_cast<std::size_t>(std::clamp(rate / 2, 800.0, 12800.0));
  if (block_len > 0) {
    block_out = static_cast<std::size_t>(static_cast<double>(block_len) / decimation / 1.18);
    blocks = std::max<std::size_t>(1, (n + block_out / 2) / block_out);
    n = blocks * block_out;
  }
  FeatureExtractor& measure = extractor(rate, n, out.speed_known);

  // Of each track one side of a cut in time is for the baseline, the other for queries.
  struct Stretch {
    std::size_t track, first, last;
    double shaft_hz;
  };
  std::vector<Stretch> healthy, asked;
  for (std::size_t i = 0; i < real.tracks.size(); ++i) {
    const Track& t = real.tracks[i];
    auto cut = static_cast<std::size_t>(static_cast<double>(t.samples.size()) * random.uniform(0.4, 0.65));
    if (t.block_len > 0) cut -= cut % t.block_len;
    Stretch before{i, 0, cut, t.shaft_hz}, after{i, cut, t.samples.size(), t.shaft_hz};
    if (random.chance(0.3)) std::swap(before, after);
    if (t.shaft_hz == held_out) {
      asked.push_back({i, 0, t.samples.size(), t.shaft_hz});
    } else {
      healthy.push_back(before);
      asked.push_back(after);
    }
  }

  // Reads one window out of a stretch, at a place given as a part (0..1) of it.
  std::vector<float> window(n);
  auto cut_window = [&](const Stretch& s, double part, double step, Span& span) {
    const Track& t = real.tracks[s.track];
    const double per_sample = decimation * step;
    if (block_out > 0) {
      const std::size_t have = (s.last - s.first) / block_len;
      const std::size_t first =
          static_cast<std::size_t>(part * static_cast<double>(have >= blocks ? have - blocks + 1 : 1));
      if (have < blocks) return false;
      for (std::size_t k = 0; k < blocks; ++k) {
        const std::size_t at = s.first + (first + k) * block_len;
        const double margin = static_cast<double>(block_len) - static_cast<double>(block_out) * per_sample;
        read_at({t.samples.data() + at, block_len}, std::max(0.0, margin / 2), per_sample,
                {window.data() + k * block_out, block_out});
      }
      span = {s.track, s.first + first * block_len, s.first + (first + blocks) * block_len};
      return true;
    }
    const double need = static_cast<double>(n) * per_sample, have = static_cast<double>(s.last - s.first);
    if (have < need + 2) return false;
    const double at = part * (have - need - 1);
    read_at({t.samples.data() + s.first, s.last - s.first}, at, per_sample, window);
    span = {s.track, s.first + static_cast<std::size_t>(at),
            std::min(s.last, s.first + static_cast<std::size_t>(at + need) + 1)};
    return true;
  };

  // The baseline: spread evenly over the stretches, each by its share of time.
  double total = 0;
  for (const Stretch& s : healthy) total += static_cast<double>(s.last - s.first);
  const double per_window = static_cast<double>(n) * decimation;
  double part_used = 1;
  if (total / per_window > 20 && options_.short_baselines && random.chance(0.35))
    part_used = random.uniform(3, 20) * per_window / total;
  const double independent = total * part_used / per_window;
  const double count = std::min(static_cast<double>(random.between(24, 140)), independent * 4);
  const float weight = static_cast<float>(std::min(1.0, independent / std::max(count, 1.0)));
  std::size_t turn = 0;
  for (const Stretch& s : healthy) {
    const double mine = count * static_cast<double>(s.last - s.first) / total;
    const double offset = random.uniform(0, 1 - part_used);
    for (double i = 0; i < mine; ++i) {
      const double step = steps[turn++ % steps.size()];
      Span span;
      if (!cut_window(s, offset + part_used * (i + 0.5) / std::max(mine, 1.0), step, span)) continue;
      const double hz = out.speed_known ? s.shaft_hz * step : 0;
      out.baseline.push_back(features_of(measure, window, blocks, hz));
      out.baseline_hz.push_back(static_cast<float>(hz));
      out.baseline_weight.push_back(weight * out.baseline.back().weight);
      out.baseline_span.push_back(span);
    }
  }

  // Damage and bumps come from a simulated machine that has this one's rate and speed.
  MachineFacts facts = draw_machine(random);
  facts.rate_hz = rate;
  for (std::size_t i = 0; i < options_.queries; ++i) {
    const bool want_new = !new_steps.empty() && i >= options_.queries / 2;
    std::size_t pick = random.below(asked.size());
    for (int tries = 0; tries < 8 && held_out > 0 && (asked[pick].shaft_hz == held_out) != want_new; ++tries)
      pick = random.below(asked.size());
    const Stretch& s = asked[pick];
    const double step = want_new && held_out < 0 ? new_steps[random.below(new_steps.size())]
                                                 : steps[random.below(steps.size())];
    QueryFeatures query;
    if (!cut_window(s, random.uniform(), step, query.span)) continue;
    query.calibrated = !want_new;
    Machine machine(facts, random.next());
    Regime regime;
    // Without a stated speed the defect still has one.
    regime.shaft_hz = s.shaft_hz > 0 ? s.shaft_hz * step : facts.reference_hz;
    finish_query(machine, regime, measure, blocks, out.speed_known, window, query);
    out.queries.push_back(std::move(query));
  }
  return out;
}

}  // namespace torpor::train
