// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What a person puts right within the hour costs nothing, and what keeps cycles back is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/fake/robot.h"

namespace torpor {
namespace {

using Mode = FakeTransport::Mode;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

std::size_t delivered(const RobotForTest& robot) { return robot.transport.of("torpor_cycles_total").size(); }

void expect_nothing_lost(RobotForTest& robot, const std::string& what) {
  robot.cycles(12);
  EXPECT_EQ(robot.facts().lost, 0u) << what;
  EXPECT_EQ(robot.facts().waiting, 0u) << what;
  EXPECT_EQ(delivered(robot), robot.held().size()) << what;
}

// Seen: ten minutes of 401 lost ten cycles of a spool of 14 days.
TEST(PusherMended, an_answer_that_a_person_puts_right_costs_no_cycle) {
  for (const int status :
       {301, 302, 307, 401, 403, 404, 405, 407, 411, 413, 421, 429, 431, 451, 500, 502, 503, 511, 600}) {
    RobotForTest robot;
    ASSERT_TRUE(robot.start());
    robot.cycles(3);
    robot.transport.mode = Mode::unavailable;
    robot.transport.unavailable_status = status;
    robot.cycles(60);
    EXPECT_GE(robot.facts().waiting, 60u) << status;
    robot.transport.mode = Mode::well;
    expect_nothing_lost(robot, std::to_string(status));
  }
}

// The plain port of a server that wants TLS says 400 to everything, whoever asks what.
TEST(PusherMended, a_refusal_of_everything_judges_no_batch) {
  for (const int status : {400, 409, 422}) {
    RobotForTest robot;
    ASSERT_TRUE(robot.start());
    robot.cycles(3);
    robot.transport.mode = Mode::unavailable;
    robot.transport.unavailable_status = status;
    robot.cycles(300);
    robot.transport.mode = Mode::well;
    expect_nothing_lost(robot, std::to_string(status));
  }
}

// A server without an out-of-order window takes live cycles and refuses older ones, until it gets one.
TEST(PusherMended, a_backlog_that_is_refused_waits_an_hour_for_a_server_that_is_put_right) {
  for (const int status : {400, 401, 404, 409, 413, 500}) {
    RobotForTest robot;
    ASSERT_TRUE(robot.start());
    robot.cycles(3);
    robot.transport.mode = Mode::down;
    robot.cycles(100);
    robot.transport.mode = Mode::well;
    robot.transport.refuse_before_ms = to_ns(robot.clock.now().wall) / 1'000'000;
    robot.transport.refuse_status = status;
    robot.cycles(55);
    robot.transport.refuse_before_ms = 0;
    expect_nothing_lost(robot, std::to_string(status));
  }
}

TEST(PusherMended, a_web_page_acknowledges_neither_cycles_nor_alarms) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::portal;
  robot.raise_alarm();
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("remote_write: unavailable (200): a web page"));
  robot.cycles(60);
  EXPECT_EQ(robot.state().event_count, 1u);
  robot.transport.mode = Mode::well;
  ASSERT_TRUE(robot.cycle());
  EXPECT_EQ(robot.state().event_count, 0u) << "its date, of 1970, shut no gate";
  expect_nothing_lost(robot, "portal");
}

// --- a server that asks for patience --------------------------------------------

TEST(PusherWaits, a_server_that_asks_to_be_left_alone_is_until_then) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::unavailable;
  robot.transport.unavailable_status = 429;
  robot.transport.retry_in = minutes(10);
  robot.transport.sent.clear();
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("remote_write: unavailable (429), asks to wait 600 s"));
  robot.cycles(9);
  EXPECT_EQ(robot.transport.sent.size(), 1u);
  robot.cycles(2);
  EXPECT_EQ(robot.transport.sent.size(), 2u);
  robot.transport.mode = Mode::well;
  robot.transport.retry_in.reset();
  robot.cycles(10);
  expect_nothing_lost(robot, "429");
}

TEST(PusherWaits, the_question_for_the_time_is_an_answer_too) {
  RobotForTest robot;
  robot.transport.mode = Mode::unavailable;
  robot.transport.unavailable_status = 429;
  robot.transport.retry_in = minutes(10);
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  EXPECT_EQ(robot.transport.sent.size(), 1u);
}

TEST(PusherWaits, no_server_is_left_alone_for_ever) {
  Terms terms = terms_for_test();
  terms.telemetry.spool_age_ms = 3'600'000;
  for (const bool short_spool : {false, true}) {
    RobotForTest robot(short_spool ? terms : terms_for_test());
    robot.transport.mode = Mode::unavailable;
    robot.transport.retry_in = hours(24 * 365);
    ASSERT_TRUE(robot.start());
    robot.cycles(short_spool ? 33 : 63);
    EXPECT_EQ(robot.transport.sent.size(), 2u) << "an hour, or half of what the spool keeps";
  }
}

TEST(PusherWaits, a_date_to_wait_for_counts_by_the_clock_that_gave_it) {
  const WallTime now{hours(5)};
  Outcome outcome;
  EXPECT_FALSE(asked_wait(outcome, now));
  outcome.retry_at = now + minutes(3);
  EXPECT_EQ(asked_wait(outcome, now), Duration(minutes(3)));
  outcome.date = now + minutes(2);
  EXPECT_EQ(asked_wait(outcome, now), Duration(minutes(1)));
  outcome.date = now + minutes(9);
  EXPECT_EQ(asked_wait(outcome, now), Duration(0)) << "over already";
}

// --- what is said ---------------------------------------------------------------

TEST(PusherSays, no_line_ends_in_an_empty_part) {
  for (const char* words : {"", " ", "\n", "\r\n\t "}) {
    RobotForTest robot;
    ASSERT_TRUE(robot.start());
    robot.cycles(3);
    robot.transport.mode = Mode::unavailable;
    robot.transport.unavailable_status = 429;
    robot.transport.unavailable_words = words;
    ASSERT_TRUE(robot.cycle());
    EXPECT_EQ(robot.said, "remote_write: unavailable (429)");
  }
}

TEST(PusherSays, another_failure_after_the_first_is_said_and_the_same_is_not) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::unavailable;
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("(503)"));
  ASSERT_TRUE(robot.cycle());
  EXPECT_EQ(robot.said, "");
  robot.transport.unavailable_status = 401;
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("(401)"));
}

TEST(PusherSays, a_backlog_that_is_refused_all_the_hour_is_said_once) {
  RobotForTest robot;
  ASSERT_TRUE(robot.start());
  robot.cycles(3);
  robot.transport.mode = Mode::down;
  robot.cycles(50);
  robot.transport.mode = Mode::well;
  robot.transport.refuse_before_ms = to_ns(robot.clock.now().wall) / 1'000'000;
  std::string all;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(robot.cycle());
    all += robot.said + "\n";
  }
  const std::string line = "remote_write, older cycles: refused (400): out of bounds";
  ASSERT_THAT(all, HasSubstr(line));
  EXPECT_EQ(all.find(line), all.rfind(line));
  EXPECT_EQ(all.find("well again"), all.rfind("well again")) << all;
}

TEST(PusherSays, a_textfile_that_cannot_be_written_is_said_once_and_taken_up_when_it_can) {
  RobotForTest robot;
  robot.site.textfile = "textfile/torpor.prom";
  ASSERT_TRUE(robot.start());
  std::string all;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(robot.cycle());
    all += robot.said + "\n";
  }
  EXPECT_THAT(all, HasSubstr("file_missing: textfile"));
  EXPECT_EQ(all.find("file_missing"), all.rfind("file_missing")) << all;
  EXPECT_GE(robot.facts().failures, 4u);
  ASSERT_TRUE(robot.files.make_directories("textfile"));
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("telemetry.textfile: well again"));
  EXPECT_TRUE(robot.files.facts("textfile/torpor.prom").ok());
}

// --- the clock ------------------------------------------------------------------

TEST(PusherClockWait, it_says_and_counts_what_it_waits_for) {
  RobotForTest robot;
  robot.clock.set_synchronised(false);
  ASSERT_TRUE(robot.start());
  std::string all;
  const auto cycles = [&](int n) {
    all.clear();
    for (int i = 0; i < n; ++i) {
      ASSERT_TRUE(robot.cycle());
      all += robot.said + "\n";
    }
  };
  cycles(3);
  EXPECT_THAT(all, HasSubstr("remote_write: waits for a time service to set this clock\n"));
  cycles(3);
  EXPECT_EQ(all, "\n\n\n") << "once";
  EXPECT_EQ(robot.facts().failures, 0u) << "nobody was asked";
  robot.clock.set_synchronised(true);
  robot.transport.server_ahead = -hours(12);
  cycles(3);
  EXPECT_THAT(all, HasSubstr("remote_write: waits: this clock is 43200 s ahead of the server's"));
  EXPECT_EQ(robot.facts().failures, 3u);
  robot.transport.server_ahead = {};
  cycles(3);
  EXPECT_THAT(all, HasSubstr("remote_write: trusts this clock\n"));
  expect_nothing_lost(robot, "clock");
}

TEST(PusherClockWait, before_the_contract_begins_it_says_so) {
  RobotForTest robot;
  robot.clock.step_wall(
      -(robot.clock.now().wall - WallTime(seconds(robot.contract.terms().not_before_s - 3600))));
  ASSERT_TRUE(robot.start());
  ASSERT_TRUE(robot.cycle());
  EXPECT_THAT(robot.said, HasSubstr("no less than the contract's not_before"));
}

// Seen: a server 12 hours behind was told nothing, for ever.
TEST(PusherClockWait, after_an_hour_a_server_that_is_behind_is_told_by_its_own_clock) {
  RobotForTest robot;
  robot.transport.server_ahead = -hours(12);
  ASSERT_TRUE(robot.start());
  robot.cycles(55);
  EXPECT_EQ(delivered(robot), 0u) << "a person may still put it right";
  robot.cycles(20);
  const auto moments = robot.transport.of("torpor_cycles_total");
  ASSERT_EQ(moments.size(), 75u) << "each cycle once";
  const std::int64_t there = to_ns(robot.clock.now().wall - hours(12)) / 1'000'000;
  EXPECT_LE(moments.rbegin()->first, there) << "never in that server's future";
  EXPECT_GE(moments.rbegin()->first, there - 120'000);
  EXPECT_EQ(robot.facts().lost, 0u);
  EXPECT_EQ(robot.facts().waiting, 0u);
  robot.transport.server_ahead = {};
  robot.cycles(5);
  EXPECT_GE(robot.transport.of("torpor_cycles_total").rbegin()->first,
            to_ns(robot.clock.now().wall) / 1'000'000 - 120'000)
      << "and by its own again once they agree";
}

TEST(PusherClockWait, the_clock_of_another_server_proves_nothing) {
  RobotForTest robot;
  robot.site.pushgateway.url = "http://gateway";
  robot.site.alertmanager.url = "http://alertmanager";
  robot.transport.remote_write_ahead = -hours(12);
  ASSERT_TRUE(robot.start());
  robot.raise_alarm();
  robot.cycles(30);
  EXPECT_EQ(delivered(robot), 0u);
  const auto posts = robot.transport.sent;
  const auto last = std::find_if(posts.rbegin(), posts.rend(), [](const auto& sent) {
    return sent.url.find("alertmanager") != std::string::npos;
  });
  ASSERT_NE(last, posts.rend());
  EXPECT_THAT(last->body, HasSubstr("endsAt")) << "its own clock agrees";
}

}  // namespace
}  // namespace torpor
