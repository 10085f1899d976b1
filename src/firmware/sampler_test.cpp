// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/fake/fakes.h"
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

TEST_F(SamplerTest, samples_a_window_when_asked_and_is_silent_before_and_after) {
  start();
  run(seconds(3));
  EXPECT_TRUE(detector_->got.empty());
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::frame), 25u);
  EXPECT_EQ(detector_->got.back(), MessageType::window_end);
  EXPECT_EQ(detector_->end->frames, 25u);
  EXPECT_EQ(detector_->end->dropped, 0u);
  const auto taken = take(1);
  ASSERT_EQ(taken.quality, WindowQuality::good);
  for (std::uint32_t i = 0; i < kSamples * 3; i += 997)
    ASSERT_EQ(taken.window.samples[i], SourceForTest::value(1, i));
  detector_->got.clear();
  run(seconds(50));
  EXPECT_TRUE(detector_->got.empty());
  EXPECT_FALSE(source_.running());
}

TEST_F(SamplerTest, wakes_for_nothing_while_it_is_idle) {
  start();
  ask(1);
  run(seconds(6));
  const int before = wakes_;
  EXPECT_EQ(step_.wait.until, BootTime::max());
  run(seconds(3600));
  EXPECT_EQ(wakes_, before);
}

TEST_F(SamplerTest, wakes_once_a_frame_while_sampling) {
  start();
  ask(1);
  const int before = wakes_;
  run(seconds(6));
  EXPECT_LE(wakes_ - before, 26);
}

TEST_F(SamplerTest, frames_go_out_as_they_come) {
  start();
  ask(1);
  run(milliseconds(1050));
  EXPECT_EQ(detector_->count(MessageType::frame), 5u);
}

TEST_F(SamplerTest, a_new_request_stops_drains_and_starts) {
  start();
  detector_reads_ = false;  // the first window gets stuck on its way
  ask(1);
  run(period());
  ask(2);
  detector_reads_ = true;
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::window_end), 1u);
  EXPECT_EQ(detector_->end->window_id, 2u);
  const auto taken = take(2);
  ASSERT_EQ(taken.quality, WindowQuality::good);
  EXPECT_EQ(taken.window.samples[5], SourceForTest::value(2, 5));
}

TEST_F(SamplerTest, context_goes_with_the_window_when_it_is_known) {
  start();
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::context), 0u);
  source_.known.rpm_milli = 1'797'000;
  run(seconds(54));
  ask(2);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::context), 1u);
  EXPECT_EQ(take(2).window.context.rpm_milli, 1'797'000u);
}

TEST_F(SamplerTest, a_hole_in_the_source_reaches_the_other_side_as_a_rejected_window) {
  source_.lose_frame = 4;
  start();
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->end->frames, 24u);
  EXPECT_EQ(take(1).quality, WindowQuality::incomplete);
}

TEST_F(SamplerTest, ends_with_a_goodbye_and_0_after_the_last_window) {
  source_.windows_left = 2;
  start();
  ask(1);
  run(seconds(6));
  EXPECT_FALSE(ended());
  run(seconds(54));
  ask(2);
  run(seconds(6));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  detector_->turn(now());
  ASSERT_TRUE(detector_->goodbye.has_value());
  EXPECT_TRUE(detector_->goodbye->reason.empty());
  EXPECT_EQ(detector_->goodbye->farewell.value, Farewell::ends) << "there is nothing more";
  EXPECT_EQ(take(2).quality, WindowQuality::good) << "the last window is whole";
}

// Seen: a detector that was stopped to be started again took its sampler with it.
TEST_F(SamplerTest, a_peer_that_returns_is_waited_for_and_the_next_one_is_served) {
  start();
  ask(1);
  run(seconds(1));
  ASSERT_TRUE(detector_->peer.send(Goodbye{.farewell = {Farewell::returns}}, now()).ok());
  settle();
  EXPECT_FALSE(ended());
  EXPECT_FALSE(source_.running());
  run(seconds(20));
  next_detector();
  run(period() - seconds(21));
  ask(2);
  run(seconds(6));
  EXPECT_EQ(take(2).quality, WindowQuality::good);
}

TEST_F(SamplerTest, a_peer_that_ends_for_a_reason_of_its_own_ends_it_with_that_reason_named) {
  start();
  ASSERT_TRUE(detector_->peer.send(Goodbye{.reason = "plan_refused"}, now()).ok());
  settle();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 78) << "not 0, which a supervisor reads as done";
  EXPECT_EQ(sampler_->failure()->reason, Reason::peer_refused);
  EXPECT_EQ(sampler_->failure()->found.view(), "plan_refused");
}

TEST_F(SamplerTest, ends_with_0_when_the_peer_says_goodbye) {
  start();
  ask(1);
  run(seconds(1));
  ASSERT_TRUE(detector_->peer.send(Goodbye{}, now()).ok());
  settle();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  EXPECT_FALSE(source_.running());
}

TEST_F(SamplerTest, sigterm_in_mid_window_ends_in_the_same_wake) {
  start();
  ask(1);
  run(seconds(1));
  wake(Wake::stop);
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  EXPECT_FALSE(source_.running());
  detector_->turn(now());
  ASSERT_TRUE(detector_->goodbye.has_value());
  EXPECT_EQ(detector_->goodbye->farewell.value, Farewell::returns);
}

TEST_F(SamplerTest, sigterm_ends_it_also_when_the_peer_never_reads) {
  start();
  detector_reads_ = false;
  ask(1);
  detector_->peer.step(now());
  run(seconds(4));
  wake(Wake::stop);
  EXPECT_TRUE(ended());
}

TEST_F(SamplerTest, a_source_that_fails_is_told_to_the_peer_and_is_the_exit_code) {
  for (const bool at_start : {true, false}) {
    links_.hang_up();
    source_.fail_start = at_start ? Reason::io_failed : Reason{};
    source_.fail_poll = at_start ? Reason{} : Reason::io_failed;
    step_ = {};
    start();
    run(seconds(1));
    ask(1);
    run(seconds(2));
    ASSERT_TRUE(ended());
    EXPECT_EQ(*step_.exit_code, 74);
    ASSERT_TRUE(sampler_->failure().has_value());
    EXPECT_EQ(sampler_->failure()->reason, Reason::io_failed);
    detector_->turn(now());
    EXPECT_EQ(detector_->goodbye->reason.view(), "io_failed");
    EXPECT_EQ(detector_->goodbye->farewell.value, Farewell::returns) << "74 is started again";
  }
}

TEST_F(SamplerTest, a_source_that_never_comes_to_an_end_is_a_bug_not_a_hang) {
  source_.hang = true;
  start();
  ask(1);
  run(seconds(2));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 70);
}

TEST_F(SamplerTest, a_source_that_is_not_the_contracts_sensor_is_refused_before_it_starts) {
  const auto refused = [&](auto change) {
    const SensorFacts good = source_.facts();
    change(source_.facts());
    links_.hang_up();
    step_ = {};
    start();
    run(seconds(3));
    source_.facts() = good;
    ASSERT_TRUE(ended());
    EXPECT_EQ(*step_.exit_code, 78);
    EXPECT_EQ(sampler_->failure()->reason, Reason::source_differs);
    EXPECT_TRUE(detector_->peer.failed());
    EXPECT_EQ(detector_->peer.error().found.view(), "source_differs");
    EXPECT_EQ(source_.starts, 0u);
  };
  refused([](SensorFacts& f) { f.sensor = 1; });
  refused([](SensorFacts& f) { f.axes = 1; });
  refused([](SensorFacts& f) { f.rate_mhz = f.rate_mhz * 97 / 100; });
}

TEST_F(SamplerTest, a_request_for_another_window_than_the_contracts_is_refused) {
  start();
  ask(1, kSamples + 1);
  run(seconds(2));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 78);
  EXPECT_EQ(sampler_->failure()->reason, Reason::window_request_refused);
  EXPECT_EQ(detector_->goodbye->reason.view(), "window_request_refused");
  EXPECT_EQ(detector_->goodbye->farewell.value, Farewell::ends);
  EXPECT_EQ(source_.starts, 0u);
}

// Behind the window, where the detector's cycle is over before it hears of the end.
TEST_F(SamplerTest, a_contract_that_may_not_be_worked_by_any_more_ends_it_behind_the_window) {
  FakeListener record;
  listener_ = &record;
  start();
  ask(1);
  run(seconds(1));
  record.forbids = Reason::bundle_key_revoked;
  run(seconds(5));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 78);
  EXPECT_EQ(sampler_->failure()->reason, Reason::bundle_key_revoked);
  detector_->turn(now());
  EXPECT_EQ(take(1).quality, WindowQuality::good) << "all of it was there before";
  ASSERT_TRUE(detector_->goodbye.has_value());
  EXPECT_EQ(detector_->got.back(), MessageType::goodbye);
  EXPECT_EQ(detector_->goodbye->reason.view(), "bundle_key_revoked");
  EXPECT_EQ(detector_->goodbye->farewell.value, Farewell::ends) << "78 stays down";
}

TEST_F(SamplerTest, whether_it_may_go_on_is_asked_once_a_period_and_no_wake_is_made_for_it) {
  const auto wakes_of_20_cycles = [this](FakeListener* record, bool windows) {
    links_.hang_up();
    step_ = {};
    listener_ = record;
    start();
    run(seconds(1));
    const int before = wakes_;
    for (std::uint64_t cycle = 1; cycle <= 20; ++cycle) {
      const BootTime slot = now();
      if (windows) ask(cycle);
      run(seconds(6));
      sleep_until(slot + period());
      run(slot + period() - now());
    }
    return wakes_ - before;
  };
  for (const bool windows : {true, false}) {
    FakeListener record;
    const int unasked = wakes_of_20_cycles(nullptr, windows);
    EXPECT_EQ(wakes_of_20_cycles(&record, windows), unasked) << "windows: " << windows;
    EXPECT_GE(record.asked, 19) << "windows: " << windows;
    EXPECT_LE(record.asked, 20) << "windows: " << windows;
  }
}

TEST_F(SamplerTest, bundles_that_differ_end_it_with_78_before_the_sensor_is_touched) {
  Terms terms = terms_for_test();
  terms.duty.sleep_ms = 95'000;
  terms.sequence = 2;
  SideForTest other(LinkRole::detector, terms);
  start(other.own());
  ASSERT_TRUE(ended()) << "at once";
  EXPECT_EQ(*step_.exit_code, 78);
  EXPECT_EQ(sampler_->failure()->reason, Reason::digest_differs);
  EXPECT_EQ(source_.starts, 0u);
}

TEST_F(SamplerTest, nobody_there_ends_it_with_69_after_the_peer_time_out) {
  start();
  detector_->peer.close();
  detector_reads_ = false;
  run(seconds(40));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 69);
  EXPECT_EQ(sampler_->failure()->reason, Reason::peer_absent);
}

}  // namespace
}  // namespace torpor
