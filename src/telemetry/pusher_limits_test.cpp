// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What a pusher may not do: trust a clock, lose an alarm, cost more than it was given.
#include "telemetry/pusher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/fake/allocations.h"
#include "telemetry/fake/robot.h"

namespace torpor {
namespace {

using Mode = FakeTransport::Mode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::size_t delivered(const RobotForTest& robot) { return robot.transport.of("torpor_cycles_total").size(); }

// --- the clock ------------------------------------------------------------------

TEST(PusherClock, an_unsynchronised_clock_dates_nothing_and_its_cycles_are_dated_later) {
  RobotForTest robot;
  robot.clock.set_synchronised(false);
  robot.clock.step_wall(-hours(24 * 400));
  ASSERT_TRUE(robot.start());
  robot.cycles(10);
  EXPECT_EQ(delivered(robot), 0u);
  robot.clock.step_wall(hours(24 * 400));
  robot.clock.set_synchronised(true);
  robot.cycles(5);
  const auto moments = robot.transport.of("torpor_cycles_total");
  ASSERT_EQ(moments.size(), 15u);
  std::int64_t before = 0;
  for (const auto& [ms, value] : moments) {
    EXPECT_TRUE(before == 0 || ms - before == 60'000) << ms - before;
    before = ms;
  }
  EXPECT_EQ(robot.facts().lost, 0u);
}

TEST(PusherClock, a_clock_that_is_ahead_of_the_server_dates_nothing_until_it_is_right) {
  RobotForTest robot;
  robot.transport.server_ahead = -hours(5);
  ASSERT_TRUE(robot.start());
  robot.cycles(10);
  EXPECT_GT(robot.transport.sent.size(), 5u) << "it asks";
  EXPECT_EQ(delivered(robot), 0u);
  robot.clock.step_wall(-hours(5));
  robot.transport.server_ahead = {};
  robot.cycles(5);
  EXPECT_EQ(delivered(robot), 15u);
  const std::int64_t now = to_ns(robot.clock.now().wall) / 1'000'000;
  EXPECT_LE(robot.transport.of("torpor_cycles_total").rbegin()->first, now);
}

TEST(PusherClock, a_step_into_the_future_while_running_dates_nothing) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(10);
  const std::size_t before = delivered(robot);
  robot.clock.step_wall(hours(3));
  robot.transport.server_ahead = -hours(3);
  robot.cycles(10);
  EXPECT_EQ(delivered(robot), before);
}

TEST(PusherClock, before_the_bundle_was_issued_nothing_is_dated) {
  RobotForTest robot;
  robot.clock.step_wall(
      -(robot.clock.now().wall - WallTime(seconds(robot.contract.terms().not_before_s - 3600))));
  ASSERT_TRUE(robot.start());
  EXPECT_TRUE(robot.cycle());
  EXPECT_EQ(robot.transport.sent.size(), 0u);
}

TEST(PusherClock, a_server_that_gives_no_date_is_believed_to_agree) {
  RobotForTest robot;
  robot.transport.gives_date = false;
  ASSERT_TRUE(robot.start());
  robot.cycles(5);
  EXPECT_EQ(delivered(robot), robot.held().size());
}

// --- alarms ---------------------------------------------------------------------

TEST(PusherAlarm, an_alarm_asks_for_a_contact_at_once_and_is_acknowledged) {
  Terms terms = terms_for_test();
  terms.telemetry.interval_ms = 3'600'000;
  RobotForTest robot(terms);
  robot.site.alertmanager.url = "http://alertmanager";
  ASSERT_TRUE(robot.start());
  robot.cycles(70);
  robot.transport.sent.clear();
  robot.raise_alarm();
  ASSERT_TRUE(robot.cycle());
  EXPECT_EQ(robot.transport.count("/api/v2/alerts"), 1u);
  EXPECT_EQ(robot.state().event_count, 0u);
  EXPECT_NE(robot.transport.sent[0].body.find("\"alarm_id\":\"robot-1/wheel/1/71\""), std::string::npos)
      << robot.transport.sent[0].body;
  EXPECT_NE(robot.transport.sent[0].body.find("inner race"), std::string::npos);
  robot.transport.sent.clear();
  robot.cycles(10);
  EXPECT_EQ(robot.transport.count("/api/v2/alerts"), 0u) << "acknowledged: the interval is enough";
  robot.cycles(60);
  EXPECT_EQ(robot.transport.count("/api/v2/alerts"), 1u) << "again at each contact while latched";
}

TEST(PusherAlarm, an_alarm_waits_for_every_receiver_through_a_restart) {
  RobotForTest robot;
  robot.site.alertmanager.url = "http://alertmanager";
  ASSERT_TRUE(robot.start());
  robot.cycles(5);
  robot.transport.alertmanager_down = true;
  robot.raise_alarm();
  robot.cycles(3);
  EXPECT_EQ(robot.state().event_count, 1u);
  ASSERT_TRUE(robot.start());
  EXPECT_EQ(robot.state().event_count, 1u);
  robot.transport.alertmanager_down = false;
  robot.cycles(8);
  EXPECT_EQ(robot.state().event_count, 0u);
}

TEST(PusherAlarm, an_alarm_outlives_the_reports_that_raised_it) {
  Terms terms = terms_for_test();
  terms.telemetry.spool_bytes = 65'536;
  RobotForTest robot(terms);
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.raise_alarm();
  robot.cycles(300);
  EXPECT_EQ(robot.state().event_count, 1u);
  robot.transport.mode = Mode::well;
  robot.cycles(6);
  EXPECT_EQ(robot.state().event_count, 0u);
}

TEST(PusherAlarm, a_clock_that_is_not_trusted_leaves_dates_to_alertmanager) {
  RobotForTest robot;
  robot.clock.set_synchronised(false);
  robot.site.alertmanager.url = "http://alertmanager";
  ASSERT_TRUE(robot.start());
  robot.raise_alarm();
  robot.cycles(2);
  ASSERT_EQ(robot.transport.count("/api/v2/alerts") > 0, true);
  EXPECT_EQ(robot.transport.sent[0].body.find("endsAt"), std::string::npos);
}

// --- time and cost --------------------------------------------------------------

TEST(PusherCost, a_server_that_never_answers_costs_the_deadline_and_is_then_left_alone) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.transport.mode = Mode::hang;
  std::size_t asked = 0;
  for (int i = 0; i < 40; ++i) {
    const BootTime before = robot.clock.now().boot;
    ASSERT_TRUE(robot.cycle());
    const Duration took = robot.clock.now().boot - before - robot.contract.period();
    EXPECT_LE(took, milliseconds(robot.site.deadline_ms));
    asked += took > Duration::zero() ? 1 : 0;
  }
  EXPECT_LE(asked, 14u);
  EXPECT_GE(asked, 8u);
  EXPECT_GE(robot.facts().failures, asked);
}

TEST(PusherCost, one_server_that_hangs_leaves_time_for_the_others) {
  RobotForTest robot;
  robot.site.pushgateway.url = "http://pushgateway";
  ASSERT_TRUE(robot.start());
  robot.transport.mode = Mode::hang;
  robot.cycles(2);
  EXPECT_GE(robot.transport.count("/metrics/job/torpor/instance/robot-1"), 1u);
}

// Time of the stepped clock, of which a processor sees a sixtieth.
class SixtyTimes final : public Clock {
 public:
  explicit SixtyTimes(const Clock& clock) : clock_(clock) {}
  TimeStamp now() const override { return clock_.now(); }
  ProcessUse process_use() const override { return clock_.process_use(); }
  Duration real(Duration span) const override { return span / 60; }

 private:
  const Clock& clock_;
};

TEST(PusherCost, a_share_is_counted_in_real_time_on_a_clock_that_runs_faster) {
  RobotForTest robot;
  const SixtyTimes fast(robot.clock);
  robot.pusher_clock = &fast;
  robot.site.pushgateway.url = "http://pushgateway";
  ASSERT_TRUE(robot.start());
  robot.transport.mode = Mode::hang;  // the whole deadline, as the fast clock counts
  robot.cycles(2);
  ASSERT_GE(robot.transport.sent.size(), 2u);
  const Duration first = robot.transport.sent[0].deadline;
  const Duration left = milliseconds(robot.site.deadline_ms) - first / 60;
  EXPECT_NEAR(static_cast<double>(robot.transport.sent[1].deadline.count()),
              static_cast<double>(left.count()), 1e6);
}

TEST(PusherCost, without_room_in_the_cycle_nothing_is_sent_and_the_contact_stays_due) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.sent.clear();
  robot.room = -milliseconds(5);
  robot.cycles(3);
  EXPECT_TRUE(robot.transport.sent.empty());
  robot.room = seconds(1);
  robot.cycles(1);
  EXPECT_FALSE(robot.transport.sent.empty());
}

TEST(PusherCost, robots_that_start_together_are_spread_over_the_interval) {
  std::set<int> minutes_of_first_contact;
  for (int seed = 0; seed < 20; ++seed) {
    Terms terms = terms_for_test();
    terms.telemetry.interval_ms = 3'600'000;
    RobotForTest robot(terms);
    robot.device = "robot-" + std::to_string(seed);
    ASSERT_TRUE(robot.start());
    int cycle = 0;
    while (robot.transport.sent.empty() && cycle < 70) {
      ASSERT_TRUE(robot.cycle());
      ++cycle;
    }
    EXPECT_LE(cycle, 61);
    minutes_of_first_contact.insert(cycle);
  }
  EXPECT_GE(minutes_of_first_contact.size(), 12u);
}

TEST(PusherCost, a_cycle_without_a_contact_allocates_nothing) {
  RobotForTest robot;
  CycleReport report;
  Spool spool = *Spool::open((static_cast<void>(robot.files.make_directories(kReportsForTest)), robot.files),
                             {.directory = kReportsForTest, .age = hours(1), .end = {}});
  const std::uint64_t before = allocations_for_test();
  for (std::uint64_t i = 1; i <= 100; ++i) {
    report.cycle = i;
    spool.add(report, {1, i}, {1, i + 1});
  }
  EXPECT_EQ(allocations_for_test(), before);
}

// --- the other receivers --------------------------------------------------------

TEST(PusherSnapshot, the_textfile_is_replaced_as_a_whole) {
  RobotForTest robot;
  robot.site.remote_write.url.clear();
  robot.site.textfile = "textfile/torpor.prom";
  ASSERT_TRUE(robot.files.make_directories("textfile"));
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  const auto text = robot.files.read("textfile/torpor.prom", 1 << 16);
  ASSERT_TRUE(text);
  EXPECT_NE(as_text(*text).find("torpor_cycles_total{job=\"torpor\",instance=\"robot-1\"} 3\n"),
            std::string_view::npos)
      << as_text(*text);
}

TEST(PusherSnapshot, what_a_person_should_know_is_said_once) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::unavailable;
  ASSERT_TRUE(robot.cycle());
  EXPECT_NE(robot.said.find("remote_write: unavailable (503)"), std::string::npos) << robot.said;
  ASSERT_TRUE(robot.cycle());
  EXPECT_EQ(robot.said, "");
  robot.transport.mode = Mode::well;
  ASSERT_TRUE(robot.cycle());
  EXPECT_NE(robot.said.find("well again"), std::string::npos) << robot.said;
}

// --- the cursor file ------------------------------------------------------------

TEST(SpoolState, a_file_whose_cursor_lies_beyond_the_head_is_damaged) {
  std::array<std::byte, kMaxSpoolStateBytes> room;
  const Bytes written = *encode_spool_state(SpoolState{}, room);
  ASSERT_TRUE(decode_spool_state(written, "cursor").ok());
  // The second mark, array(8) array(2) segment offset, and its segment from 0 to 1.
  const std::byte mark[] = {std::byte{0x88}, std::byte{0x82}, std::byte{0}, std::byte{0}};
  std::vector<std::byte> file(written.begin(), written.end());
  const auto head = std::search(file.begin(), file.end(), std::begin(mark), std::end(mark));
  const auto cursor = std::search(head + 1, file.end(), std::begin(mark), std::end(mark));
  ASSERT_NE(cursor, file.end());
  *(cursor + 2) = std::byte{1};
  const auto payload = static_cast<std::size_t>(head - file.begin()) - 1;
  store_le(&file[payload - sizeof(std::uint32_t)], crc32c(Bytes(file).subspan(payload)));
  const auto read = decode_spool_state(file, "cursor");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().reason, Reason::spool_cursor_damaged);
  EXPECT_EQ(read.error().found.view(), "places out of order");
}

TEST(SpoolState, one_out_of_order_is_never_written) {
  SpoolState state;
  state.run_to = {1, 1};
  std::array<std::byte, kMaxSpoolStateBytes> room;
  EXPECT_EXIT(static_cast<void>(encode_spool_state(state, room)), ::testing::ExitedWithCode(70),
              "spool_state.what_is_written_is_in_order");
}

}  // namespace
}  // namespace torpor
