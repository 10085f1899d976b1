// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A month of a thousand robots that are parked half of the time, start, stop, and drive at several
// speeds over good floors and bad: no alarm, and nothing learned but driving. Some machines go
// through the real pipeline (state of the machine, measurement, own baseline, shipped network); what
// they show is dealt out by regime, and every robot judges what it is dealt by a judge of its own.
// TORPOR_LONG_TESTS=1 takes the whole month, else two days.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/fake/memory_files.h"
#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "contract/fake/example_contract.h"
#include "exact/random.h"
#include "sensor/simulated/simulated_bearing.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

enum class Regime : std::uint8_t { standing, starting, stopping, slow, middle, fast, rough };
constexpr std::size_t kRegimes = 7;
constexpr std::size_t kFirstDriven = 3;

struct Shown {
  MachineFacts machine;
  CycleScores scores;
};
using Pools = std::array<std::vector<Shown>, kRegimes>;
struct Machine {
  Pools sound;
  Pools damaged;
};

bool whole_month() { return std::getenv("TORPOR_LONG_TESTS") != nullptr; }

struct Size {
  std::uint64_t machines, windows, robots, cycles;
  std::uint32_t fit, calibration;
};
Size size() {
  if (whole_month())
    return {.machines = 8, .windows = 400, .robots = 1000, .cycles = 43'200, .fit = 720, .calibration = 1440};
  return {.machines = 4, .windows = 60, .robots = 1000, .cycles = 2880, .fit = 240, .calibration = 480};
}

template <class T>
T must(Result<T> result) {
  if (!result) __builtin_trap();
  return *std::move(result);
}

Contract month_contract() {
  Terms t = incident_contract(59'500).terms();
  const Size s = size();
  // Robots x cycles x 100: a hundred such months to a false alarm.
  t.alarm.cycles_between_false_alarms = s.robots * s.cycles * 100;
  t.alarm.fit_cycles = s.fit;
  t.alarm.calibration_cycles = s.calibration;
  t.alarm.score_tolerance_mmad = 500;
  return contract_for_test(t);
}

SimConfig config_of(Regime regime, std::uint64_t seed, bool states_speed) {
  SimConfig config{.seed = seed, .states_speed = states_speed};
  if (regime == Regime::standing) config.rpm = 0;
  if (regime == Regime::slow) config.rpm = 900;
  if (regime == Regime::fast) config.rpm = 2700;
  if (regime == Regime::rough) config.bumps_per_s = 2;
  if (regime == Regime::starting || regime == Regime::stopping) {
    config.park_windows = 1;
    config.drive_windows = 2;
  }
  return config;
}

// One machine and what is made of its windows.
class Line {
 public:
  Line(const Contract& contract, Backend& backend, std::uint64_t seed)
      : contract_(contract), seed_(seed), states_speed_(seed % 2 == 0) {
    must_be(files_.make_directories("/state"));
    appraiser_ = must(Appraiser::make(contract, 0, {backend, files_}, {"/state", 0}, nullptr));
    for (std::size_t i = 0; i < kRegimes; ++i) sound_[i] = source(static_cast<Regime>(i), 0);
    for (std::size_t i = 0; appraiser_->judge().state() == JudgeState::learning_fit; ++i)
      look(*sound_[kFirstDriven + i % (kRegimes - kFirstDriven)]);
  }

  Machine shown(std::uint64_t windows) {
    Machine machine;
    for (std::size_t i = 0; i < kRegimes; ++i) {
      const auto regime = static_cast<Regime>(i);
      machine.sound[i] = pool(*sound_[i], regime, windows);  // going on behind the fit
      const bool driven = i >= kFirstDriven;
      machine.damaged[i] = driven ? pool(*source(regime, 10), regime, windows / 4) : machine.sound[i];
    }
    return machine;
  }

 private:
  static void must_be(const Status& status) {
    if (!status) __builtin_trap();
  }
  std::unique_ptr<SampleSource> source(Regime regime, double severity) const {
    SimConfig config = config_of(regime, seed_, states_speed_);
    if (severity > 0) config.fault = BearingFault::outer;
    config.severity = severity;
    return must(SimulatedBearing::make(config, contract_, 0));
  }
  std::vector<Shown> pool(SampleSource& from, Regime regime, std::uint64_t windows) {
    std::vector<Shown> pool;
    // Where it parks for one window and drives for two, it stands, starts and stops in turns.
    const bool in_turns = regime == Regime::starting || regime == Regime::stopping;
    const std::uint64_t wanted = regime == Regime::starting ? 1 : 2;
    for (std::uint64_t number = 0; pool.size() < windows; ++number) {
      const Shown shown = look(from);
      if (!in_turns || number % 3 == wanted) pool.push_back(shown);
    }
    return pool;
  }
  Shown look(SampleSource& from) {
    const SensorTerms& sensor = contract_.terms().sensors()[0];
    const auto samples = static_cast<std::uint32_t>(window_samples(contract_.terms().duty, sensor));
    must_be(from.start(++cycle_, samples, clock_.now()));
    const Context first = from.context();
    clock_.advance(std::chrono::minutes(1));
    samples_.clear();
    for (auto step = must(from.poll(clock_.now())); step.frame; step = must(from.poll(clock_.now())))
      samples_.insert(samples_.end(), step.frame->samples.begin(), step.frame->samples.end());
    constexpr std::uint32_t kOneBlock[] = {0};
    const Window window{.id = cycle_,
                        .sensor = 0,
                        .rate_mhz = sensor.rate_mhz,
                        .axes = sensor.axes,
                        .scale_pg = from.describe().scale_pg,
                        .samples = samples_,
                        .block_starts = kOneBlock,
                        .context = first,
                        .context_end = from.context()};
    Shown shown{
        .machine = judge_machine(window, sensor, contract_.terms().machine, appraiser_->known_running()),
        .scores = {}};
    if (shown.machine.state == MachineState::steady)
      shown.scores = appraiser_->appraise(cycle_, window, WindowQuality::good).scores;
    return shown;
  }

  const Contract& contract_;
  std::uint64_t seed_;
  bool states_speed_;
  MemoryFiles files_;
  FakeClock clock_;
  std::unique_ptr<Appraiser> appraiser_;
  std::array<std::unique_ptr<SampleSource>, kRegimes> sound_;
  std::vector<std::int16_t> samples_;
  std::uint64_t cycle_ = 0;
};

std::vector<Machine> machines_of(const Contract& contract) {
  PosixFiles files;
  const auto model = must(ModelFile::open(files, in_source("data/detector.model"), {}));
  CpuBackend backend;
  if (!backend.load(*model, Appraiser::batch_size(contract, 0))) __builtin_trap();
  std::vector<Machine> made;
  for (std::uint64_t seed = 1; seed <= size().machines; ++seed)
    made.push_back(Line(contract, backend, seed).shown(size().windows));
  return made;
}

constexpr MachineState truth(Regime regime) {
  if (regime == Regime::standing) return MachineState::standing;
  if (regime == Regime::starting || regime == Regime::stopping) return MachineState::changing;
  return MachineState::steady;
}

// A robot's days: as long parked as driving, in spells of its own length.
class Days {
 public:
  explicit Days(std::uint64_t seed) : random_(det::mix(seed)) {
    constexpr double kSpells[] = {4, 30, 240};  // cycles, mean
    leaves_ = 1 / kSpells[seed % 3];
    regime_ = seed % 2 == 0 ? Regime::standing : Regime::middle;
  }
  Regime next() {
    if (regime_ == Regime::standing) {
      if (random_.uniform() < leaves_) regime_ = Regime::starting;
    } else if (regime_ == Regime::stopping) {
      regime_ = Regime::standing;
    } else if (regime_ != Regime::starting && random_.uniform() < leaves_) {
      regime_ = Regime::stopping;
    } else if (regime_ == Regime::starting || random_.uniform() < 0.5) {
      regime_ = static_cast<Regime>(kFirstDriven + random_.next() % (kRegimes - kFirstDriven));
    }
    return regime_;
  }
  const Shown& deal(const Pools& pools) {
    const auto& pool = pools[static_cast<std::size_t>(regime_)];
    return pool[random_.next() % pool.size()];
  }

 private:
  det::SplitMix64 random_;
  double leaves_;
  Regime regime_;
};

// As the duty loop drives it (duty/sensor_watch.cpp).
void judge(Judge& judge, std::uint64_t cycle, const Shown& shown) {
  if (shown.machine.state == MachineState::standing) {
    judge.missed(cycle, VerdictReason::standing);
  } else if (shown.machine.state == MachineState::changing) {
    judge.missed(cycle, VerdictReason::changing);
  } else if (shown.machine.contradicts) {
    judge.distrusted(cycle, VerdictReason::speed_contradicts);
  } else if (judge.state() == JudgeState::learning_fit) {
    judge.fitted(cycle);
  } else {
    judge.scored(cycle, shown.scores);
  }
}

void expect_same(const Judge& parked, const Judge& driven) {
  EXPECT_EQ(parked.state(), driven.state());
  EXPECT_EQ(parked.learned(), driven.learned());
  EXPECT_EQ(parked.evidence().log_r, driven.evidence().log_r);
  EXPECT_EQ(parked.evidence().last_cycle, driven.evidence().last_cycle);
  EXPECT_EQ(parked.latched(), driven.latched());
}

class ParkingMonth : public ::testing::Test {
 protected:
  static const Contract& contract() {
    static const Contract made = month_contract();
    return made;
  }
  // Made once for all tests.
  static const std::vector<Machine>& machines() {
    static const std::vector<Machine> made = machines_of(contract());
    return made;
  }
  static const Machine& machine_of(std::uint64_t robot) { return machines()[robot % machines().size()]; }
  static Judge new_judge() {
    return Judge(contract().terms().alarm, baseline_key(contract().terms(), 0, "cpu"));
  }
};

TEST_F(ParkingMonth, every_window_is_known_for_what_the_machine_did) {
  for (const Machine& machine : machines())
    for (const Pools* pools : {&machine.sound, &machine.damaged})
      for (std::size_t i = 0; i < kRegimes; ++i)
        for (const Shown& shown : (*pools)[i]) {
          EXPECT_EQ(name(shown.machine.state), name(truth(static_cast<Regime>(i))))
              << "regime " << i << ", " << shown.machine.quietest_ug << " to " << shown.machine.loudest_ug;
          EXPECT_FALSE(shown.machine.contradicts);
        }
}

TEST_F(ParkingMonth, no_robot_alarms_and_what_each_learned_is_what_it_learned_driving) {
  const Size s = size();
  std::array<std::uint64_t, kMachineStates> states{}, expected{};
  std::uint64_t alarms = 0, armed = 0, interleaved = 0, refused = 0;
  double highest = kNoEvidence;
  for (std::uint64_t robot = 0; robot < s.robots; ++robot) {
    Days days(robot + 1);
    Judge parked = new_judge(), driven = new_judge();
    const bool twin = robot % 20 == 0;
    for (std::uint64_t cycle = 1; cycle <= s.cycles; ++cycle) {
      ++expected[static_cast<std::size_t>(truth(days.next()))];
      const Shown& shown = days.deal(machine_of(robot).sound);
      ++states[static_cast<std::size_t>(shown.machine.state)];
      judge(parked, cycle, shown);
      if (twin && shown.machine.state == MachineState::steady) judge(driven, cycle, shown);
    }
    alarms += parked.latched();
    armed += parked.state() == JudgeState::armed;
    refused += parked.state() == JudgeState::not_armed;
    if (parked.state() == JudgeState::armed) {
      interleaved += parked.calibration().detectors == kInterleaved;
      highest = std::max(highest, Sequential(parked.evidence()).log_evidence());
    }
    if (twin) expect_same(parked, driven);
  }
  std::printf(
      "  %llu robots x %llu cycles: standing %llu, changing %llu, steady %llu; armed %llu (%llu "
      "interleaved), "
      "refused %llu, alarms %llu, highest ln R at the end %.2f of %.2f\n",
      static_cast<unsigned long long>(s.robots), static_cast<unsigned long long>(s.cycles),
      static_cast<unsigned long long>(states[1]), static_cast<unsigned long long>(states[2]),
      static_cast<unsigned long long>(states[3]), static_cast<unsigned long long>(armed),
      static_cast<unsigned long long>(interleaved), static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(alarms), highest,
      std::log(static_cast<double>(contract().terms().alarm.cycles_between_false_alarms)));
  EXPECT_EQ(alarms, 0u);
  EXPECT_EQ(states, expected);
  EXPECT_EQ(states[0], 0u);
  // Half of the time, and starts and stops beside it.
  const auto all = static_cast<double>(s.robots * s.cycles);
  EXPECT_NEAR(static_cast<double>(states[1]) / all, 0.48, 0.06);
  EXPECT_GT(static_cast<double>(states[2]) / all, 0.03);
  EXPECT_GE(armed, s.robots * 95 / 100);
}

TEST_F(ParkingMonth, a_robot_whose_bearing_fails_alarms_though_it_is_parked_half_of_the_time) {
  constexpr std::uint64_t kRobots = 40;
  std::uint64_t alarms = 0, armed = 0;
  for (std::uint64_t robot = 0; robot < kRobots; ++robot) {
    Days days(robot + 1);
    Judge judged = new_judge();
    std::uint64_t cycle = 0;
    for (; cycle < size().cycles && judged.state() != JudgeState::armed; ++cycle) {
      days.next();
      judge(judged, cycle + 1, days.deal(machine_of(robot).sound));
    }
    if (judged.state() != JudgeState::armed) continue;
    ++armed;
    for (std::uint64_t i = 0, driven = 0; driven < 400 && !judged.latched(); ++i) {
      driven += truth(days.next()) == MachineState::steady;
      judge(judged, ++cycle, days.deal(machine_of(robot).damaged));
    }
    alarms += judged.latched();
  }
  EXPECT_GE(armed, kRobots * 9 / 10);
  EXPECT_GE(alarms, armed * 9 / 10);
}

}  // namespace
}  // namespace torpor
