// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What a signed maintenance event does to a judge.
#include <gtest/gtest.h>

#include "contract/fake/golden_maintenance.h"
#include "verdict/fake/scores.h"
#include "verdict/judge.h"

namespace torpor {
namespace {

using golden::signed_for_test;

BaselineEvent event(EventKind kind, std::uint64_t after, std::string_view reason = "new wheels") {
  BaselineEvent e;
  e.kind = kind;
  e.reason = reason;
  e.after = after;
  return e;
}

// An armed judge whose alarm is latched; the newest cycle judged is in `cycle`.
Judge alarmed_judge(ScoreSource& source, std::uint64_t& cycle) {
  Judge judge = armed_judge_for_test(source);
  cycle = judge.last_cycle();
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  return judge;
}

SignedMaintenance signed_event(const Judge& judge, Work work, std::uint64_t sequence = 1) {
  MaintenanceEvent event;
  event.device = "amr-0173";
  event.sensor = key_for_test().sensor;
  event.arming_epoch = judge.alarm().arming_epoch;
  event.first_crossing_cycle = judge.first_crossing();
  event.work = work;
  event.sequence = sequence;
  return signed_for_test(event);
}

TEST(maintenance, clears_the_alarm_it_names_and_nothing_comes_back_on_a_sound_machine) {
  ScoreSource source(20);
  std::uint64_t cycle = 0;
  Judge judge = alarmed_judge(source, cycle);
  const std::uint64_t epoch = judge.arming_epoch();
  const auto before = judge.events();
  ASSERT_TRUE(judge.apply(signed_event(judge, Work::repaired)));
  EXPECT_FALSE(judge.latched());
  EXPECT_EQ(judge.state(), JudgeState::armed) << "what was mended is the same machine";
  EXPECT_EQ(judge.arming_epoch(), epoch);
  EXPECT_EQ(judge.events(), before + 1);
  EXPECT_EQ(judge.history().back().kind, EventKind::maintenance);
  EXPECT_EQ(judge.history().back().cycle, cycle);
  EXPECT_TRUE(judge.history().back().reason.view().starts_with("repaired, sequence 1, signed by "));
  for (int i = 0; i < 50; ++i) {
    const Verdict verdict = judge.scored(++cycle, source.next());
    EXPECT_NE(verdict.kind, VerdictKind::alarm) << i;
    EXPECT_FALSE(verdict.latched);
    EXPECT_EQ(verdict.first_crossing_cycle, 0u);
  }
}

// What was not mended raises an alarm again, and that is another one.
TEST(maintenance, damage_that_is_still_there_alarms_again_under_a_new_id) {
  ScoreSource source(21);
  std::uint64_t cycle = 0;
  Judge judge = alarmed_judge(source, cycle);
  const std::uint64_t first = judge.first_crossing();
  const auto event = signed_event(judge, Work::inspected);
  ASSERT_TRUE(judge.apply(event));
  int cycles = 0;
  while (!judge.latched() && cycles++ < 100) judge.scored(++cycle, source.next(6));
  EXPECT_TRUE(judge.latched());
  EXPECT_GT(judge.first_crossing(), first);
  EXPECT_EQ(judge.apply(event).error().reason, Reason::maintenance_applied);
  EXPECT_TRUE(judge.latched()) << "the old event does not clear the new alarm";
}

TEST(maintenance, a_replaced_bearing_is_learned_anew) {
  ScoreSource source(22);
  std::uint64_t cycle = 0;
  Judge judge = alarmed_judge(source, cycle);
  ASSERT_TRUE(judge.apply(signed_event(judge, Work::replaced)));
  EXPECT_EQ(judge.state(), JudgeState::learning_fit);
  EXPECT_EQ(judge.learned(), 0u);
  EXPECT_FALSE(judge.latched());
}

TEST(maintenance, an_alarm_by_shocks_is_cleared_in_every_state_and_its_row_ends) {
  Judge judge(alarm_for_test(), key_for_test());
  std::uint64_t cycle = 0;
  for (int i = 0; i < 5; ++i) judge.fitted(++cycle);
  while (!judge.latched()) judge.unusable(++cycle, WindowQuality::saturated);
  ASSERT_TRUE(judge.apply(signed_event(judge, Work::repaired)));
  EXPECT_EQ(judge.learned(), 5u) << "the fit goes on";
  EXPECT_EQ(judge.unusable(++cycle, WindowQuality::saturated).kind, VerdictKind::shock) << "one is no row";
}

TEST(maintenance, each_refusal_has_its_reason_and_changes_nothing) {
  ScoreSource source(23);
  std::uint64_t cycle = 0;
  Judge judge = alarmed_judge(source, cycle);
  ASSERT_TRUE(judge.apply(signed_event(judge, Work::inspected, 4)));
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  const auto refusal = [&](auto change) {
    MaintenanceEvent event = signed_event(judge, Work::replaced, 5).event();
    change(event);
    const Status applied = judge.apply(signed_for_test(event));
    EXPECT_FALSE(applied);
    EXPECT_TRUE(judge.latched());
    EXPECT_EQ(judge.state(), JudgeState::armed);
    EXPECT_EQ(judge.maintenance_sequence(), 4u);
    return applied ? Reason{} : applied.error().reason;
  };
  EXPECT_EQ(refusal([](auto& e) { e.sensor = "another"; }), Reason::maintenance_other_sensor);
  EXPECT_EQ(refusal([](auto& e) { e.sequence = 4; }), Reason::maintenance_applied);
  EXPECT_EQ(refusal([](auto& e) { e.sequence = 3; }), Reason::maintenance_rolled_back);
  EXPECT_EQ(refusal([](auto& e) { ++e.first_crossing_cycle; }), Reason::maintenance_no_such_alarm);
  EXPECT_EQ(refusal([](auto& e) { ++e.arming_epoch; }), Reason::maintenance_no_such_alarm);
  const SignedMaintenance event = signed_event(judge, Work::inspected, 5);
  ASSERT_TRUE(judge.apply(event));
  MaintenanceEvent once_more = event.event();
  once_more.sequence = 6;
  EXPECT_EQ(judge.apply(signed_for_test(once_more)).error().reason, Reason::maintenance_no_such_alarm)
      << "none is latched";
}

TEST(maintenance, nothing_else_clears_an_alarm) {
  ScoreSource source(24);
  std::uint64_t cycle = 0;
  Judge judge = alarmed_judge(source, cycle);
  BaselineEvent unsigned_event = event(EventKind::maintenance, judge.events());
  EXPECT_EQ(judge.apply(unsigned_event).error().reason, Reason::event_unsupported);
  ASSERT_TRUE(judge.apply(event(EventKind::accept, judge.events())).ok());
  EXPECT_TRUE(judge.latched());
  ASSERT_TRUE(judge.apply(event(EventKind::reset, judge.events())).ok());
  EXPECT_TRUE(judge.latched());
}

}  // namespace
}  // namespace torpor
