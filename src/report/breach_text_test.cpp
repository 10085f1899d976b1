// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/breach_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace torpor {
namespace {

CycleReport report() {
  CycleReport r;
  r.contract.sample_ms = 5000;
  r.contract.sleep_ms = 55'000;
  r.contract.awake_limit_ms = 12'000;
  r.contract.idle_mw = 4500;
  r.contract.active_mj_per_cycle = 1500;
  r.energy_mj = {0, 500, 0, 1200, 100, 0, 0};
  return r;
}

TEST(BreachText, names_the_phase_and_the_numbers) {
  CycleReport r = report();
  EXPECT_EQ(breach_text(Breach::energy, r).view(), "1800 of 1500 mJ, infer 1200");
  r.idle_rail_mw = 5200;
  EXPECT_EQ(breach_text(Breach::idle, r).view(), "release: rail at 5200 of 4500 mW");
  r.budget_mj = -1345.4;
  EXPECT_EQ(breach_text(Breach::budget, r).view(), "wake: -1345 of 1500 mJ for a cycle, slept through");
  r.interval = std::chrono::milliseconds(61'800);
  EXPECT_EQ(breach_text(Breach::interval, r).view(), "61800 of 60000 ms start to start, within 0");
  r.drops = {14, 0, 3, 0, 0};
  r.queue_bytes = 96'000;
  EXPECT_EQ(breach_text(Breach::drops, r).view(), "drain: 14 by depth, 3 by age; queue held 96000 bytes");
  r.stopped_after = std::chrono::milliseconds(12'400);
  EXPECT_EQ(breach_text(Breach::dead_man, r).view(), "stopped after 12400 of 12000 ms awake");
  r.stopped_for = "early";
  EXPECT_EQ(breach_text(Breach::early, r).view(), "stopped: asked for a window again after 12400 ms");
  r.stopped_for = "flood";
  EXPECT_EQ(breach_text(Breach::early, r).view(), "stopped: flooded the link for 12400 ms");
  r.stopped_after = {};
  EXPECT_EQ(breach_text(Breach::early, r).view(),
            "sample: the sampler refused the window, its time has not come");
  r.state_note = "sampler: rollback_state_wiped";
  EXPECT_EQ(breach_text(Breach::wiped, r).view(), "start: sampler: rollback_state_wiped");
}

TEST(BreachText, holds_whatever_a_report_holds) {
  CycleReport r = report();
  r.energy_mj[3] = 1e308;
  r.energy_mj[4] = 1e308;
  for (int i = 0; i < 96; ++i) {
    r.residency_note << "x";
    r.backend << "x";
    r.backend_note << "x";
    r.sleep_note << "x";
  }
  r.drops.fill(~std::uint64_t{0});
  r.speed = std::nan("");
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto text = breach_text(static_cast<Breach>(i), r);
    EXPECT_FALSE(text.empty()) << name(static_cast<Breach>(i));
    if (static_cast<Breach>(i) == Breach::drops) continue;  // five reasons of 20 digits are cut
    EXPECT_LT(text.size(), text.capacity()) << text.view();
  }
}

}  // namespace
}  // namespace torpor
