// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/store/baseline_files.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/fake/golden_maintenance.h"
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

// --- maintenance ---------------------------------------------------------------------------

class maintenance_files : public baseline_files {
 protected:
  // A judge that has applied event number 4 and holds the alarm of golden::sound_event().
  maintenance_files() {
    key_.sensor = golden::sound_event().sensor;
    paths_ = baseline_paths(kState, key_);
    AlarmTerms terms = alarm_for_test();
    terms.fit_cycles = 120;
    terms.calibration_cycles = 120;
    ScoreSource source(5);
    Judge judge(terms, key_);
    std::uint64_t cycle = 0;
    while (judge.state() == JudgeState::learning_fit) judge.fitted(++cycle);
    while (judge.state() == JudgeState::learning_calibration) judge.scored(++cycle, source.next());
    EXPECT_EQ(judge.arming_epoch(), 1u);
    while (!judge.latched()) judge.unusable(++cycle, WindowQuality::saturated);
    MaintenanceEvent fourth = golden::sound_event();
    fourth.first_crossing_cycle = judge.first_crossing();
    fourth.sequence = golden::kLastMaintenance;
    EXPECT_TRUE(judge.apply(golden::signed_for_test(fourth)));
    for (cycle = 300 - terms.shock_cycles + 1; !judge.latched(); ++cycle)
      judge.unusable(cycle, WindowQuality::saturated);
    EXPECT_EQ(judge.first_crossing(), 300u);
    terms_ = terms;
    save(judge);
    save_evidence(judge);
  }
  Result<StoredBaseline> load() { return load_baseline(files_, kState, terms_, key_, kUid); }
  void leave(Bytes message) { ASSERT_TRUE(files_.replace(paths_.maintenance, message, 0644)); }
  Result<std::optional<Work>> apply(Judge& judge) {
    return apply_pending_maintenance(files_, paths_, {"amr-0173", trust_, kUid}, judge);
  }
  Result<std::vector<std::string>> ask(Bytes message) {
    TORPOR_TRY(const SignedMaintenance verified, verify_maintenance(message, trust_, "asked"));
    return request_maintenance(files_, kState, verified, message);
  }

  BaselineKey key_ = key_for_test();
  AlarmTerms terms_ = alarm_for_test();
  TrustSet trust_ = *parse_trust(as_bytes(golden::trust_text()), "trust");
};

TEST_F(maintenance_files, every_refused_event_leaves_the_alarm_latched_and_says_why) {
  for (const auto& c : golden::maintenance_cases()) {
    SCOPED_TRACE(name(c.reason));
    leave(c.message);
    auto stored = load();
    ASSERT_TRUE(stored);
    const auto applied = apply(stored->judge);
    EXPECT_EQ(stored->judge.first_crossing(), 300u);
    if (c.reason == Reason::maintenance_applied) {
      ASSERT_TRUE(applied) << "a crash left it behind: taken, not refused";
      EXPECT_FALSE(applied->has_value());
    } else {
      ASSERT_FALSE(applied);
      EXPECT_EQ(name(applied.error().reason), name(c.reason)) << one_line(applied.error()).view();
      EXPECT_NE(applied.error().where.view().find(paths_.maintenance), std::string_view::npos);
    }
    // The verb hears what the detector would have said, and leaves nothing.
    if (c.judge != golden::MaintenanceJudge::judge) continue;
    ASSERT_TRUE(files_.remove(paths_.maintenance));
    const auto asked = ask(c.message);
    ASSERT_FALSE(asked);
    EXPECT_EQ(name(asked.error().reason), name(c.reason));
    EXPECT_FALSE(files_.exists(paths_.maintenance));
  }
}

TEST_F(maintenance_files, an_event_in_a_file_others_may_write_is_not_even_read) {
  ASSERT_TRUE(files_.replace(paths_.maintenance, golden::good_maintenance(), 0666));
  auto stored = load();
  EXPECT_EQ(apply(stored->judge).error().reason, Reason::file_unsafe);
}

TEST_F(maintenance_files, a_good_event_clears_exactly_once_wherever_the_power_fails) {
  const auto baseline = *files_.read(paths_.baseline, 1 << 20);
  const auto evidence = *files_.read(paths_.evidence, 1 << 20);
  // The detector's start: load, apply, save, forget. The power fails at every operation.
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    files_ = MemoryFiles();
    files_.put(paths_.baseline, baseline);
    files_.put(paths_.evidence, evidence);
    const auto asked = ask(golden::good_maintenance());
    ASSERT_TRUE(asked) << one_line(asked.error()).view();
    EXPECT_EQ(*asked, std::vector<std::string>{paths_.stem});
    EXPECT_TRUE(summarize(files_, kState, paths_.stem)->maintenance_waits);
    const auto start = [&]() -> Status {
      TORPOR_TRY(StoredBaseline stored, load());
      TORPOR_TRY(const auto work, apply(stored.judge));
      if (work) {
        std::vector<std::byte> room(stored.judge.encoded_bound(0, 0));
        TORPOR_TRY(const Bytes bytes, stored.judge.encode(room, {}, {}));
        TORPOR_CHECK(files_.replace(paths_.baseline, bytes, 0644));
      }
      return forget_maintenance(files_, paths_);
    };
    files_.lose_power_at(n);
    const bool whole = start().ok();
    files_.crash();
    ASSERT_TRUE(start());
    const auto after = load();
    ASSERT_TRUE(after);
    EXPECT_FALSE(after->judge.latched());
    EXPECT_EQ(after->judge.events(), 2u);
    EXPECT_EQ(after->judge.maintenance_sequence(), golden::kLastMaintenance + 1);
    EXPECT_FALSE(files_.exists(paths_.maintenance));
    if (whole) break;
  }
}

}  // namespace
}  // namespace torpor
