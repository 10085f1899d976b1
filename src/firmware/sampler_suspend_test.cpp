// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/fake/fakes.h"
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

Terms suspending() {
  Terms terms = terms_for_test();
  terms.power.sleep_level = SleepLevel::suspend;
  terms.power.failed_resumes = 3;
  return terms;
}

class SuspendTest : public SamplerTest {
 protected:
  SuspendTest() : SuspendTest(suspending()) {}
  explicit SuspendTest(const Terms& terms) : SamplerTest(terms) { sleep_ = &machine_; }
  void sleep_until(BootTime until) {
    detector_->slept.reset();
    ASSERT_TRUE(detector_->peer.send(SleepUntil{until}, now()).ok());
    settle();
  }
  FakeSleep machine_{clock_};
};

TEST_F(SuspendTest, a_sleep_suspends_the_machine_and_the_detector_finds_word_of_it_when_it_wakes) {
  start();
  ask(1);
  run(seconds(6));
  const TimeStamp before = clock_.now();
  sleep_until(now() + seconds(54));
  ASSERT_EQ(machine_.asked.size(), 1u);
  EXPECT_EQ(machine_.asked[0], before.boot + seconds(54));
  EXPECT_EQ(now(), before.boot + seconds(52));
  EXPECT_EQ(clock_.now().mono, before.mono);
  ASSERT_TRUE(detector_->slept.has_value());
  EXPECT_EQ(detector_->slept->level, SleepLevel::suspend);
  EXPECT_EQ(detector_->slept->slept, seconds(52));
  EXPECT_EQ(detector_->slept->failed_suspends, 0u);
  EXPECT_TRUE(detector_->slept->reason.empty());
}

TEST_F(SuspendTest, after_the_contracts_number_of_failures_it_is_given_up_and_said_so) {
  start();
  for (const Reason reason : {Reason::suspend_busy, Reason::suspend_failed, Reason::suspend_woke_early}) {
    machine_.trouble = reason;
    sleep_until(now() + seconds(50));
    EXPECT_EQ(detector_->slept->level, SleepLevel::block);
    EXPECT_EQ(detector_->slept->reason.view(), name(reason));
  }
  EXPECT_EQ(machine_.gave_up, std::vector<Reason>{Reason::suspend_woke_early});
  machine_.trouble.reset();
  sleep_until(now() + seconds(50));
  EXPECT_EQ(machine_.asked.size(), 3u) << "not asked again";
  EXPECT_EQ(detector_->slept->failed_suspends, 3u);
  EXPECT_EQ(detector_->slept->reason.view(), "suspend_given_up");
  EXPECT_EQ(machine_.gave_up.size(), 1u);
}

TEST_F(SuspendTest, a_sleep_too_short_to_suspend_is_no_failure) {
  machine_.trouble = Reason::suspend_too_short;
  start();
  for (int i = 0; i < 10; ++i) sleep_until(now() + seconds(3));
  EXPECT_EQ(machine_.asked.size(), 10u);
  EXPECT_EQ(detector_->slept->failed_suspends, 0u);
  EXPECT_EQ(detector_->slept->reason.view(), "suspend_too_short");
}

TEST_F(SuspendTest, a_wake_before_its_time_is_counted_with_what_was_slept) {
  machine_.trouble = Reason::suspend_woke_early;
  machine_.sleeps_anyway = seconds(9);
  start();
  sleep_until(now() + seconds(50));
  EXPECT_EQ(detector_->slept->level, SleepLevel::block);
  EXPECT_EQ(detector_->slept->slept, seconds(9));
  EXPECT_EQ(sampler_->counts().failed_suspends, 1u);
  run(seconds(30));
  EXPECT_EQ(machine_.asked.size(), 1u) << "the rest of this sleep is blocked";
}

TEST_F(SuspendTest, a_sleep_beyond_the_period_never_puts_the_machine_away) {
  start();
  for (const BootTime said : {BootTime::max(), BootTime::min(), now(), now() + seconds(3600)}) {
    sleep_until(said);
    EXPECT_EQ(detector_->slept->reason.view(), "suspend_not_credible");
  }
  EXPECT_TRUE(machine_.asked.empty());
  EXPECT_EQ(sampler_->counts().failed_suspends, 0u);
}

TEST_F(SuspendTest, a_request_that_is_there_already_keeps_the_machine_awake) {
  start();
  ASSERT_TRUE(detector_->peer.send(SleepUntil{now() + seconds(50)}, now()).ok());
  ask(2);
  EXPECT_TRUE(machine_.asked.empty());
  run(seconds(6));
  EXPECT_EQ(take(2).quality, WindowQuality::good);
  EXPECT_TRUE(machine_.asked.empty());
}

class BlockTest : public SuspendTest {
 protected:
  BlockTest() : SuspendTest(terms_for_test()) {}
};

TEST_F(BlockTest, a_contract_that_says_block_is_neither_suspended_nor_told_about) {
  start();
  sleep_until(now() + seconds(50));
  EXPECT_TRUE(machine_.asked.empty());
  EXPECT_EQ(detector_->count(MessageType::slept), 0u);
}

}  // namespace
}  // namespace torpor
