// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What a judge counts beside an alarm that is latched.
#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "contract/fake/golden_maintenance.h"
#include "verdict/fake/scores.h"
#include "verdict/judge.h"

namespace torpor {
namespace {

class JudgeAgain : public ::testing::Test {
 protected:
  JudgeAgain() {
    damage();
    first_ = judge_.first_crossing();
  }
  Verdict score(double sigmas) { return judge_.scored(++cycle_, source_.next(sigmas)); }
  // Until R >= A; says whether it came to that.
  bool damage() {
    for (int i = 0; i < 200; ++i) {
      const Verdict v = score(8);
      if (v.log_evidence >= v.log_alarm_threshold) return true;
    }
    return false;
  }
  void rest_below(double share_of_alarm) {
    for (int i = 0; i < 500; ++i) {
      const Verdict v = score(0);
      if (v.log_evidence < share_of_alarm * v.log_alarm_threshold) return;
    }
    ADD_FAILURE() << "did not fall";
  }
  FurtherCrossings further() const { return judge_.alarm().further; }
  std::vector<std::byte> evidence() const {
    std::vector<std::byte> room(kMaxEvidenceBytes);
    const auto bytes = judge_.encode_evidence(room);
    EXPECT_TRUE(bytes.ok());
    room.resize(bytes->size());
    return room;
  }
  void named(DamagePlace place, int cycles) {
    for (int i = 0; i < cycles; ++i) {
      score(8);
      judge_.named(place);
    }
  }
  SignedMaintenance repaired() const {
    MaintenanceEvent event;
    event.device = "amr-0173";
    event.sensor = key_for_test().sensor;
    event.arming_epoch = judge_.alarm().arming_epoch;
    event.first_crossing_cycle = judge_.first_crossing();
    event.work = Work::repaired;
    event.sequence = 1;
    return golden::signed_for_test(event);
  }

  ScoreSource other_{41};  // the same healthy scores, for another process of it
  ScoreSource source_{41};
  Judge judge_ = armed_judge_for_test(source_);
  std::uint64_t cycle_ = judge_.last_cycle();
  std::uint64_t first_ = 0;
};

TEST_F(JudgeAgain, damage_that_goes_on_is_the_alarm_itself) {
  for (int i = 0; i < 50; ++i) score(8);
  EXPECT_EQ(further(), FurtherCrossings{});
}

TEST_F(JudgeAgain, evidence_crosses_again_only_after_it_fell_below_watch) {
  rest_below(0.9);
  ASSERT_TRUE(damage());
  EXPECT_EQ(further().count, 0u) << "it trembled around A";
  rest_below(0.5);
  EXPECT_EQ(further().count, 0u);
  ASSERT_TRUE(damage());
  EXPECT_EQ(further(), (FurtherCrossings{1, cycle_, CrossingCause::evidence}));
  EXPECT_EQ(judge_.first_crossing(), first_) << "the alarm keeps its id";
}

TEST_F(JudgeAgain, a_row_of_shocks_counts_when_it_is_full_and_once) {
  for (int i = 0; i < 3; ++i) judge_.unusable(++cycle_, WindowQuality::saturated);
  EXPECT_EQ(further(), (FurtherCrossings{1, cycle_, CrossingCause::shocks}));
  judge_.unusable(++cycle_, WindowQuality::saturated);
  EXPECT_EQ(further().count, 1u);
  score(0);
  for (int i = 0; i < 3; ++i) judge_.unusable(++cycle_, WindowQuality::saturated);
  EXPECT_EQ(further().count, 2u);
}

TEST_F(JudgeAgain, an_alarm_by_shocks_counts_the_crossing_of_the_evidence) {
  ScoreSource source(42);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched()) judge.unusable(++cycle, WindowQuality::saturated);
  EXPECT_EQ(judge.alarm().further.count, 0u);
  for (int i = 0; i < 20; ++i) judge.scored(++cycle, source.next(8));
  EXPECT_EQ(judge.alarm().further.count, 1u);
  EXPECT_EQ(judge.alarm().further.cause, CrossingCause::evidence);
}

TEST_F(JudgeAgain, a_second_place_counts_once_it_holds_and_the_first_is_the_alarms_own) {
  named(4, 10);
  EXPECT_EQ(further().count, 0u);
  named(7, kPlaceHolds - 1);
  named(4, 3);
  EXPECT_EQ(further().count, 0u) << "named too briefly";
  named(7, kPlaceHolds);
  EXPECT_EQ(further(), (FurtherCrossings{1, cycle_, CrossingCause::place}));
  named(4, 5);
  named(7, 5);
  EXPECT_EQ(further().count, 1u) << "both are known";
}

TEST_F(JudgeAgain, a_place_counts_only_while_the_evidence_stands_above_the_alarm) {
  named(4, 3);
  rest_below(0.9);
  for (int i = 0; i < 10; ++i) {
    const Verdict v = score(0);
    ASSERT_LT(v.log_evidence, v.log_alarm_threshold);
    judge_.named(7);
  }
  EXPECT_EQ(further().count, 0u);
}

TEST_F(JudgeAgain, a_restart_at_any_moment_changes_no_count) {
  const auto again = [&] {
    Judge fresh = armed_judge_for_test(other_);
    ASSERT_TRUE(fresh.take_evidence(evidence()));
    judge_ = fresh;
  };
  named(4, 3);
  named(7, 1);
  again();
  named(7, 1);
  again();
  named(7, 1);
  EXPECT_EQ(further().count, 1u);
  again();
  rest_below(0.5);
  again();
  ASSERT_TRUE(damage());
  again();
  EXPECT_EQ(further().count, 2u);
  EXPECT_EQ(judge_.first_crossing(), first_);
}

TEST_F(JudgeAgain, an_operators_event_keeps_the_count_whichever_file_was_written_last) {
  for (int i = 0; i < 3; ++i) judge_.unusable(++cycle_, WindowQuality::saturated);
  const auto before = evidence();
  BaselineEvent accept;
  accept.kind = EventKind::accept;
  accept.reason = "new wheels";
  accept.after = judge_.events();
  ASSERT_TRUE(judge_.apply(accept));
  std::vector<std::byte> room(judge_.encoded_bound(0, 0));
  const auto baseline = judge_.encode(room, {}, {});
  ASSERT_TRUE(baseline.ok());
  auto loaded = decode_baseline(*baseline, alarm_for_test(), key_for_test());
  ASSERT_TRUE(loaded.ok());
  ASSERT_TRUE(loaded->judge.take_evidence(before));
  EXPECT_EQ(loaded->judge.alarm().further, further());
}

TEST_F(JudgeAgain, maintenance_ends_the_count_and_the_next_alarm_has_its_own) {
  for (int i = 0; i < 3; ++i) judge_.unusable(++cycle_, WindowQuality::saturated);
  const auto stale = evidence();
  ASSERT_TRUE(judge_.apply(repaired()));
  EXPECT_EQ(further(), FurtherCrossings{});
  ASSERT_TRUE(judge_.take_evidence(stale));
  EXPECT_EQ(further(), FurtherCrossings{}) << "nor does what was written before bring it back";
  ASSERT_TRUE(damage());
  EXPECT_TRUE(judge_.latched());
  EXPECT_EQ(further().count, 0u);
  EXPECT_EQ(score(0).further.count, 0u);
}

// Two backends judge one bearing: what one has counted the other tells, and the crossing of its
// own evidence is the same damage.
TEST_F(JudgeAgain, an_alarm_taken_over_brings_its_count_and_is_not_counted_again) {
  Judge second = armed_judge_for_test(other_);
  for (int i = 0; i < 3; ++i) judge_.unusable(++cycle_, WindowQuality::saturated);
  second.take_over(judge_.alarm());
  EXPECT_EQ(second.alarm().further, further());
  std::uint64_t cycle = second.last_cycle();
  for (int i = 0; i < 30; ++i) second.scored(++cycle, other_.next(8));
  EXPECT_EQ(second.alarm().further.count, 1u);
}

// What version 1 wrote: no eighth item, and the number of items and the version in their places.
TEST_F(JudgeAgain, evidence_of_version_1_is_read) {
  auto bytes = evidence();
  constexpr std::size_t kSinceLatchBytes = 8;  // of an alarm without further crossings
  ASSERT_EQ(bytes[bytes.size() - kSinceLatchBytes], std::byte{0x87});
  bytes.resize(bytes.size() - kSinceLatchBytes);
  ASSERT_EQ(bytes[16], std::byte{0x88});
  bytes[16] = std::byte{0x87};
  bytes[4] = std::byte{1};
  store_le(&bytes[8], static_cast<std::uint32_t>(bytes.size() - 16));
  store_le(&bytes[12], crc32c(Bytes(bytes).subspan(16)));
  Judge fresh = armed_judge_for_test(other_);
  ASSERT_TRUE(fresh.take_evidence(bytes));
  EXPECT_EQ(fresh.first_crossing(), first_);
  EXPECT_EQ(fresh.alarm().further, FurtherCrossings{});
}

}  // namespace
}  // namespace torpor
