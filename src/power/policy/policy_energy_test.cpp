// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/policy/policy_energy.h"

#include <gtest/gtest.h>

#include "base/fake/fake_clock.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A machine of 4 W whose device takes 900 ms and 9 W more to wake, 100 ms to infer, and
// draws 7 W more while it is held. Time is stepped, the rail follows.
struct Machine {
  FakeClock clock;
  double mw = 4000;
  bool held = false;
  double joules_mj = 0;
  bool broken = false;

  void pass(Duration time, double at_mw) {
    joules_mj += at_mw * std::chrono::duration<double>(time).count();
    clock.advance(time);
  }
  double resting() const { return held ? 11'000 : 4000; }
};

class MachineMeter final : public EnergyMeter {
 public:
  explicit MachineMeter(Machine& machine) : machine_(machine) {}
  std::string_view source() const override { return machine_.broken ? "rail: EIO" : "rail"; }
  std::string_view coverage() const override { return "all of it"; }
  EnergyCost lap(Phase, Duration, bool) override {
    const double mj = machine_.joules_mj - border_;
    border_ = machine_.joules_mj;
    return {.mj = mj, .measured = !machine_.broken};
  }
  Result<std::int64_t> rail_mw() override { return std::int64_t{4000}; }

 private:
  Machine& machine_;
  double border_ = 0;
};

class MachineBackend final : public Backend {
 public:
  explicit MachineBackend(Machine& machine) : machine_(machine) {}
  std::string_view name() const override { return "fake"; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile&, std::size_t) override { return {}; }
  Status run(std::span<const TokenSet>, std::span<float>) override {
    if (!machine_.held) machine_.pass(milliseconds(900), 13'000);
    machine_.held = true;
    machine_.pass(milliseconds(100), 13'000);
    machine_.clock.use_cpu(milliseconds(20));
    return {};
  }
  Status release() override {
    machine_.held = false;
    return {};
  }

 private:
  Machine& machine_;
};

class EnergyBenchTest : public ::testing::Test {
 protected:
  BenchPolicy policy(const char* residency, BenchPolicy::Between between) {
    return {.backend = "fake",
            .residency = residency,
            .between = between,
            .holds_device = true,
            .make = [this]() -> Result<std::unique_ptr<Backend>> {
              return std::unique_ptr<Backend>(std::make_unique<MachineBackend>(machine_));
            }};
  }
  BenchSeams seams(EnergyMeter* meter) {
    return {.clock = machine_.clock,
            .meter = meter,
            .declared = {.idle_mw = 4000, .sample_mw = 4200, .infer_mw = 11'000, .sleep_mw = 3600},
            .sleep = [this](Duration time) { machine_.pass(time, machine_.resting()); },
            .say = [this](const std::string& line) { said_.push_back(line); }};
  }
  Machine machine_;
  MachineMeter meter_{machine_};
  std::vector<std::string> said_;
  BenchPlan plan_{
      .policies = {policy("exit", BenchPolicy::Between::nothing), policy("keep", BenchPolicy::Between::held)},
      .batch = std::vector<TokenSet>(1),
      .cycles = 5,
      .rest = seconds(2)};
};

TEST_F(EnergyBenchTest, measures_each_policy_above_idle_and_where_staying_pays) {
  const auto all = bench_energy(plan_, seams(&meter_));
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  const PolicyEnergy& cold = (*all)[0];
  const PolicyEnergy& warm = (*all)[1];
  EXPECT_NEAR(cold.mj, 9000, 1e-6);  // 9 W above idle for a second
  EXPECT_NEAR(warm.mj, 900, 1e-6);
  EXPECT_NEAR(cold.wall_s, 1, 1e-9);
  EXPECT_NEAR(cold.cpu_s, 0.02, 1e-9);
  EXPECT_NEAR(cold.rest_mw, 0, 1e-6);
  EXPECT_NEAR(warm.rest_mw, 7000, 1e-6);
  ASSERT_TRUE(cold.break_even.has_value());
  EXPECT_EQ(cold.break_even->kind, BreakEven::Kind::below);
  EXPECT_NEAR(cold.break_even->seconds, 8100.0 / 7000, 1e-9);
  EXPECT_FALSE(warm.break_even.has_value());
  EXPECT_FALSE(machine_.held) << "nothing is left held";
  EXPECT_EQ(said_.size(), 3u);
}

TEST_F(EnergyBenchTest, without_a_meter_it_is_time_by_declared_watts) {
  const auto all = bench_energy(plan_, seams(nullptr));
  ASSERT_TRUE(all.ok());
  EXPECT_NEAR((*all)[0].mj, 7000, 1e-6) << "a device is held for a second";
  EXPECT_NEAR((*all)[1].rest_mw, 7000, 1e-6);
  plan_.policies[0].holds_device = false;
  EXPECT_NEAR((*bench_energy(plan_, seams(nullptr)))[0].mj, 7000 * 0.02, 1e-6) << "CPU-seconds";
}

TEST_F(EnergyBenchTest, a_backend_that_cannot_be_made_is_named_and_the_others_go_on) {
  plan_.policies[0].make = []() -> Result<std::unique_ptr<Backend>> {
    return Error{.reason = Reason::system_absent, .where = "GPU"};
  };
  const auto all = bench_energy(plan_, seams(&meter_));
  ASSERT_TRUE(all.ok());
  EXPECT_NE((*all)[0].failure.find("system_absent"), std::string::npos);
  EXPECT_FALSE((*all)[0].break_even.has_value());
  EXPECT_NEAR((*all)[1].mj, 900, 1e-6);
}

TEST_F(EnergyBenchTest, a_meter_that_fails_is_an_error_and_no_figure) {
  machine_.broken = true;
  const auto all = bench_energy(plan_, seams(&meter_));
  ASSERT_FALSE(all.ok());
  EXPECT_EQ(all.error().reason, Reason::system_value);
}

}  // namespace
}  // namespace torpor
