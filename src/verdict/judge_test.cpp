// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/fake/allocations.h"
#include "verdict/fake/scores.h"

namespace torpor {
namespace {

BaselineEvent event(EventKind kind, std::uint64_t after, std::string_view reason = "new wheels") {
  BaselineEvent e;
  e.kind = kind;
  e.reason = reason;
  e.after = after;
  return e;
}

// Damage until the alarm; its cycle.
std::uint64_t raise(Judge& judge, ScoreSource& source, double sigmas = 8) {
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched() && cycle < 10'000) judge.scored(++cycle, source.next(sigmas));
  return cycle;
}

TEST(judge, learns_fit_and_calibration_from_disjoint_cycles_then_arms) {
  ScoreSource source(1);
  Judge judge(alarm_for_test(), key_for_test());
  std::uint64_t cycle = 0;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    ASSERT_EQ(judge.state(), JudgeState::learning_fit);
    const Verdict v = judge.fitted(++cycle);
    EXPECT_EQ(v.kind, VerdictKind::not_scored);
    EXPECT_EQ(v.reason, VerdictReason::learning_fit);
    EXPECT_EQ(v.learned, i);
    EXPECT_EQ(v.to_learn, 20u);
  }
  for (std::uint32_t i = 1; i <= 240; ++i) {
    ASSERT_EQ(judge.state(), JudgeState::learning_calibration);
    const Verdict v = judge.scored(++cycle, source.next());
    EXPECT_EQ(v.reason, VerdictReason::learning_calibration);
    EXPECT_EQ(v.learned, i);
    EXPECT_EQ(v.to_learn, 240u);
  }
  EXPECT_EQ(judge.state(), JudgeState::armed);
  EXPECT_EQ(judge.arming_epoch(), 1u);
  EXPECT_EQ(judge.calibration().n, 240u);
}

TEST(judge, a_window_left_out_of_the_fit_is_not_counted_and_its_reason_is_told) {
  Judge judge(alarm_for_test(), key_for_test());
  judge.fitted(1);
  const Verdict v = judge.not_fitted(2, "no speed");
  EXPECT_EQ(v.kind, VerdictKind::not_scored);
  EXPECT_EQ(v.reason, VerdictReason::learning_fit);
  EXPECT_EQ(v.learned, 1u);
  EXPECT_EQ(v.explanation.view(), "no speed");
  EXPECT_EQ(judge.not_fitted(2, "again").reason, VerdictReason::repeated_cycle);
  for (std::uint64_t cycle = 3; cycle <= 20; ++cycle) judge.fitted(cycle);
  EXPECT_TRUE(judge.fit_closes_next());
  judge.fitted(21);
  EXPECT_EQ(judge.state(), JudgeState::learning_calibration);
  EXPECT_FALSE(judge.fit_closes_next());
}

TEST(judge, starting_anew_forgets_what_was_learned_and_no_alarm) {
  ScoreSource source(3);
  Judge judge = armed_judge_for_test(source);
  const std::uint64_t raised = raise(judge, source);
  judge.start_anew();
  EXPECT_EQ(judge.state(), JudgeState::learning_fit);
  EXPECT_EQ(judge.learned(), 0u);
  EXPECT_EQ(judge.first_crossing(), raised);
  EXPECT_EQ(judge.events(), 0u) << "no event of an operator";
}

TEST(judge, scores_offered_while_fitting_are_not_calibration) {
  ScoreSource source(1);
  Judge judge(alarm_for_test(), key_for_test());
  EXPECT_EQ(judge.scored(1, source.next()).reason, VerdictReason::learning_fit);
  EXPECT_EQ(judge.learned(), 0u);
}

TEST(judge, climbs_from_healthy_over_watch_to_alarm) {
  ScoreSource source(3);
  AlarmTerms terms = alarm_for_test();
  terms.cycles_between_false_alarms = 100'000'000;
  Judge judge = armed_judge_for_test(source, terms);
  std::uint64_t cycle = judge.last_cycle();
  EXPECT_EQ(judge.scored(++cycle, source.next()).kind, VerdictKind::healthy);
  bool watched = false;
  Verdict v;
  while (v.kind != VerdictKind::alarm && cycle < 2000) {
    v = judge.scored(++cycle, source.next(3));
    EXPECT_EQ(v.kind == VerdictKind::alarm, v.log_evidence >= std::log(1e8));
    if (v.kind == VerdictKind::watch) {
      watched = true;
      EXPECT_GE(v.log_evidence, std::log(1e4));
      EXPECT_LT(v.log_evidence, std::log(1e8));
    }
  }
  EXPECT_TRUE(watched);
  EXPECT_EQ(v.first_crossing_cycle, cycle);
  EXPECT_TRUE(v.latched);
  EXPECT_EQ(v.arming_epoch, 1u);
}

TEST(judge, the_network_score_alone_raises_the_alarm_with_the_others_switched_off) {
  ScoreSource source(4);
  Judge judge = armed_judge_for_test(source, alarm_for_test(), {true, false, false});
  std::uint64_t cycle = judge.last_cycle();
  const std::uint64_t onset = cycle;
  Verdict v;
  while (v.kind != VerdictKind::alarm && cycle < onset + 20)
    v = judge.scored(++cycle, source.next(4, {true, false, false}));
  EXPECT_EQ(v.kind, VerdictKind::alarm);
  EXPECT_TRUE(v.score[0].used && !v.score[1].used && !v.score[2].used);
}

TEST(judge, a_score_that_is_switched_off_raises_nothing) {
  ScoreSource source(4);
  Judge judge = armed_judge_for_test(source, alarm_for_test(), {true, false, false});
  std::uint64_t cycle = judge.last_cycle();
  for (int i = 0; i < 50; ++i) judge.scored(++cycle, source.next(20, {false, true, true}));
  EXPECT_FALSE(judge.latched());
}

TEST(judge, an_alarm_stays_when_the_machine_seems_well_again) {
  ScoreSource source(5);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = raise(judge, source);
  const std::uint64_t first = cycle;
  Verdict v;
  for (int i = 0; i < 2000; ++i) v = judge.scored(++cycle, source.next());
  EXPECT_EQ(v.kind, VerdictKind::alarm);
  EXPECT_EQ(v.first_crossing_cycle, first);
  EXPECT_LT(v.log_evidence, v.log_alarm_threshold);  // the evidence is long gone
}

TEST(judge, accept_and_reset_are_recorded_and_never_clear_an_alarm) {
  ScoreSource source(6);
  Judge judge = armed_judge_for_test(source);
  const std::uint64_t first = raise(judge, source);
  ASSERT_TRUE(judge.apply(event(EventKind::accept, 0, "JM: regreased")).ok());
  EXPECT_EQ(judge.state(), JudgeState::learning_calibration);
  ASSERT_TRUE(judge.apply(event(EventKind::reset, 1, "JM: new gearbox")).ok());
  EXPECT_EQ(judge.state(), JudgeState::learning_fit);
  ASSERT_EQ(judge.history().size(), 2u);
  EXPECT_EQ(judge.history()[0].reason.view(), "JM: regreased");
  EXPECT_EQ(judge.history()[1].cycle, first);

  std::uint64_t cycle = judge.last_cycle();
  EXPECT_TRUE(judge.fitted(++cycle).latched);
  while (judge.state() == JudgeState::learning_fit) judge.fitted(++cycle);
  while (judge.state() == JudgeState::learning_calibration) judge.scored(++cycle, source.next());
  EXPECT_EQ(judge.arming_epoch(), 2u);
  const Verdict v = judge.scored(++cycle, source.next());
  EXPECT_EQ(v.kind, VerdictKind::alarm);
  EXPECT_EQ(v.first_crossing_cycle, first);
  EXPECT_EQ(v.arming_epoch, 1u);  // the alarm's id does not change
}

TEST(judge, refuses_events_that_mean_nothing) {
  ScoreSource source(7);
  Judge fitting(alarm_for_test(), key_for_test());
  EXPECT_EQ(fitting.apply(event(EventKind::accept, 0)).error().reason, Reason::baseline_nothing_to_accept);
  Judge judge = armed_judge_for_test(source);
  EXPECT_EQ(judge.apply(event(EventKind::accept, 0, "")).error().reason, Reason::event_without_reason);
  EXPECT_EQ(judge.apply(event(EventKind::maintenance, 0)).error().reason, Reason::event_unsupported);
  EXPECT_EQ(judge.apply(event(EventKind::accept, 1)).error().reason, Reason::event_stale);
  EXPECT_EQ(judge.state(), JudgeState::armed);
  EXPECT_TRUE(judge.history().empty());
}

TEST(judge, keeps_the_newest_eight_events_and_counts_all) {
  ScoreSource source(7);
  Judge judge = armed_judge_for_test(source);
  for (std::uint64_t i = 0; i < 11; ++i) ASSERT_TRUE(judge.apply(event(EventKind::reset, i)).ok());
  EXPECT_EQ(judge.events(), 11u);
  ASSERT_EQ(judge.history().size(), 8u);
  EXPECT_EQ(judge.history().front().after, 3u);
  EXPECT_EQ(judge.history().back().after, 10u);
}

TEST(judge, shocks_in_a_row_alarm_in_every_state) {
  ScoreSource source(8);
  for (Judge judge : {Judge(alarm_for_test(), key_for_test()), armed_judge_for_test(source)}) {
    std::uint64_t cycle = judge.last_cycle();
    EXPECT_EQ(judge.unusable(++cycle, WindowQuality::saturated).kind, VerdictKind::shock);
    EXPECT_EQ(judge.unusable(++cycle, WindowQuality::saturated).kind, VerdictKind::shock);
    const Verdict v = judge.unusable(++cycle, WindowQuality::saturated);
    EXPECT_EQ(v.kind, VerdictKind::alarm);
    EXPECT_EQ(v.reason, VerdictReason::saturated);
    EXPECT_EQ(v.first_crossing_cycle, cycle);
  }
}

TEST(judge, only_a_good_window_ends_a_row_of_shocks) {
  ScoreSource source(8);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  const auto shock = [&] { return judge.unusable(++cycle, WindowQuality::saturated).kind; };
  shock(), shock();
  judge.scored(++cycle, source.next());
  EXPECT_EQ(shock(), VerdictKind::shock);
  judge.missed(++cycle, VerdictReason::no_window);
  judge.unusable(++cycle, WindowQuality::stuck);
  EXPECT_EQ(shock(), VerdictKind::shock);
  EXPECT_EQ(judge.unusable(cycle, WindowQuality::saturated).reason, VerdictReason::repeated_cycle);
  EXPECT_FALSE(judge.latched());
  EXPECT_EQ(shock(), VerdictKind::alarm);
}

TEST(judge, names_why_a_cycle_has_no_score) {
  Judge judge(alarm_for_test(), key_for_test());
  const auto is = [](const Verdict& v, VerdictKind kind, VerdictReason reason) {
    return v.kind == kind && v.reason == reason;
  };
  using K = VerdictKind;
  using R = VerdictReason;
  EXPECT_TRUE(is(judge.unusable(1, WindowQuality::incomplete), K::not_scored, R::gap));
  EXPECT_TRUE(is(judge.unusable(2, WindowQuality::not_a_number), K::sensor_fault, R::not_a_number));
  EXPECT_TRUE(is(judge.unusable(3, WindowQuality::stuck), K::sensor_fault, R::stuck));
  EXPECT_TRUE(is(judge.unusable(4, WindowQuality::wrong_rate), K::sensor_fault, R::wrong_rate));
  EXPECT_TRUE(is(judge.missed(5, R::budget_spent), K::not_scored, R::budget_spent));
}

TEST(judge, a_cycle_without_score_leaves_the_evidence) {
  ScoreSource source(9);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  const double before = judge.scored(++cycle, source.next()).log_evidence;
  EXPECT_EQ(judge.missed(++cycle, VerdictReason::backend_failed).log_evidence, before);
  EXPECT_EQ(judge.unusable(++cycle, WindowQuality::stuck).log_evidence, before);
  CycleScores bad = source.next();
  bad.value[0] = std::numeric_limits<double>::infinity();
  const Verdict v = judge.scored(++cycle, bad);
  EXPECT_EQ(v.reason, VerdictReason::bad_score);
  EXPECT_EQ(v.log_evidence, before);
}

TEST(judge, a_cycle_given_twice_counts_once) {
  ScoreSource source(10);
  Judge judge = armed_judge_for_test(source);
  const std::uint64_t cycle = judge.last_cycle() + 1;
  const CycleScores loud = source.next(10);
  const double once = judge.scored(cycle, loud).log_evidence;
  const Verdict again = judge.scored(cycle, loud);
  EXPECT_EQ(again.kind, VerdictKind::not_scored);
  EXPECT_EQ(again.reason, VerdictReason::repeated_cycle);
  EXPECT_EQ(again.log_evidence, once);
}

TEST(judge, says_why_it_refuses_to_arm_and_waits_for_an_operator) {
  ScoreSource source(11, 0.9);
  AlarmTerms terms = alarm_for_test();
  terms.calibration_cycles = 600;
  Judge judge = armed_judge_for_test(source, terms);
  ASSERT_EQ(judge.state(), JudgeState::not_armed);
  EXPECT_EQ(judge.refusal().reason, Reason::calibration_correlated);
  const Verdict v = judge.scored(judge.last_cycle() + 1, source.next());
  EXPECT_EQ(v.reason, VerdictReason::not_armed);
  EXPECT_NE(v.explanation.view().find("calibration_correlated"), std::string_view::npos);
  ASSERT_TRUE(judge.apply(event(EventKind::accept, 0)).ok());
  EXPECT_EQ(judge.state(), JudgeState::learning_calibration);
}

TEST(judge, does_not_arm_on_a_contract_with_too_few_calibration_cycles) {
  ScoreSource source(12);
  AlarmTerms terms = alarm_for_test();
  terms.calibration_cycles = 119;
  EXPECT_EQ(armed_judge_for_test(source, terms).refusal().reason, Reason::calibration_too_short);
}

TEST(judge, allocates_nothing_per_cycle_from_the_first_on) {
  ScoreSource source(13);
  Judge judge(alarm_for_test(), key_for_test());
  std::byte evidence[kMaxEvidenceBytes];
  const std::size_t before = allocations_for_test();
  std::uint64_t cycle = 0;
  while (judge.state() == JudgeState::learning_fit) judge.fitted(++cycle);
  while (judge.state() == JudgeState::learning_calibration) judge.scored(++cycle, source.next());
  for (int i = 0; i < 100; ++i) {
    judge.scored(++cycle, source.next(2));
    judge.unusable(++cycle, WindowQuality::saturated);
    ASSERT_TRUE(judge.encode_evidence(evidence).ok());
  }
  EXPECT_EQ(judge.state(), JudgeState::armed);
  EXPECT_EQ(allocations_for_test(), before);
}

// --- maintenance ---------------------------------------------------------------------------

}  // namespace
}  // namespace torpor
