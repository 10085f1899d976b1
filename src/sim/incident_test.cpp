// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The night of the incident, three causes, each as a test of the real roles on stepped time,
// and each once more with the old habit put back, to see the judge catch it.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kLearning = 240;  // fit and calibration of incident_contract()

class IncidentTest : public ::testing::Test {
 protected:
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000}};
  }

  FakeClock clock_;
  const Contract contract_ = incident_contract(5500);
  TaggedSource source_{contract_};
  WatchedBackend backend_{clock_};
};

// --- (a) backlog ----------------------------------------------------------------------

TEST_F(IncidentTest, backlog_after_a_ten_minute_cut_each_cycle_infers_once_on_its_own_window) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kLearning + 10);
  ASSERT_EQ(robot.reports().size(), kLearning + 10);
  robot.link().cut(MemoryLinkPair::Cut::hold);
  robot.run_for(minutes(10));
  const std::size_t at_restore = robot.reports().size();
  const std::size_t runs_before = backend_.runs().size();
  robot.link().restore();
  robot.run_cycles(20);

  EXPECT_EQ(backlog_violations(backend_.runs(), contract_), std::vector<std::string>{});
  EXPECT_EQ(robot.reports().size(), at_restore + 20);
  std::size_t inferred = 0;
  for (std::size_t i = at_restore; i < robot.reports().size(); ++i) {
    const CycleReport& report = robot.reports()[i];
    EXPECT_EQ(report.interval, contract_.period()) << "cycle " << report.cycle;
    if (!report.inferred) continue;
    ++inferred;
    EXPECT_EQ(static_cast<std::uint64_t>(report.context.temperature_mdeg), report.window);
  }
  EXPECT_EQ(inferred, backend_.runs().size() - runs_before);
  EXPECT_GE(inferred, 19u) << "the link is whole again: at most the first cycle may be lost";
}

// The old firmware against the loop that ships: everything it kept arrives, and is dropped.
class BufferingFirmwareTest : public IncidentTest {
 protected:
  OwnSide side(LinkRole role, std::uint64_t epoch) const {
    return {
        .role = role, .boot_epoch = epoch, .contract = &contract_, .bundle = {}, .peer_timeout = minutes(30)};
  }
  template <class DetectorRole>
  void run(MemoryLinkPair& link, DetectorRole& detector, BufferingSampler& sampler) {
    SteppedWorld world(clock_);
    const auto events = [&](Link& end) {
      return SteppedWorld::LinkEvents{.readable = [&] { return link.readable(end); },
                                      .writable = [&] { return link.writable(end); }};
    };
    world.add(sampler, events(link.listener()));
    world.add(detector, events(link.dialer()));
    const auto until = [&](Duration time) { world.run_until(clock_.now().boot + time); };
    until((kLearning + 10) * contract_.period());
    link.cut(MemoryLinkPair::Cut::hold);
    until(minutes(10));
    link.restore();
    until(20 * contract_.period());
  }
  const OwnSide detector_side_ = side(LinkRole::detector, 1);
  const OwnSide sampler_side_ = side(LinkRole::sampler, 2);
};

class Reports final : public DutyListener {
 public:
  Status agreed() override { return {}; }
  Status reported(const CycleReport& report) override {
    all.push_back(report);
    return {};
  }
  std::vector<CycleReport> all;
};

TEST_F(BufferingFirmwareTest, backlog_of_a_sampler_that_buffers_is_dropped_and_counted_not_inferred) {
  MemoryLinkPair link({});
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("/state").ok());
  auto appraiser = Appraiser::make(contract_, 0, {backend_, files}, {"/state", 0}, nullptr);
  ASSERT_TRUE(appraiser.ok());
  QueueMemory memory(contract_);
  DeclaredMeter meter({.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000});
  auto budget = StoredBudget::open(files, "/state", contract_.terms(), "stepped", clock_.now().boot);
  ASSERT_TRUE(budget.ok());
  Reports reports;
  Detector detector({.link = link.dialer(),
                     .clock = clock_,
                     .own = detector_side_,
                     .backend = backend_,
                     .residency = backend_.device(),
                     .sensor = {.appraiser = **appraiser, .memory = memory.memory()},
                     .meter = meter,
                     .budget = *budget,
                     .listener = reports},
                    {.device = "robot", .boot_id = "stepped"});
  BufferingSampler sampler(link.listener(), clock_, source_, sampler_side_);
  run(link, detector, sampler);

  EXPECT_GT(sampler.most_buffered(), 100u) << "the old firmware did not even buffer";
  EXPECT_EQ(backlog_violations(backend_.runs(), contract_), std::vector<std::string>{});
  std::uint64_t stale = 0;
  for (const CycleReport& report : reports.all)
    stale += report.drops[static_cast<std::size_t>(DropReason::epoch)];
  // One frame a window, one window a period: ten minutes of them.
  EXPECT_GE(stale, 100u);
  EXPECT_TRUE(reports.all.back().inferred);
}

TEST_F(BufferingFirmwareTest, backlog_switch_the_old_loop_infers_over_all_of_it_and_is_caught) {
  MemoryLinkPair link({});
  BacklogDetector detector(link.dialer(), clock_, backend_, detector_side_);
  BufferingSampler sampler(link.listener(), clock_, source_, sampler_side_);
  run(link, detector, sampler);
  EXPECT_GE(backlog_violations(backend_.runs(), contract_).size(), 50u);
}

// --- (b) residency --------------------------------------------------------------------

class ResidencyIncidentTest : public IncidentTest {
 protected:
  // Runs until the network runs, then lets the device leak; the cycles it stayed hot after.
  std::vector<std::uint64_t> run_leaking(Robot& robot) {
    robot.run_cycles(kLearning + 5);
    backend_.device().leak(true);
    std::vector<std::uint64_t> hot;
    for (int i = 0; i < 5; ++i) {
      robot.run_cycles(1);
      if (backend_.device().holders() > 0) hot.push_back(robot.reports().back().cycle);
    }
    return hot;
  }
};

TEST_F(ResidencyIncidentTest, residency_a_device_that_never_releases_is_a_breach_in_the_same_cycle) {
  Robot robot(setup(), clock_);
  const auto hot = run_leaking(robot);
  ASSERT_EQ(hot.size(), 5u);
  EXPECT_EQ(residency_violations(robot.reports(), hot), std::vector<std::string>{});
  EXPECT_FALSE(robot.reports()[kLearning + 4].has(Breach::residency)) << "before the leak";
  // It is looked at once more at the contract's deadline, not before and not later.
  EXPECT_EQ(robot.reports().back().spent[static_cast<std::size_t>(Phase::release)],
            std::chrono::milliseconds(contract_.terms().power.release_deadline_ms));
  EXPECT_EQ(robot.reports().back().residency, ResidencyState::resident);
}

TEST_F(ResidencyIncidentTest, residency_held_through_sleep_is_charged_to_us) {
  Robot robot(setup(), clock_);
  run_leaking(robot);
  const auto sleep = static_cast<std::size_t>(Phase::sleep);
  EXPECT_EQ(robot.reports()[kLearning].energy_mj[sleep], 0);
  // 7 W above idle for the sleep of nearly 5 s.
  EXPECT_GT(robot.reports().back().energy_mj[sleep], 30'000);
}

TEST_F(ResidencyIncidentTest, residency_switch_believing_release_is_caught) {
  BelievingProbe believing;
  Robot::Setup old = setup();
  old.residency = &believing;
  Robot robot(old, clock_);
  const auto hot = run_leaking(robot);
  ASSERT_EQ(hot.size(), 5u);
  EXPECT_EQ(residency_violations(robot.reports(), hot).size(), 5u);
}

// --- (c) two truths -------------------------------------------------------------------

class TwoTruthsTest : public IncidentTest {
 protected:
  // Two truths in one robot: both roles at work, each by another contract.
  static bool two_truths(const Robot& robot, const Contract& a, const Contract& b) {
    return robot.has_agreed() && !robot.reports().empty() && a.digest() != b.digest();
  }
  const Contract other_ = incident_contract(5500 + 40'000);
};

TEST_F(TwoTruthsTest, two_truths_40_s_apart_both_roles_refuse_and_nothing_starts) {
  Robot::Setup apart = setup();
  apart.sampler_contract = other_;
  Robot robot(apart, clock_);
  robot.run_for(seconds(2));
  EXPECT_EQ(robot.detector_exit(), 78);
  EXPECT_EQ(robot.sampler_exit(), 78);
  EXPECT_FALSE(two_truths(robot, contract_, other_));
  EXPECT_TRUE(robot.reports().empty());
  ASSERT_TRUE(robot.detector().failure().has_value());
  EXPECT_EQ(robot.detector().failure()->reason, Reason::sequence_reused);
}

TEST_F(TwoTruthsTest, two_truths_switch_showing_each_side_its_own_digest_is_caught) {
  // The roles side by side by hand: the forger sits in the detector's link.
  MemoryLinkPair link({});
  ForgingLink to_detector(link.dialer(), contract_);
  ForgingLink to_sampler(link.listener(), other_);
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("/state").ok());
  auto appraiser = Appraiser::make(contract_, 0, {backend_, files}, {"/state", 0}, nullptr);
  ASSERT_TRUE(appraiser.ok());
  QueueMemory detector_memory(contract_);
  QueueMemory sampler_memory(other_);
  DeclaredMeter meter({});
  auto budget = StoredBudget::open(files, "/state", contract_.terms(), "stepped", clock_.now().boot);
  ASSERT_TRUE(budget.ok());
  Reports reports;
  const OwnSide detector_side{.role = LinkRole::detector,
                              .boot_epoch = 1,
                              .contract = &contract_,
                              .bundle = {},
                              .peer_timeout = seconds(10)};
  const OwnSide sampler_side{.role = LinkRole::sampler,
                             .boot_epoch = 2,
                             .contract = &other_,
                             .bundle = {},
                             .peer_timeout = seconds(10)};
  Detector detector({.link = to_detector,
                     .clock = clock_,
                     .own = detector_side,
                     .backend = backend_,
                     .residency = backend_.device(),
                     .sensor = {.appraiser = **appraiser, .memory = detector_memory.memory()},
                     .meter = meter,
                     .budget = *budget,
                     .listener = reports},
                    {.device = "robot", .boot_id = "stepped"});
  SamplerRole sampler({.link = to_sampler,
                       .clock = clock_,
                       .source = source_,
                       .own = sampler_side,
                       .memory = sampler_memory.memory()});
  SteppedWorld world(clock_);
  world.add(sampler, {.readable = [&] { return link.readable(link.listener()) || to_sampler.holds_bytes(); },
                      .writable = [&] { return link.writable(link.listener()); }});
  world.add(detector, {.readable = [&] { return link.readable(link.dialer()) || to_detector.holds_bytes(); },
                       .writable = [&] { return link.writable(link.dialer()); }});
  world.run_until(clock_.now().boot + 5 * contract_.period());
  // Both run, by numbers 40 s apart: exactly what the agreement exists to prevent.
  EXPECT_FALSE(reports.all.empty());
  EXPECT_NE(contract_.digest(), other_.digest());
}

}  // namespace
}  // namespace torpor
