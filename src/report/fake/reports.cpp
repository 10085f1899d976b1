// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/fake/reports.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exact/random.h"
#include "power/declared_meter.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Random {
 public:
  explicit Random(std::uint64_t seed) : random_(seed) {}
  std::uint64_t bits() { return random_.next(); }
  double uniform() { return random_.uniform(); }
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
  std::uint64_t below(std::uint64_t n) { return bits() % n; }

 private:
  det::SplitMix64 random_;
};

constexpr PowerModel kPower{.idle_mw = 4000, .sample_mw = 4900, .infer_mw = 7600, .sleep_mw = 3900};
constexpr std::uint64_t kLateCycle = 200;
constexpr std::uint64_t kRestartCycle = 300;
constexpr std::uint64_t kSkipCycle = 355;
constexpr std::uint64_t kDropCycle = 430;
constexpr std::uint64_t kResidentCycle = 505;

Duration micros(double us) { return Duration(static_cast<std::int64_t>(us * 1000)); }

template <class Array>
auto& of(Array& array, Phase phase) {
  return array[static_cast<std::size_t>(phase)];
}

void fill_identity(CycleReport& r) {
  r.device = "amr-0173";
  r.boot_id = "5b1c02f4-8f0e-4a53-9a3f-6f3d1b9e2c71";
  r.sensor = "drive-left";
  r.contract.id = "amr-drive-2027a";
  for (std::size_t i = 0; i < 32; ++i) {
    r.contract.digest[i] = static_cast<std::byte>(0x4c + 37 * i);
    r.model[i] = static_cast<std::byte>(0xa1 + 91 * i);
  }
  r.contract.sequence = 7;
  r.contract.sample_ms = 5000;
  r.contract.sleep_ms = 55000;
  r.contract.interval_tolerance_ms = 500;
  r.contract.awake_limit_ms = 12000;
  r.contract.idle_mw = 4500;
  r.contract.active_mj_per_cycle = 6000;
  r.contract.mj_per_hour = 400000;
  r.contract.cycles_between_false_alarms = 576000;
}

// The robot as it goes from cycle to cycle.
struct Robot {
  const StoryForTest& story;
  Random random;
  BootTime slot{seconds(86400)};
  CycleReport before{};
  double evidence = 0;  // R
  bool latched = false;
  std::uint64_t crossing = 0;

  double damage(std::uint64_t cycle) const {
    if (cycle <= story.healthy || story.damaged == 0) return 0;
    return static_cast<double>(cycle - story.healthy) / static_cast<double>(story.damaged);
  }

  CycleReport cycle(std::uint64_t number) {
    CycleReport r;
    fill_identity(r);
    r.cycle = number;
    r.window = number + 40;
    fill_time(r);
    fill_data(r);
    judge(r);
    fill_cost(r);
    before = r;
    return r;
  }

  bool trouble(const CycleReport& r, std::uint64_t at) const { return story.with_trouble && r.cycle == at; }

  void fill_time(CycleReport& r) {
    const Duration period = r.contract.period();
    if (r.cycle > 1) slot += period;
    if (trouble(r, kSkipCycle)) {
      slot += period;
      r.slots_skipped = 1;
    }
    r.slot = slot;
    Duration late = micros(150 + 120 * std::fabs(random.normal()));
    if (trouble(r, kLateCycle)) late += milliseconds(1800);
    r.woke.boot = slot + late;
    r.woke.mono = MonoTime(r.woke.boot.time_since_epoch());
    r.woke.wall = WallTime(seconds(1'799'910'000)) + r.woke.boot.time_since_epoch();
    r.woke.synchronised = true;
    of(r.spent, Phase::wake) = micros(300 + 40 * random.normal());
    of(r.spent, Phase::sample) = milliseconds(r.contract.sample_ms) + micros(900 * random.uniform());
    of(r.spent, Phase::drain) = micros(1500 + 200 * random.normal());
    of(r.spent, Phase::infer) = micros(42000 + 1500 * random.normal());
    of(r.spent, Phase::release) = micros(700 + 60 * random.normal());
    if (r.cycle > 1 && !trouble(r, kRestartCycle)) {
      r.interval = r.woke.boot - before.woke.boot;
      Duration awake{};
      for (std::size_t i = 0; i < static_cast<std::size_t>(Phase::report); ++i) awake += before.spent[i];
      const Duration writing = micros(2200 + 300 * random.normal());
      r.slept_from = before.woke.boot + awake + writing;
      of(r.spent, Phase::report) = writing;
      of(r.spent, Phase::sleep) = r.woke.boot - r.slept_from;
      r.voluntary_switches_asleep = 1;
    }
    if (r.slots_skipped > 0 || (r.interval != Duration{} && r.interval - period > milliseconds(500)) ||
        (r.interval != Duration{} && period - r.interval > milliseconds(500))) {
      r.set(Breach::interval);
    }
    r.cpu = micros(31000 + 900 * random.normal());
  }

  void fill_data(CycleReport& r) {
    r.frames = 160;
    r.window_complete = true;
    r.queue_bytes = static_cast<std::uint32_t>(96000 + random.below(3000));
    r.context = {.rpm_milli = 1480000, .load_permille = 620, .temperature_mdeg = 41000};
    r.inferred = true;
    if (trouble(r, kDropCycle)) {
      r.drops = {14, 0, 3, 0, 5};
      r.queue_bytes = 288000;
      r.set(Breach::drops);
    }
    const double d = damage(r.cycle);
    r.indicators.axes = 3;
    for (std::size_t i = 0; i < 3; ++i) {
      AxisIndicators& axis = r.indicators.axis[i];
      const double gain = i == 1 ? 1 : 0.6;
      axis.rms_g =
          (0.12 + 0.01 * static_cast<double>(i)) * (1 + 0.9 * gain * d * d) + 0.004 * random.normal();
      axis.velocity_rms_mm_s =
          1.6 + 0.2 * static_cast<double>(i) + 0.6 * gain * d * d + 0.05 * random.normal();
      axis.kurtosis = 3.05 + 5.5 * gain * d * std::sqrt(d) + 0.12 * random.normal();
      axis.crest = 4.1 + 3.2 * gain * d + 0.25 * random.normal();
      axis.peaks[0] = {.hertz = 162.2, .prominence = 2 + 14 * d};
    }
  }

  void judge(CycleReport& r) {
    Verdict& v = r.verdict;
    v.log_alarm_threshold = std::log(static_cast<double>(r.contract.cycles_between_false_alarms));
    v.log_watch_threshold = v.log_alarm_threshold / 2;
    v.to_learn = static_cast<std::uint32_t>(story.learning);
    v.learned = static_cast<std::uint32_t>(std::min(r.cycle, story.learning));
    v.log_evidence = -1;
    const double d = damage(r.cycle);
    const double shift[kScores] = {8.5 * d, 6.5 * d, 5.0 * d * d};
    double mean = 0;
    for (std::size_t i = 0; i < kScores; ++i) {
      ScoreEvidence& score = v.score[i];
      score.z = r.cycle > story.learning / 2 ? 1.35 * random.normal() + shift[i] : 0;
      score.used = i < 2;
      score.e = std::min(240.0, 0.62 + 0.06 * std::exp(0.85 * score.z));
      if (score.used) mean += score.e / 2;
      r.scores.value[i] = 0.1 * score.z - 2;
    }
    if (r.cycle <= story.learning) {
      v.reason =
          r.cycle * 2 <= story.learning ? VerdictReason::learning_fit : VerdictReason::learning_calibration;
      for (ScoreEvidence& score : v.score) score.e = 1;
      return;
    }
    v.arming_epoch = 1;
    evidence = std::min(1e30, mean * (1 + evidence));
    v.log_evidence = std::max(-1.0, std::log(evidence));
    latched = latched || v.log_evidence >= v.log_alarm_threshold;
    if (latched && crossing == 0) crossing = r.cycle;
    v.latched = latched;
    v.first_crossing_cycle = crossing;
    v.kind = latched                                   ? VerdictKind::alarm
             : v.log_evidence >= v.log_watch_threshold ? VerdictKind::watch
                                                       : VerdictKind::healthy;
    if (v.kind != VerdictKind::healthy) v.explanation = "inner race, 162.2 Hz x1..x5, 12.1 kHz band, axis y";
  }

  void fill_cost(CycleReport& r) {
    const bool leaks = trouble(r, kResidentCycle);
    const bool leaked = story.with_trouble && r.cycle == kResidentCycle + 1;
    DeclaredMeter meter(kPower);
    for (std::size_t i = 0; i < kPhases; ++i) {
      const auto phase = static_cast<Phase>(i);
      r.energy_mj[i] = meter.lap(phase, r.spent[i], leaked && phase == Phase::sleep).mj;
    }
    r.energy_source = meter.source();
    r.energy_coverage = meter.coverage();
    r.budget_mj = 5400;
    r.residency = leaks ? ResidencyState::resident : ResidencyState::released;
    r.residency_note = leaks ? "compute device held by 1" : "no device held";
    if (leaks) r.set(Breach::residency);
    if (leaked) r.set(Breach::energy);
  }
};

// Fills fields with anything their types can hold.
class Arbitrary {
 public:
  explicit Arbitrary(std::uint64_t seed) : random_(seed) {}
  void ids_and_times(CycleReport& r);
  void judgement(CycleReport& r);
  void energy(CycleReport& r);

 private:
  template <class Text>
  void text(Text& into) {
    into.clear();
    const std::uint64_t size = random_.below(into.capacity() + 1);
    for (std::uint64_t i = 0; i < size; ++i) {
      const char c = static_cast<char>(' ' + random_.below(95));
      into.append(std::string_view(&c, 1));
    }
  }
  template <class T>
  void integer(T& into) {
    into = static_cast<T>(random_.bits() >> random_.below(64));
  }
  void real(double& into) {
    const double kSpecial[] = {0, -1, 1e300, -1e300, HUGE_VAL, -HUGE_VAL, std::nan("")};
    const std::uint64_t kind = random_.below(10);
    into = kind < std::size(kSpecial) ? kSpecial[kind] : random_.normal() * std::exp(20 * random_.normal());
  }
  void evidence(EvidenceBytes& into) {
    std::array<std::byte, kMaxEvidenceBytes> room;
    for (std::byte& b : room) b = static_cast<std::byte>(random_.bits());
    (void)into.assign(
        Bytes(room).first(random_.below(room.size() + 1)));  // fits: it is not longer than the room
  }
  void span(Duration& into) { into = Duration(static_cast<std::int64_t>(random_.bits())); }
  template <class T>
  void code(T& into, std::size_t count) {
    into = static_cast<T>(random_.below(count));
  }

  Random random_;
};

void Arbitrary::ids_and_times(CycleReport& r) {
  text(r.device), text(r.boot_id), text(r.sensor), text(r.contract.id);
  for (auto* digest : {&r.contract.digest, &r.model}) {
    for (std::byte& b : *digest) b = static_cast<std::byte>(random_.bits());
  }
  integer(r.cycle), integer(r.window), integer(r.contract.sequence);
  integer(r.contract.sample_ms), integer(r.contract.sleep_ms), integer(r.contract.interval_tolerance_ms);
  integer(r.contract.awake_limit_ms), integer(r.contract.idle_mw), integer(r.contract.active_mj_per_cycle);
  integer(r.contract.mj_per_hour), integer(r.contract.cycles_between_false_alarms);
  real(r.speed);
  Duration d{};
  span(d), r.slot = BootTime(d), span(d), r.woke.boot = BootTime(d), span(d), r.woke.mono = MonoTime(d);
  span(d), r.woke.wall = WallTime(d), span(d), r.slept_from = BootTime(d);
  r.woke.synchronised = random_.below(2) == 1;
  for (Duration& spent : r.spent) span(spent);
  span(r.interval), span(r.cpu);
  integer(r.slots_skipped), integer(r.voluntary_switches_asleep), integer(r.frames), integer(r.queue_bytes);
  for (auto& drops : r.drops) integer(drops);
}

void Arbitrary::judgement(CycleReport& r) {
  code(r.quality, kWindowQualities);
  r.window_complete = random_.below(2) == 1;
  integer(r.context.rpm_milli), integer(r.context.load_permille), integer(r.context.temperature_mdeg);
  r.inferred = random_.below(2) == 1;
  for (double& score : r.scores.value) real(score);
  r.scores.calibrated_speed = random_.below(2) == 1;
  code(r.verdict.kind, kVerdictKinds), code(r.verdict.reason, kVerdictReasons);
  for (ScoreEvidence& score : r.verdict.score) {
    real(score.z), real(score.e);
    score.used = random_.below(2) == 1;
  }
  real(r.verdict.log_evidence), real(r.verdict.log_alarm_threshold), real(r.verdict.log_watch_threshold);
  r.verdict.latched = random_.below(2) == 1;
  integer(r.verdict.learned), integer(r.verdict.to_learn);
  integer(r.verdict.arming_epoch), integer(r.verdict.first_crossing_cycle);
  integer(r.verdict.further.count), integer(r.verdict.further.newest_cycle);
  code(r.verdict.further.cause, kCrossingCauses);
  evidence(r.evidence), evidence(r.fallback_evidence);
  integer(r.unwritten), text(r.storage_note);
  text(r.verdict.explanation);
  r.indicators.axes = static_cast<std::uint32_t>(random_.below(kMaxAxes + 1));
  for (AxisIndicators& axis : r.indicators.axis) {
    real(axis.rms_g), real(axis.velocity_rms_mm_s), real(axis.kurtosis), real(axis.crest);
    for (EnvelopePeak& peak : axis.peaks) real(peak.hertz), real(peak.prominence);
  }
}

void Arbitrary::energy(CycleReport& r) {
  for (double& energy : r.energy_mj) real(energy);
  text(r.energy_source);
  code(r.residency, 3);
  text(r.residency_note);
  integer(r.breaches);
  code(r.slept_by, 2);
  integer(r.failed_resumes);
  text(r.sleep_note);
  text(r.stopped_for), text(r.state_note);
  span(r.stopped_after), span(r.unmeasured);
  text(r.energy_coverage), text(r.backend), text(r.backend_note);
  r.sleep_interpolated = random_.below(2) == 1;
  real(r.energy_error_mj), real(r.budget_mj);
  integer(r.idle_rail_mw);
  for (Duration& step : r.worker) span(step);
}

}  // namespace

std::vector<CycleReport> reports_for_test(const StoryForTest& story) {
  Robot robot{.story = story, .random = Random(story.seed)};
  std::vector<CycleReport> reports;
  reports.reserve(static_cast<std::size_t>(story.healthy + story.damaged));
  for (std::uint64_t cycle = 1; cycle <= story.healthy + story.damaged; ++cycle)
    reports.push_back(robot.cycle(cycle));
  return reports;
}

CycleReport arbitrary_report_for_test(std::uint64_t seed) {
  Arbitrary arbitrary(seed);
  CycleReport r;
  arbitrary.ids_and_times(r);
  arbitrary.judgement(r);
  arbitrary.energy(r);
  return r;
}

}  // namespace torpor
