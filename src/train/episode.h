// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "features/raw.h"
#include "features/tokenizer.h"
#include "train/machine.h"

// From a machine to what the network is shown. The same extractor, baseline and tokenizer
// as on the robot: what is learned here is what will be asked there.
//
// An episode is one machine: a baseline from its healthy windows, and pairs of queries,
// each a healthy window and the same window with damage added. Baseline and queries come
// from different parts in time of a recording, else the network would learn that healthy
// means "already seen".
namespace torpor::train {

// One channel of a real recording of a healthy machine.
struct Track {
  std::vector<float> samples;
  double shaft_hz = 0;        // 0 = not known
  std::size_t block_len = 0;  // 0 = continuous; else pieces of so many samples, unrelated
};
// What may share a baseline: one machine, one channel, at one or more speeds.
struct RealMachine {
  std::string name;
  double rate_hz = 0;
  std::vector<Track> tracks;
};

// Where a window was cut, in samples of its track: for tests and for weights.
struct Span {
  std::size_t track = 0, first = 0, last = 0;  // [first, last)
};

struct QueryFeatures {
  RawFeatures healthy, damaged;
  float shaft_hz = 0;
  float level_db = 0;
  bool calibrated = true;
  Span span;
};
// Measured once, at most of the cost; baselines of different sizes are drawn from it.
struct MachineFeatures {
  bool real = false;
  bool speed_known = true;
  std::vector<RawFeatures> baseline;
  std::vector<float> baseline_hz, baseline_weight;
  std::vector<Span> baseline_span;
  std::vector<QueryFeatures> queries;
};

struct Query {
  TokenSet healthy, damaged;
  ClassicalScores healthy_scores, damaged_scores;
  float level_db = 0;
  bool calibrated = true;
};
struct Episode {
  std::vector<Query> queries;
  float n_eff = 0;
  bool real = false;
};

struct EpisodeOptions {
  double real_share = 0.3;
  std::size_t queries = 20;
  double level_lo_db = -22, level_hi_db = -2;
  bool short_baselines = true;  // 35 % of single-speed machines: a short, overlapping one
  bool bumps = true;            // driving bumps and gain steps on 30 % of the queries
};

class WindowCutter;

// One per thread. Keeps extractors (by rate, length and whether the speed is known) and
// scratch memory.
class EpisodeMaker {
 public:
  // `real` outlives the maker; may be empty, then every machine is simulated.
  EpisodeMaker(const std::vector<RealMachine>& real, const EpisodeOptions& options);

  // Machine number `seed`: the same features from the same seed, on any thread.
  MachineFeatures measure(std::uint64_t seed);
  // One baseline of it: all its healthy windows, or a part. Empty where the baseline is
  // refused (too small).
  std::optional<Episode> assemble(const MachineFeatures& features, std::uint64_t seed) const;

 private:
  using ExtractorKey = std::tuple<std::uint32_t, std::size_t, bool>;
  FeatureExtractor& extractor(double rate_hz, std::size_t samples, bool speed_known);
  // A simulated machine under measurement.
  struct SimulatedMachine {
    Machine& machine;
    FeatureExtractor& measure;
    bool bumpy = false;
    std::vector<float> a, b;  // windows, rendered in pairs
    std::size_t track = 0;    // the next; pieces that share no time have a track each
  };
  MachineFeatures measure_simulated(std::uint64_t seed);
  void add_short_baseline(const Regime& regime, SimulatedMachine& from, MachineFeatures& out);
  void add_long_baseline(const std::vector<Regime>& regimes, SimulatedMachine& from, MachineFeatures& out);
  void add_simulated(const Regime& regime, SimulatedMachine& from, std::vector<float>& window, float weight,
                     const Span& span, MachineFeatures& out);

  struct RealPlan;
  MachineFeatures measure_real(const RealMachine& machine, std::uint64_t seed);
  static RealPlan draw_real(const RealMachine& machine, Random& random);
  void add_real_baseline(const RealPlan& plan, const WindowCutter& cutter, FeatureExtractor& measure,
                         Random& random, MachineFeatures& out);
  void add_real_queries(const RealPlan& plan, const WindowCutter& cutter, FeatureExtractor& measure,
                        Random& random, MachineFeatures& out);

  void add_to_baseline(FeatureExtractor& extractor, const std::vector<float>& window, std::size_t blocks,
                       double shaft_hz, float weight, const Span& span, MachineFeatures& out);
  RawFeatures features_of(FeatureExtractor& extractor, const std::vector<float>& window, std::size_t blocks,
                          double shaft_hz);
  // The query's two halves from a healthy window: bumps, gain, damage.
  void finish_query(Machine& machine, const Regime& regime, FeatureExtractor& extractor, std::size_t blocks,
                    bool tell_speed, std::vector<float>& window, QueryFeatures& query);

  const std::vector<RealMachine>& real_;
  EpisodeOptions options_;
  std::map<ExtractorKey, FeatureExtractor> extractors_;
  std::vector<float> damage_;
};

}  // namespace torpor::train
