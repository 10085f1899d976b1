// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <vector>

#include "contract/fake/golden_maintenance.h"
#include "verdict/fake/scores.h"
#include "verdict/judge.h"

namespace torpor {
namespace {

std::vector<std::byte> encoded(const Judge& judge, std::string_view features = "fit",
                               std::string_view envelope = "env") {
  std::vector<std::byte> room(judge.encoded_bound(features.size(), envelope.size()));
  const auto bytes = judge.encode(room, as_bytes(features), as_bytes(envelope));
  EXPECT_TRUE(bytes.ok());
  room.resize(bytes->size());
  return room;
}

std::vector<std::byte> evidence_of(const Judge& judge) {
  std::vector<std::byte> room(kMaxEvidenceBytes);
  const auto bytes = judge.encode_evidence(room);
  EXPECT_TRUE(bytes.ok());
  room.resize(bytes->size());
  return room;
}

LoadedBaseline decoded(const std::vector<std::byte>& bytes, const AlarmTerms& terms = alarm_for_test()) {
  auto loaded = decode_baseline(bytes, terms, key_for_test());
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : one_line(loaded.error()).view());
  return std::move(*loaded);
}

TEST(baseline_state, a_restart_in_every_cycle_changes_no_bit_of_any_verdict) {
  AlarmTerms terms = alarm_for_test();
  terms.calibration_cycles = 130;
  for (double phi : {0.0, 0.5}) {
    ScoreSource source(1, phi), same(1, phi);
    Judge through(terms, key_for_test()), restarted(terms, key_for_test());
    for (std::uint64_t cycle = 1; cycle <= 400; ++cycle) {
      const bool fit = through.state() == JudgeState::learning_fit;
      const double damage = cycle > 300 ? 1.5 : 0;
      Verdict a, b;
      if (cycle % 17 == 0) {
        a = through.unusable(cycle, WindowQuality::saturated);
        b = restarted.unusable(cycle, WindowQuality::saturated);
      } else {
        a = fit ? through.fitted(cycle) : through.scored(cycle, source.next(damage));
        b = fit ? restarted.fitted(cycle) : restarted.scored(cycle, same.next(damage));
      }
      ASSERT_EQ(a.kind, b.kind) << cycle;
      ASSERT_EQ(a.reason, b.reason);
      ASSERT_EQ(a.log_evidence, b.log_evidence);
      ASSERT_EQ(a.learned, b.learned);
      ASSERT_EQ(a.first_crossing_cycle, b.first_crossing_cycle);
      restarted = decoded(encoded(restarted), terms).judge;
    }
    EXPECT_EQ(through.state(), JudgeState::armed);
  }
}

TEST(baseline_state, the_small_evidence_file_brings_an_older_baseline_up_to_date) {
  ScoreSource source(2);
  Judge judge = armed_judge_for_test(source);
  const auto at_arming = encoded(judge);
  std::uint64_t cycle = judge.last_cycle();
  for (int i = 0; i < 30; ++i) judge.scored(++cycle, source.next());
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  judge.unusable(++cycle, WindowQuality::saturated);
  ASSERT_TRUE(judge.latched());
  Judge again = decoded(at_arming).judge;
  ASSERT_TRUE(again.take_evidence(evidence_of(judge)).ok());
  EXPECT_EQ(encoded(again), encoded(judge));
}

TEST(baseline_state, evidence_of_an_older_arming_is_left_aside_but_its_alarm_is_not) {
  ScoreSource source(3);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  const auto old = evidence_of(judge);
  Judge fresh = armed_judge_for_test(source);  // restored from before the alarm
  BaselineEvent reset;
  reset.kind = EventKind::reset;
  reset.reason = "restored";
  ASSERT_TRUE(fresh.apply(reset).ok());
  ASSERT_TRUE(fresh.take_evidence(old).ok());
  EXPECT_EQ(fresh.state(), JudgeState::learning_fit);
  EXPECT_EQ(fresh.first_crossing(), cycle);
  EXPECT_EQ(fresh.last_cycle(), cycle);  // and no cycle is judged twice
}

TEST(baseline_state, carries_feature_and_envelope_baseline_untouched) {
  ScoreSource source(4);
  const auto bytes = encoded(armed_judge_for_test(source), "feature bytes", "");
  const auto loaded = decoded(bytes);
  EXPECT_EQ(as_text(loaded.features), "feature bytes");
  EXPECT_TRUE(loaded.envelope.empty());
}

TEST(baseline_state, refuses_to_carry_more_than_it_promises_to_read) {
  ScoreSource source(4);
  const std::vector<std::byte> large(kMaxCarriedBytes + 1);
  std::vector<std::byte> room(kMaxBaselineBytes);
  const auto bytes = armed_judge_for_test(source).encode(room, large, {});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().reason, Reason::baseline_too_large);
}

TEST(baseline_state, another_key_is_another_baseline_and_is_refused_by_member) {
  ScoreSource source(5);
  const auto bytes = encoded(armed_judge_for_test(source));
  const auto refused = [&](auto change, std::string_view member) {
    BaselineKey key = key_for_test();
    change(key);
    const auto loaded = decode_baseline(bytes, alarm_for_test(), key);
    EXPECT_FALSE(loaded.ok()) << member;
    if (loaded.ok()) return;
    EXPECT_EQ(loaded.error().reason, Reason::baseline_foreign);
    EXPECT_NE(loaded.error().where.view().find(member), std::string_view::npos) << member;
    EXPECT_NE(file_stem(key).view(), file_stem(key_for_test()).view());
  };
  refused([](auto& k) { k.model[31] = std::byte{1}; }, "model digest");
  refused([](auto& k) { k.feature_version = 2; }, "feature version");
  refused([](auto& k) { k.backend = "cuda"; }, "backend");
  refused([](auto& k) { k.sensor = "rear"; }, "sensor");
  refused([](auto& k) { k.rate_mhz = 1; }, "rate_mhz");
  refused([](auto& k) { k.axes = 1; }, "axes");
  refused([](auto& k) { k.window_ms = 500; }, "window_ms");
}

TEST(baseline_state, refuses_every_single_damaged_byte_and_every_length) {
  ScoreSource source(6);
  auto bytes = encoded(armed_judge_for_test(source));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{0x10};
    const auto loaded = decode_baseline(bytes, alarm_for_test(), key_for_test());
    ASSERT_FALSE(loaded.ok()) << i;
    EXPECT_TRUE(loaded.error().reason == Reason::baseline_damaged ||
                loaded.error().reason == Reason::baseline_version)
        << i;
    bytes[i] ^= std::byte{0x10};
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(decode_baseline(Bytes(bytes).first(size), alarm_for_test(), key_for_test()).ok());
}

TEST(baseline_state, a_sound_crc_over_impossible_content_is_refused_without_harm) {
  ScoreSource source(7);
  const auto bytes = encoded(armed_judge_for_test(source));
  std::size_t refused = 0;
  for (std::size_t i = 16; i < bytes.size(); ++i) {
    auto crafted = bytes;
    crafted[i] ^= std::byte{0x81};
    store_le(&crafted[12], crc32c(Bytes(crafted).subspan(16)));
    const auto loaded = decode_baseline(crafted, alarm_for_test(), key_for_test());
    if (loaded.ok()) continue;
    ++refused;
    EXPECT_TRUE(loaded.error().reason == Reason::baseline_damaged ||
                loaded.error().reason == Reason::baseline_foreign)
        << one_line(loaded.error()).view();
  }
  EXPECT_GT(refused, 100u);
}

TEST(baseline_state, says_that_a_later_version_wrote_it) {
  ScoreSource source(8);
  auto bytes = encoded(armed_judge_for_test(source));
  bytes[4] = std::byte{3};
  const auto loaded = decode_baseline(bytes, alarm_for_test(), key_for_test());
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().reason, Reason::baseline_version);
}

TEST(baseline_state, foreign_and_damaged_evidence_is_refused_and_changes_nothing) {
  ScoreSource source(9);
  Judge judge = armed_judge_for_test(source);
  const auto before = encoded(judge);
  BaselineKey other = key_for_test();
  other.sensor = "rear";
  const auto foreign = judge.take_evidence(evidence_of(Judge(alarm_for_test(), other)));
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().reason, Reason::evidence_foreign);
  auto damaged = evidence_of(judge);
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    damaged[i] ^= std::byte{4};
    const auto taken = judge.take_evidence(damaged);
    ASSERT_FALSE(taken.ok()) << i;
    EXPECT_EQ(taken.error().reason, Reason::evidence_damaged);
    damaged[i] ^= std::byte{4};
  }
  EXPECT_EQ(encoded(judge), before);
}

TEST(baseline_state, a_contract_with_another_delta_gets_new_bounds_on_the_old_ranks) {
  ScoreSource source(10);
  const Judge judge = armed_judge_for_test(source);
  AlarmTerms terms = alarm_for_test();
  terms.calibration_delta_ppm = 10'000;
  const Judge stricter = decoded(encoded(judge), terms).judge;
  EXPECT_EQ(stricter.calibration().score[0].q, judge.calibration().score[0].q);
  EXPECT_GT(stricter.calibration().u[0], judge.calibration().u[0]);
}

TEST(baseline_state, a_refusal_to_arm_survives_the_restart_with_its_reason) {
  ScoreSource source(11, 0.9);
  AlarmTerms terms = alarm_for_test();
  terms.calibration_cycles = 600;
  const Judge judge = armed_judge_for_test(source, terms);
  const Judge again = decoded(encoded(judge), terms).judge;
  EXPECT_EQ(again.state(), JudgeState::not_armed);
  EXPECT_EQ(one_line(again.refusal()).view(), one_line(judge.refusal()).view());
}

TEST(baseline_state, a_contract_that_asks_for_fewer_cycles_arms_with_what_is_there) {
  ScoreSource source(12);
  AlarmTerms terms = alarm_for_test();
  Judge judge(terms, key_for_test());
  std::uint64_t cycle = 0;
  while (judge.state() == JudgeState::learning_fit) judge.fitted(++cycle);
  for (int i = 0; i < 200; ++i) judge.scored(++cycle, source.next());
  terms.calibration_cycles = 150;
  Judge shorter = decoded(encoded(judge), terms).judge;
  shorter.scored(++cycle, source.next());
  EXPECT_EQ(shorter.state(), JudgeState::armed);
  EXPECT_EQ(shorter.calibration().n, 200u);
}

TEST(baseline_state, evidence_of_a_longer_life_brings_its_alarm_and_its_newest_cycle) {
  ScoreSource source(14);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched()) judge.scored(++cycle, source.next(8));
  const std::vector<std::byte> bytes = evidence_of(judge);
  Judge other = armed_judge_for_test(source);
  ASSERT_TRUE(other.take_evidence(bytes).ok());
  EXPECT_EQ(other.first_crossing(), judge.first_crossing());
  EXPECT_EQ(other.last_cycle(), judge.last_cycle());
}

TEST(baseline_state, the_size_is_bounded_and_small_once_armed) {
  ScoreSource source(13);
  EXPECT_LE(encoded(armed_judge_for_test(source)).size(), 1000u);
  EXPECT_LE(evidence_of(armed_judge_for_test(source)).size(), 200u);
}

MaintenanceEvent event_for(const Judge& judge, Work work) {
  MaintenanceEvent event;
  event.device = "amr-0173";
  event.sensor = key_for_test().sensor;
  event.arming_epoch = judge.alarm().arming_epoch;
  event.first_crossing_cycle = judge.first_crossing();
  event.work = work;
  event.sequence = 7;
  return event;
}

// The order in which a start that is killed leaves the two files: the baseline of after the
// event, beside evidence of before it, which still knows the alarm.
TEST(baseline_state, evidence_of_before_the_maintenance_does_not_bring_the_alarm_back) {
  for (const Work work : {Work::repaired, Work::replaced}) {
    ScoreSource source(31);
    Judge judge = armed_judge_for_test(source);
    std::uint64_t cycle = judge.last_cycle();
    while (!judge.latched()) judge.scored(++cycle, source.next(6));
    judge.unusable(++cycle, WindowQuality::saturated);
    const auto stale = evidence_of(judge);
    ASSERT_TRUE(judge.apply(golden::signed_for_test(event_for(judge, work))));
    Judge restarted = decoded(encoded(judge)).judge;
    ASSERT_TRUE(restarted.take_evidence(stale));
    EXPECT_FALSE(restarted.latched()) << name(work);
    EXPECT_EQ(restarted.last_cycle(), cycle);
    EXPECT_EQ(restarted.maintenance_sequence(), 7u);
    EXPECT_EQ(restarted.state(), judge.state());
    EXPECT_EQ(restarted.evidence().log_r, judge.evidence().log_r) << "nor the evidence that raised it";
    EXPECT_EQ(encoded(restarted), encoded(judge)) << "nor the row of shocks";
  }
}

// What version 1 wrote: no member 15, and the number of members and the version in its places.
TEST(baseline_state, a_baseline_of_version_1_is_read) {
  ScoreSource source(32);
  Judge judge = armed_judge_for_test(source);
  std::uint64_t cycle = judge.last_cycle();
  while (!judge.latched()) judge.scored(++cycle, source.next(6));
  auto bytes = encoded(judge);
  ASSERT_EQ(bytes[4], std::byte{2});
  ASSERT_EQ(bytes[16], std::byte{0xaf}) << "a map of 15";
  bytes.resize(bytes.size() - 4);  // 15: [0, 0]
  bytes[4] = std::byte{1};
  bytes[16] = std::byte{0xae};
  store_le(&bytes[8], static_cast<std::uint32_t>(bytes.size() - 16));
  store_le(&bytes[12], crc32c(Bytes(bytes).subspan(16)));
  Judge old = decoded(bytes).judge;
  EXPECT_EQ(old.first_crossing(), judge.first_crossing());
  EXPECT_EQ(old.maintenance_sequence(), 0u);
  EXPECT_EQ(encoded(old), encoded(judge));
}

}  // namespace
}  // namespace torpor
