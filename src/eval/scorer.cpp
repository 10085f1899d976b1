// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/scorer.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "features/tokenizer.h"

namespace torpor::eval {
namespace {

// Per recording: the share of its windows' samples that are not shared with one another.
std::map<std::size_t, double> own_share(const WindowList& windows) {
  std::map<std::size_t, std::vector<Range>> ranges;
  for (const MeasuredWindow* w : windows) ranges[w->recording].push_back({w->first, w->last});
  std::map<std::size_t, double> share;
  for (auto& [recording, list] : ranges) {
    // By begin, so that one mark of how far was covered is enough: O(n log n).
    std::sort(list.begin(), list.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::uint64_t covered = 0, total = 0, reached = 0;
    for (const Range& r : list) {
      total += r.last - r.first;
      covered += r.last - std::min(r.last, std::max(r.first, reached));
      reached = std::max(reached, r.last);
    }
    share[recording] = static_cast<double>(covered) / static_cast<double>(std::max<std::uint64_t>(total, 1));
  }
  return share;
}

double independent(const WindowList& windows) {
  const auto share = own_share(windows);
  double sum = 0;
  for (const MeasuredWindow* w : windows)
    for (std::size_t i = 0; i < w->per_axis(); ++i)
      sum += static_cast<double>(w->raw[i].weight) * share.at(w->recording);
  return sum;
}

}  // namespace

Result<MachineBaseline> fit(const WindowList& healthy) {
  // Over all recordings before any axis: each window weighs what its recording's overlap leaves it.
  const auto share = own_share(healthy);
  MachineBaseline out;
  const std::uint32_t axes = healthy.empty() ? 1 : healthy[0]->axes;
  const bool has_speed = !healthy.empty() && healthy[0]->shaft_hz > 0;
  for (std::uint32_t axis = 0; axis < axes; ++axis) {
    BaselineBuilder builder(has_speed);
    for (const MeasuredWindow* w : healthy)
      for (std::size_t i = 0; i < w->per_axis(); ++i) {
        const RawFeatures& raw = w->raw[axis * w->per_axis() + i];
        // One without a speed adds nothing to a baseline that knows speeds.
        (void)builder.add(raw, w->shaft_hz, raw.weight * static_cast<float>(share.at(w->recording)));
      }
    TORPOR_TRY(auto baseline, builder.finish());
    out.axis.push_back(std::move(baseline));
  }
  return out;
}

Result<CycleScores> Scorer::score(const MachineBaseline& baseline, const MeasuredWindow& window) {
  CycleScores scores;
  // Axes have met the same speeds.
  scores.calibrated_speed = is_calibrated_speed(*baseline.axis[0], window.shaft_hz);
  const std::size_t total = window.raw.size();
  // In batches of what the backend was loaded for.
  for (std::size_t first = 0; first < total; first += kScoreBatch) {
    const std::size_t count = std::min(kScoreBatch, total - first);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t axis = (first + i) / window.per_axis();
      const ClassicalScores classical =
          tokenize(window.raw[first + i], *baseline.axis[axis], window.shaft_hz, sets_[i]);
      scores.value[static_cast<std::size_t>(Score::log_band)] += static_cast<double>(classical.log_band);
      scores.value[static_cast<std::size_t>(Score::kurtosis)] += static_cast<double>(classical.kurtosis);
    }
    TORPOR_CHECK(backend_.run(std::span(sets_).first(count), std::span(logits_).first(count)));
    // Each run is paired with a release, as on the robot: the seam demands it (model/backend.h).
    TORPOR_CHECK(backend_.release());
    for (std::size_t i = 0; i < count; ++i)
      scores.value[static_cast<std::size_t>(Score::logit)] += static_cast<double>(logits_[i]);
  }
  for (double& v : scores.value) v /= static_cast<double>(total);
  return scores;
}

Result<std::vector<CycleScores>> Scorer::score(const MachineBaseline& baseline, const WindowList& windows) {
  std::vector<CycleScores> out;
  for (const MeasuredWindow* w : windows) {
    TORPOR_TRY(const CycleScores s, score(baseline, *w));
    out.push_back(s);
  }
  return out;
}

Result<HeldOut> held_out_scores(Scorer& scorer, const WindowList& healthy) {
  // More parts where there is little: each then takes less away from what is left to learn.
  const std::size_t parts = independent(healthy) >= 40 ? 4 : 8;
  // Which part of its own recording each window lies in.
  std::map<std::size_t, std::vector<const MeasuredWindow*>> by_recording;
  for (const MeasuredWindow* w : healthy) by_recording[w->recording].push_back(w);
  std::vector<WindowList> groups(parts);
  for (auto& [recording, list] : by_recording) {
    std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->first < b->first; });
    // Runs in time, not every fourth window: neighbours resemble each other, and would flatter the score.
    for (std::size_t i = 0; i < list.size(); ++i) groups[i * parts / list.size()].push_back(list[i]);
  }
  HeldOut out;
  for (const WindowList& group : groups) {
    WindowList rest;
    for (const MeasuredWindow* w : healthy)
      // O(n^2 / parts) comparisons, of some thousand windows.
      if (std::none_of(group.begin(), group.end(), [&](auto* g) { return w->overlaps(*g); }))
        rest.push_back(w);
    if (group.empty()) continue;
    auto baseline = fit(rest);
    if (!baseline) continue;  // too little is left: these windows get no score
    TORPOR_TRY(auto scores, scorer.score(*baseline, group));
    out.windows.insert(out.windows.end(), group.begin(), group.end());
    out.scores.insert(out.scores.end(), scores.begin(), scores.end());
  }
  return out;
}

}  // namespace torpor::eval
