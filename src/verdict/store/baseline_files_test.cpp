// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/store/baseline_files.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "verdict/fake/scores.h"

namespace torpor {
namespace {

constexpr std::uint32_t kUid = 0;
const std::string kState = "/state";

class baseline_files : public testing::Test {
 protected:
  baseline_files() { EXPECT_TRUE(files_.make_directories(paths_.directory).ok()); }

  void save(const Judge& judge) {
    std::vector<std::byte> room(judge.encoded_bound(3, 0));
    const auto bytes = judge.encode(room, as_bytes("fit"), {});
    ASSERT_TRUE(bytes.ok());
    ASSERT_TRUE(files_.replace(paths_.baseline, *bytes, 0644).ok());
  }
  void save_evidence(const Judge& judge) {
    std::byte room[kMaxEvidenceBytes];
    const auto bytes = judge.encode_evidence(room);
    ASSERT_TRUE(bytes.ok());
    ASSERT_TRUE(files_.replace(paths_.evidence, *bytes, 0644).ok());
  }
  Result<StoredBaseline> load() {
    return load_baseline(files_, kState, alarm_for_test(), key_for_test(), kUid);
  }
  Status request(EventKind kind, std::string_view reason = "JM: regreased") {
    return request_event(files_, kState, paths_.stem, kind, reason, 1'800'000'000);
  }

  MemoryFiles files_;
  BaselinePaths paths_ = baseline_paths(kState, key_for_test());
};

TEST_F(baseline_files, nothing_there_is_a_new_judge) {
  const auto stored = load();
  ASSERT_TRUE(stored.ok());
  EXPECT_FALSE(stored->found);
  EXPECT_EQ(stored->judge.state(), JudgeState::learning_fit);
}

TEST_F(baseline_files, evidence_written_after_the_baseline_is_taken_up) {
  ScoreSource source(1);
  Judge judge = armed_judge_for_test(source);
  save(judge);
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  save_evidence(judge);
  const auto stored = load();
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(stored->found);
  EXPECT_EQ(as_text(stored->features), "fit");
  EXPECT_EQ(stored->judge.first_crossing(), cycle);
  EXPECT_EQ(stored->judge.evidence().log_r, judge.evidence().log_r);
}

TEST_F(baseline_files, a_damaged_baseline_is_never_replaced_by_a_fresh_one) {
  ScoreSource source(1);
  save(armed_judge_for_test(source));
  auto bytes = *files_.read(paths_.baseline, 1 << 20);
  bytes[100] ^= std::byte{1};
  ASSERT_TRUE(files_.replace(paths_.baseline, bytes, 0644).ok());
  const auto stored = load();
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().reason, Reason::baseline_damaged);
  EXPECT_EQ(stored.error().where.view().substr(0, paths_.baseline.size()), paths_.baseline);
}

TEST_F(baseline_files, a_file_that_others_may_write_is_not_believed) {
  ScoreSource source(1);
  save(armed_judge_for_test(source));
  const auto bytes = *files_.read(paths_.baseline, 1 << 20);
  ASSERT_TRUE(files_.replace(paths_.baseline, bytes, 0666).ok());
  EXPECT_EQ(load().error().reason, Reason::file_unsafe);
}

TEST_F(baseline_files, a_requested_event_is_applied_once_wherever_the_power_fails) {
  ScoreSource source(2);
  const Judge armed = armed_judge_for_test(source);
  // The detector's start: load, apply, save, forget. The power fails at every operation.
  for (std::uint64_t n = 1;; ++n) {
    files_ = MemoryFiles();
    ASSERT_TRUE(files_.make_directories(paths_.directory).ok());
    save(armed);
    ASSERT_TRUE(request(EventKind::reset).ok());
    const auto start = [&]() -> Status {
      TORPOR_TRY(StoredBaseline stored, load());
      TORPOR_TRY(const bool changed, apply_pending_event(files_, paths_, kUid, stored.judge));
      if (changed) {
        std::vector<std::byte> room(stored.judge.encoded_bound(0, 0));
        TORPOR_TRY(const Bytes bytes, stored.judge.encode(room, {}, {}));
        TORPOR_CHECK(files_.replace(paths_.baseline, bytes, 0644));
      }
      return forget_event(files_, paths_);
    };
    files_.lose_power_at(n);
    const bool whole = start().ok();
    files_.crash();
    ASSERT_TRUE(start().ok()) << n;
    const auto after = load();
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after->judge.events(), 1u) << n;
    EXPECT_EQ(after->judge.state(), JudgeState::learning_fit);
    EXPECT_EQ(files_.facts(paths_.event).error().reason, Reason::file_missing);
    if (whole) break;
  }
}

TEST_F(baseline_files, one_event_waits_at_a_time) {
  ScoreSource source(3);
  save(armed_judge_for_test(source));
  ASSERT_TRUE(request(EventKind::accept).ok());
  const Status second = request(EventKind::reset);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, Reason::event_pending);
  EXPECT_EQ(second.error().found.view(), "accept waits");
  const auto summary = summarize(files_, kState, paths_.stem);
  ASSERT_TRUE(summary.ok());
  ASSERT_EQ(summary->pending.size(), 1u);
  EXPECT_EQ(summary->pending[0].reason.view(), "JM: regreased");
  EXPECT_EQ(summary->pending[0].recorded_s, 1'800'000'000);
}

TEST_F(baseline_files, an_event_that_was_taken_and_left_behind_gives_way) {
  ScoreSource source(4);
  Judge judge = armed_judge_for_test(source);
  save(judge);
  ASSERT_TRUE(request(EventKind::accept).ok());
  ASSERT_TRUE(*apply_pending_event(files_, paths_, kUid, judge));
  save(judge);  // and the power fails before forget_event
  EXPECT_FALSE(*apply_pending_event(files_, paths_, kUid, judge));
  EXPECT_TRUE(request(EventKind::reset).ok());
  EXPECT_TRUE(*apply_pending_event(files_, paths_, kUid, judge));
  EXPECT_EQ(judge.state(), JudgeState::learning_fit);
}

TEST_F(baseline_files, refuses_requests_without_reason_or_without_anything_to_accept) {
  EXPECT_EQ(list_baselines(files_, kState).error().reason, Reason::baseline_none);
  EXPECT_EQ(list_baselines(files_, "/elsewhere").error().reason, Reason::baseline_none);
  save(Judge(alarm_for_test(), key_for_test()));
  EXPECT_EQ(request(EventKind::accept).error().reason, Reason::baseline_nothing_to_accept);
  EXPECT_EQ(request(EventKind::reset, "").error().reason, Reason::event_without_reason);
  EXPECT_EQ(request(EventKind::reset, std::string(161, 'x')).error().reason, Reason::event_without_reason);
  EXPECT_EQ(request(EventKind::reset, "\xff").error().reason, Reason::event_without_reason);
  EXPECT_TRUE(request(EventKind::reset).ok());
}

TEST_F(baseline_files, an_event_for_another_baseline_or_of_a_later_torpor_is_refused) {
  ScoreSource source(5);
  Judge judge = armed_judge_for_test(source);
  BaselineEvent event;
  event.reason = "x";
  std::byte room[kMaxEventBytes];
  ASSERT_TRUE(files_.replace(paths_.event, *encode_event(event, "other", room), 0644).ok());
  EXPECT_EQ(apply_pending_event(files_, paths_, kUid, judge).error().reason, Reason::baseline_foreign);
  event.kind = EventKind::maintenance;
  ASSERT_TRUE(files_.replace(paths_.event, *encode_event(event, paths_.stem, room), 0644).ok());
  EXPECT_EQ(apply_pending_event(files_, paths_, kUid, judge).error().reason, Reason::event_unsupported);
  ASSERT_TRUE(files_.replace(paths_.event, as_bytes("rubbish"), 0644).ok());
  EXPECT_EQ(apply_pending_event(files_, paths_, kUid, judge).error().reason, Reason::event_damaged);
  EXPECT_EQ(judge.state(), JudgeState::armed);
}

TEST_F(baseline_files, the_summary_needs_no_contract) {
  ScoreSource source(6);
  Judge judge = armed_judge_for_test(source);
  save(judge);
  judge.scored(judge.last_cycle() + 1, source.next());
  save_evidence(judge);
  const auto stems = list_baselines(files_, kState);
  ASSERT_TRUE(stems.ok());
  ASSERT_EQ(*stems, std::vector<std::string>{paths_.stem});
  const auto summary = summarize(files_, kState, paths_.stem);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->key, key_for_test());
  EXPECT_EQ(summary->state, JudgeState::armed);
  EXPECT_EQ(summary->last_cycle, judge.last_cycle());
  EXPECT_EQ(summary->log_evidence, Sequential(judge.evidence()).log_evidence());
  EXPECT_EQ(summary->calibration.n, 240u);
}

}  // namespace
}  // namespace torpor
