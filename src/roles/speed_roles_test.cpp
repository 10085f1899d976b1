// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// How fast a scaled clock may run, by the roles themselves.
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class SpeedRolesTest : public RolesTest {
 protected:
  // The demo's contract with another sensor, a queue for it, and more energy than a busy host can spend: what
  // is asked here is whether frames come.
  void sign_for(const char* rate_mhz, const char* axes, const char* queue_bytes) {
    std::string text = slurp(source_file("examples/demo.toml"));
    const std::pair<const char*, const char*> changes[] = {{"rate_mhz = ", rate_mhz},
                                                           {"axes = ", axes},
                                                           {"\nbytes = ", queue_bytes},
                                                           {"active_mj_per_cycle = ", "60000"},
                                                           {"mj_per_hour = ", "60000000"}};
    for (const auto& [field, value] : changes) {
      const std::size_t at = text.find(field) + std::string(field).size();
      ASSERT_GE(at, std::string(field).size()) << field;
      text.replace(at, text.find_first_not_of("0123456789", at) - at, value);
    }
    std::ofstream(at("contract.toml")) << text;
    run({bin("torpor"), "contract", "sign", at("contract.toml"), "--key", key_, "--sequence", "1",
         "--not-before", "2026-01-01T00:00:00Z", "--expires", "+90d", "--out", at("detector.bundle")});
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  }
};

// Seen: at 51.2 kHz and the demo's speed every window was a gap, and no word why.
TEST_F(SpeedRolesTest, both_roles_refuse_at_start_a_clock_on_which_no_window_would_be_there_in_time) {
  sign_for("51200000", "2", "524288");
  ChildProcess sampler = start_sampler("60");
  ChildProcess detector = start_detector("60", "2");
  EXPECT_EQ(wait_for(detector), 64) << logs();
  EXPECT_EQ(wait_for(sampler), 64) << logs();
  for (const char* log : {"detector.log", "sampler.log"})
    EXPECT_NE(
        slurp(at(log)).find("usage: --speed: found 60, expected at most 36, in both roles: 51200 values"),
        std::string::npos)
        << slurp(at(log));
}

// The highest rate and the most axes of a contract, and a second for each window on any host.
TEST_F(SpeedRolesTest, no_frame_of_the_highest_rate_is_lost_on_a_clock_that_is_admitted) {
  sign_for("102400000", "3", "1048576");
  ChildProcess sampler = start_sampler("1.5");
  ChildProcess detector = start_detector("1.5", "2");
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 2u) << logs();
  for (const CycleReport& report : all) {
    EXPECT_TRUE(report.window_complete) << report.cycle << logs();
    for (const std::uint64_t drops : report.drops) EXPECT_EQ(drops, 0u) << report.cycle;
  }
}

}  // namespace
}  // namespace torpor
