// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/pusher.h"

#include <gtest/gtest.h>

#include "telemetry/fake/robot.h"

namespace torpor {
namespace {

using Mode = FakeTransport::Mode;

std::size_t delivered(const RobotForTest& robot) { return robot.transport.of("torpor_cycles_total").size(); }

TEST(Pusher, each_interval_is_one_live_request_when_all_is_well) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(20);
  // The first contact waits for its place in the interval, and asks the server for its time.
  EXPECT_GE(delivered(robot), 19u);
  EXPECT_LE(robot.transport.sent.size(), 23u);
  EXPECT_EQ(robot.facts().waiting, 0u);
  for (std::size_t i = robot.transport.sent.size() - 10; i < robot.transport.sent.size(); ++i)
    EXPECT_EQ(robot.transport.sent[i].samples, 1u);
}

TEST(Pusher, an_interval_of_many_cycles_is_one_request_with_all_of_them) {
  Terms terms = terms_for_test();
  terms.telemetry.interval_ms = 600'000;
  RobotForTest robot(terms);
  ASSERT_TRUE(robot.start());
  robot.cycles(60);
  EXPECT_LE(robot.transport.sent.size(), 8u);
  EXPECT_GE(delivered(robot), 50u);
  EXPECT_EQ(robot.transport.sent.back().samples, 10u);
}

TEST(Pusher, after_an_outage_live_goes_first_and_backlog_follows_in_requests_of_its_own) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(5);
  robot.transport.mode = Mode::down;
  robot.cycles(300);
  EXPECT_GE(robot.facts().waiting, 299u);
  robot.transport.mode = Mode::well;
  robot.transport.sent.clear();
  const std::size_t before = delivered(robot);
  while (robot.transport.sent.empty()) ASSERT_TRUE(robot.cycle());
  const auto& sent = robot.transport.sent;
  ASSERT_EQ(sent.size(), 1u + Pusher::kBacklogRequests);
  const std::int64_t newest = to_ns(robot.report().woke.wall) / 1'000'000;
  EXPECT_LE(newest - sent[0].oldest_ms, 4 * 60'000 + 60'000) << "live: since the last contact";
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_EQ(sent[i].samples, Spool::kBatch);
  EXPECT_LT(sent[1].oldest_ms, sent[2].oldest_ms) << "oldest first";
  EXPECT_LE(delivered(robot) - before, 4u + 4 * Spool::kBatch);
  robot.cycles(3);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_EQ(delivered(robot), robot.held().size());
}

TEST(Pusher, a_second_outage_within_the_backlog_skips_nothing) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  for (int outage = 0; outage < 4; ++outage) {
    robot.transport.mode = Mode::down;
    robot.cycles(150);
    robot.transport.mode = Mode::well;
    robot.cycles(3);
  }
  robot.cycles(20);
  EXPECT_EQ(delivered(robot), robot.held().size());
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_EQ(robot.facts().lost, 0u);
}

TEST(Pusher, counters_of_cycles_sent_late_are_those_of_their_time) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(50);
  ASSERT_TRUE(robot.start()) << "a restart within the outage";
  robot.cycles(50);
  robot.transport.mode = Mode::well;
  robot.cycles(12);
  double n = 0;
  for (const auto& [ms, cycles] : robot.transport.of("torpor_cycles_total")) EXPECT_EQ(cycles, ++n);
  EXPECT_EQ(n, 115);
  // The sender's own word is only good for the moment it is given.
  EXPECT_LT(robot.transport.of("torpor_push_failures_total").size(), 20u);
}

TEST(Pusher, a_request_with_a_too_old_sample_is_given_up_and_live_goes_on) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(100);
  robot.transport.mode = Mode::well;
  robot.transport.refuse_before_ms = to_ns(robot.clock.now().wall) / 1'000'000 - 30 * 60'000;
  robot.cycles(10);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_GT(robot.facts().lost, 60u);
  EXPECT_EQ(robot.facts().lost + delivered(robot), robot.held().size());
}

TEST(Pusher, a_batch_the_server_fails_at_for_ever_is_set_aside_after_some_attempts) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(100);
  robot.transport.poison_ms = to_ns(robot.clock.now().wall) / 1'000'000 - 50 * 60'000;
  robot.transport.mode = Mode::well;
  robot.transport.sent.clear();
  robot.cycles(20);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_GT(robot.facts().lost, 0u);
  EXPECT_LE(robot.facts().lost, Spool::kBatch);
  EXPECT_EQ(robot.facts().lost + delivered(robot), robot.held().size());
}

TEST(Pusher, a_server_that_is_down_costs_no_attempt_of_any_batch) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.transport.mode = Mode::unavailable;
  robot.cycles(100);
  robot.transport.mode = Mode::well;
  robot.cycles(10);
  EXPECT_EQ(robot.facts().lost, 0u);
  EXPECT_EQ(delivered(robot), robot.held().size());
}

// A token that expired, or a server that asks for patience, says nothing of what was sent.
TEST(Pusher, a_server_that_knows_us_not_or_asks_us_to_wait_loses_no_cycle_and_no_alarm) {
  for (const int status : {401, 403, 429}) {
    RobotForTest robot;
    robot.site.alertmanager.url = "http://alertmanager";
    robot.site.pushgateway.url = "http://gateway";
    ASSERT_TRUE(robot.start());
    robot.cycles(3);
    robot.transport.mode = Mode::unavailable;
    robot.transport.unavailable_status = status;
    robot.transport.gateway_status = status;
    robot.transport.alertmanager_status = status;
    robot.raise_alarm();
    robot.cycles(100);
    EXPECT_EQ(robot.state().event_count, 1u) << status << ": nobody has taken the alarm";
    robot.transport.mode = Mode::well;
    robot.transport.gateway_status = 200;
    robot.transport.alertmanager_status = 200;
    robot.cycles(12);
    EXPECT_EQ(robot.facts().lost, 0u) << status;
    EXPECT_EQ(robot.state().event_count, 0u) << status;
    EXPECT_EQ(delivered(robot), robot.held().size()) << status;
  }
}

TEST(Pusher, what_is_older_than_the_contract_s_age_is_dropped_and_counted) {
  Terms terms = terms_for_test();
  terms.telemetry.spool_age_ms = 3'600'000;
  RobotForTest robot(terms);
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(200);
  robot.transport.mode = Mode::well;
  robot.cycles(12);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_GT(robot.facts().lost, 130u);
  EXPECT_EQ(robot.facts().lost + delivered(robot), 215u) << "every cycle is delivered or counted";
}

TEST(Pusher, what_had_to_make_room_is_counted) {
  Terms terms = terms_for_test();
  terms.telemetry.spool_bytes = 65'536;
  RobotForTest robot(terms);
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(300);
  robot.transport.mode = Mode::well;
  robot.cycles(12);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_GT(robot.facts().lost, 100u);
  EXPECT_EQ(robot.facts().lost + delivered(robot), 315u);
}

TEST(Pusher, a_full_disk_costs_the_cursor_and_nothing_else) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(50);
  robot.files.set_capacity(robot.files.used() + 100);
  robot.cycles(3);  // the log ends the process, as it always did, or makes room
  robot.stop();
  robot.files.set_capacity(1 << 24);
  ASSERT_TRUE(robot.start());
  robot.cycles(5);
  EXPECT_EQ(delivered(robot), robot.held().size());
}

TEST(Pusher, a_damaged_cursor_sends_the_log_again) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(40);
  robot.stop();
  robot.files.damage(kCursorForTest, 20, std::byte{1});
  robot.transport.sent.clear();
  robot.transport.stored.clear();
  ASSERT_TRUE(robot.start());
  robot.cycles(4);
  EXPECT_EQ(delivered(robot), robot.held().size());
}

TEST(Pusher, a_cursor_of_a_later_version_is_refused) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(4);
  robot.stop();
  robot.files.damage(kCursorForTest, 4, std::byte{2});
  EXPECT_FALSE(robot.start());
}

TEST(Pusher, a_log_that_began_anew_beside_the_cursor_is_sent) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(10);
  robot.stop();
  const auto names = robot.files.list(kReportsForTest);
  for (const std::string& name : *names) {
    if (!name.ends_with(".tlog")) continue;
    ASSERT_TRUE(robot.files.remove(std::string(kReportsForTest) + "/" + name));
  }
  ASSERT_TRUE(robot.start());
  robot.cycles(10);
  EXPECT_EQ(delivered(robot), 20u);
  EXPECT_EQ(robot.transport.of("torpor_cycles_total").rbegin()->second, 20) << "counters go on";
}

TEST(Pusher, telemetry_that_is_switched_on_later_sends_what_the_log_holds) {
  RobotForTest robot;
  robot.transport.mode = Mode::down;
  ASSERT_TRUE(robot.start());
  robot.cycles(30);
  robot.stop();
  ASSERT_TRUE(robot.files.remove(kCursorForTest));
  robot.transport.mode = Mode::well;
  ASSERT_TRUE(robot.start());
  robot.cycles(5);
  EXPECT_EQ(delivered(robot), 35u);
}

}  // namespace
}  // namespace torpor
