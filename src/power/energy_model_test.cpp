// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/energy_model.h"

#include <gtest/gtest.h>

#include "power/fake_residency.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PowerModel kModel{.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11000, .sleep_mw = 3500};

std::array<Duration, kPhases> cycle() {
  std::array<Duration, kPhases> spent{};
  spent[static_cast<std::size_t>(Phase::sample)] = seconds(5);
  spent[static_cast<std::size_t>(Phase::infer)] = milliseconds(100);
  spent[static_cast<std::size_t>(Phase::release)] = milliseconds(50);
  spent[static_cast<std::size_t>(Phase::sleep)] = seconds(55);
  return spent;
}

double at(const PhaseMillijoules& energy, Phase phase) { return energy[static_cast<std::size_t>(phase)]; }

TEST(EnergyModel, attributes_only_what_is_above_idle) {
  const auto energy = EnergyModel(kModel).cost(cycle(), ResidencyState::released);
  EXPECT_DOUBLE_EQ(at(energy, Phase::sample), 5000);  // 1 W x 5 s
  EXPECT_DOUBLE_EQ(at(energy, Phase::infer), 700);    // 7 W x 0.1 s
  EXPECT_DOUBLE_EQ(at(energy, Phase::release), 350);  // 7 W x 0.05 s
  EXPECT_DOUBLE_EQ(at(energy, Phase::wake), 0);
  EXPECT_DOUBLE_EQ(total(energy), 6050);
}

TEST(EnergyModel, a_sleep_below_idle_pays_for_nothing) {
  EXPECT_EQ(at(EnergyModel(kModel).cost(cycle(), ResidencyState::released), Phase::sleep), 0);
}

TEST(EnergyModel, a_device_held_through_the_sleep_is_charged_for_it) {
  const auto energy = EnergyModel(kModel).cost(cycle(), ResidencyState::resident);
  EXPECT_DOUBLE_EQ(at(energy, Phase::sleep), 7000.0 * 55);
}

TEST(EnergyModel, an_unknown_residency_invents_no_energy) {
  EXPECT_EQ(at(EnergyModel(kModel).cost(cycle(), ResidencyState::unknown), Phase::sleep), 0);
}

TEST(EnergyModel, a_negative_duration_costs_nothing) {
  std::array<Duration, kPhases> spent{};
  spent[static_cast<std::size_t>(Phase::infer)] = -seconds(1);
  EXPECT_EQ(total(EnergyModel(kModel).cost(spent, ResidencyState::released)), 0);
}

TEST(Residency, a_cpu_holds_no_device) {
  CpuResidency probe;
  FixedString<64> note("old");
  EXPECT_EQ(probe.check(note), ResidencyState::released);
  EXPECT_EQ(note.view(), "no device held");
}

TEST(Residency, a_fake_that_leaks_stays_resident_after_its_release) {
  FakeResidency device;
  FixedString<64> note;
  device.acquire();
  EXPECT_TRUE(device.release().ok());
  EXPECT_EQ(device.check(note), ResidencyState::released);
  device.leak(true);
  device.acquire();
  EXPECT_TRUE(device.release().ok());
  EXPECT_EQ(device.check(note), ResidencyState::resident);
  EXPECT_EQ(note.view(), "fake device held by 1");
  device.hide(true);
  EXPECT_EQ(device.check(note), ResidencyState::unknown);
}

TEST(ComputeLease, releases_once_at_the_end_of_its_scope_or_when_closed) {
  FakeResidency device;
  {
    device.acquire();
    ComputeLease lease(device);
  }
  EXPECT_EQ(device.holders(), 0);
  {
    device.acquire();
    ComputeLease lease(device);
    EXPECT_TRUE(lease.close().ok());
    EXPECT_TRUE(lease.close().ok());
  }
  EXPECT_EQ(device.holders(), 0);
}

TEST(PhaseNames, are_all_different) {
  EXPECT_EQ(name(Phase::wake), "wake");
  for (std::size_t i = 0; i < kPhases; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(name(static_cast<Phase>(i)), name(static_cast<Phase>(j)));
  }
}

}  // namespace
}  // namespace torpor
