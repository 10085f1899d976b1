// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// What both roles tell a supervisor (Type=notify), as real processes beside a socket in its place.
#include "base/fake/notified.h"
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

constexpr const char* kSpeed = "100";

class SupervisedRolesTest : public RolesTest {
 protected:
  void SetUp() override {
    RolesTest::SetUp();
    sign("examples/demo.toml", at("detector.bundle"));
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  }
  static std::vector<std::string> told_to(const Notified& systemd) {
    return {"/usr/bin/env", "NOTIFY_SOCKET=" + systemd.address()};
  }
  ChildProcess start_told_sampler(const Notified& systemd) {
    auto command = role("torpor-sampler", "sampler", kSpeed);
    const auto before = told_to(systemd);
    command.insert(command.begin(), before.begin(), before.end());
    command.insert(command.end(), {"--source", "sim:7"});
    auto child = ChildProcess::start(command, at("sampler.log"));
    EXPECT_TRUE(child.ok());
    return *std::move(child);
  }
};

// Three periods of the example at this speed, and the time-out of its site for a peer.
const std::string kReady = "READY=1\nWATCHDOG_USEC=" + std::to_string(3 * 6'000'000 / 100 + 30'000'000);

TEST_F(SupervisedRolesTest, each_is_ready_while_it_waits_for_the_other) {
  Notified of_sampler;
  Notified of_detector;
  const ChildProcess sampler = start_told_sampler(of_sampler);
  EXPECT_EQ(of_sampler.take(), kReady + "\nSTATUS=waiting for the detector");
  const ChildProcess detector = start_detector(kSpeed, "1", told_to(of_detector));
  EXPECT_EQ(of_detector.take(), kReady + "\nSTATUS=waiting for the sampler");
}

TEST_F(SupervisedRolesTest, each_cycle_feeds_both_watchdogs_and_an_end_is_said) {
  Notified of_sampler;
  Notified of_detector;
  ChildProcess sampler = start_told_sampler(of_sampler);
  ChildProcess detector = start_detector(kSpeed, "2", told_to(of_detector));
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_EQ(of_detector.take_now().rfind("READY=1", 0), 0u);
  EXPECT_NE(of_detector.take_now().find("STATUS=agreed on "), std::string::npos);
  EXPECT_EQ(of_detector.take_now().rfind("WATCHDOG=1\nSTATUS=cycle 1: ", 0), 0u);
  EXPECT_EQ(of_detector.take_now().rfind("WATCHDOG=1\nSTATUS=cycle 2: ", 0), 0u);
  EXPECT_EQ(of_detector.take_now(), "STOPPING=1");
  EXPECT_EQ(of_detector.take_now(), "");
  EXPECT_EQ(of_sampler.take_now().rfind("READY=1", 0), 0u);
  EXPECT_NE(of_sampler.take_now().find("STATUS=agreed on "), std::string::npos);
  // Behind each window, and in a period without one as well.
  std::string before;
  std::string said;
  while ((said = of_sampler.take_now()) != "STOPPING=1") {
    ASSERT_EQ(said.rfind("WATCHDOG=1\nSTATUS=windows sent: ", 0), 0u) << said;
    before = said;
  }
  EXPECT_EQ(before, "WATCHDOG=1\nSTATUS=windows sent: 2");
}

// Else the unit behind it would not be started in time to hear why.
TEST_F(SupervisedRolesTest, a_refused_role_is_ready_to_tell_its_peer_and_says_that_it_is_refused) {
  std::filesystem::remove(at("sampler.bundle"));
  std::ofstream(at("sampler.bundle")) << "no bundle";
  Notified of_sampler;
  ChildProcess sampler = start_told_sampler(of_sampler);
  EXPECT_EQ(wait_for(sampler), 78) << logs();
  const std::string said = of_sampler.take_now();
  EXPECT_EQ(said.rfind("READY=1\nSTATUS=refused (", 0), 0u) << said;
  EXPECT_NE(said.find("telling the detector"), std::string::npos) << said;
}

TEST_F(SupervisedRolesTest, a_supervisor_that_is_gone_is_said_once_and_costs_nothing) {
  ChildProcess sampler = start_sampler(kSpeed);
  ChildProcess detector = start_detector(kSpeed, "2", {"/usr/bin/env", "NOTIFY_SOCKET=" + at("nobody")});
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  const std::string said = slurp(at("detector.log"));
  const auto first = said.find("io_failed: NOTIFY_SOCKET");
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("io_failed: NOTIFY_SOCKET", first + 1), std::string::npos) << said;
}

}  // namespace
}  // namespace torpor
