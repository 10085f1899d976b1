// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window_assembler.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "window/fake/frames.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

using std::chrono::seconds;

class WindowAssemblerTest : public testing::Test {
 protected:
  const Contract contract_ = contract_for_test();
  QueueMemory memory_{contract_};
  FrameQueue queue_{contract_, 0, memory_.memory()};
  WindowAssembler assembler_{contract_, 0, queue_};
  FramesForTest frames_{contract_, 600};
  BootTime now_{seconds(100)};

  void push(const Frame& frame) { ASSERT_TRUE(queue_.push(frame, now_).ok()); }
  void push_window(std::uint64_t id) {
    queue_.begin(id);
    for (std::uint32_t i = 0; i < frames_.count(); ++i) push(frames_.frame(id, i));
  }
};

TEST_F(WindowAssemblerTest, gives_the_window_that_was_asked_for) {
  push_window(5);
  EXPECT_TRUE(assembler_.complete());
  const auto taken = assembler_.take_latest(5, now_);
  EXPECT_EQ(taken.quality, WindowQuality::good);
  EXPECT_EQ(taken.window.id, 5u);
  EXPECT_EQ(taken.window.samples_per_axis(), 16'000u);
  EXPECT_TRUE(std::ranges::equal(taken.window.samples, frames_.samples()));
  ASSERT_EQ(taken.window.block_starts.size(), 1u);
  EXPECT_EQ(taken.window.block_starts[0], 0u);
}

TEST_F(WindowAssemblerTest, a_window_is_taken_once) {
  push_window(5);
  EXPECT_EQ(assembler_.take_latest(5, now_).quality, WindowQuality::good);
  EXPECT_EQ(assembler_.take_latest(5, now_).quality, WindowQuality::incomplete);
}

TEST_F(WindowAssemblerTest, another_window_than_the_one_begun_is_incomplete_and_touches_nothing) {
  push_window(5);
  EXPECT_EQ(assembler_.take_latest(4, now_).quality, WindowQuality::incomplete);
  EXPECT_EQ(assembler_.take_latest(5, now_).quality, WindowQuality::good);
}

TEST_F(WindowAssemblerTest, a_window_with_a_gap_is_rejected_and_never_spliced) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i)
    if (i != 7) push(frames_.frame(1, i));
  EXPECT_FALSE(assembler_.complete());
  const auto taken = assembler_.take_latest(1, now_);
  EXPECT_EQ(taken.quality, WindowQuality::incomplete);
  EXPECT_TRUE(taken.window.samples.empty());
  EXPECT_EQ(queue_.held_frames(), 0u);
}

TEST_F(WindowAssemblerTest, one_sample_short_is_incomplete) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) {
    Frame frame = frames_.frame(1, i);
    if (i + 1 == frames_.count()) frame.samples = frame.samples.first(frame.samples.size() - 3);
    push(frame);
  }
  EXPECT_EQ(assembler_.take_latest(1, now_).quality, WindowQuality::incomplete);
}

TEST_F(WindowAssemblerTest, of_a_backlog_under_one_id_only_the_newest_window_is_given) {
  queue_.begin(1);
  const std::uint32_t count = 10 * frames_.count() + 2;
  for (std::uint32_t i = 0; i < count; ++i) push(frames_.frame(1, i));
  const auto taken = assembler_.take_latest(1, now_);
  EXPECT_EQ(taken.quality, WindowQuality::good);
  EXPECT_EQ(taken.window.samples_per_axis(), 16'000u);
  EXPECT_TRUE(
      std::ranges::equal(taken.window.samples.last(30), frames_.frame(1, count - 1).samples.last(30)));
  EXPECT_EQ(assembler_.take_latest(1, now_).quality, WindowQuality::incomplete);
}

TEST_F(WindowAssemblerTest, block_borders_become_sample_indices) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) {
    Frame frame = frames_.frame(1, i);
    frame.starts_block = i == 0 || i == 3 || i == 9;
    push(frame);
  }
  const auto taken = assembler_.take_latest(1, now_);
  const std::uint32_t want[] = {0, 1800, 5400};
  EXPECT_TRUE(std::ranges::equal(taken.window.block_starts, want));
}

TEST_F(WindowAssemblerTest, a_window_that_begins_inside_a_frame_begins_inside_its_block) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count() + 1; ++i) {
    Frame frame = frames_.frame(1, i);
    frame.starts_block = i == 0 || i == 2;
    if (i == frames_.count()) frame.samples = frame.samples.first(200 * 3);
    push(frame);
  }
  // 200 samples too many: the first 200 of frame 0 fall away.
  const auto taken = assembler_.take_latest(1, now_);
  const std::uint32_t want[] = {0, 1000};
  EXPECT_TRUE(std::ranges::equal(taken.window.block_starts, want));
}

TEST_F(WindowAssemblerTest, more_blocks_than_a_window_may_have_are_rejected) {
  FramesForTest small(contract_, 100);
  queue_.begin(1);
  for (std::uint32_t i = 0; i < small.count(); ++i) {
    Frame frame = small.frame(1, i);
    frame.starts_block = true;
    push(frame);
  }
  EXPECT_EQ(assembler_.take_latest(1, now_).quality, WindowQuality::incomplete);
}

TEST_F(WindowAssemblerTest, a_rate_off_by_three_percent_by_the_capture_times_is_wrong) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) {
    Frame frame = frames_.frame(1, i);
    frame.capture_ns = frame.capture_ns * 103 / 100;
    push(frame);
  }
  EXPECT_EQ(assembler_.take_latest(1, now_).quality, WindowQuality::wrong_rate);
}

TEST_F(WindowAssemblerTest, a_claimed_rate_that_is_not_the_contracts_is_wrong_whatever_the_times_say) {
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) {
    Frame frame = frames_.frame(1, i);
    frame.rate_mhz = 1'600'000;
    push(frame);
  }
  const auto taken = assembler_.take_latest(1, now_);
  EXPECT_EQ(taken.quality, WindowQuality::wrong_rate);
  EXPECT_EQ(taken.window.rate_mhz, 3'200'000u) << "a claim is not adopted";
}

TEST_F(WindowAssemblerTest, a_shock_is_named_before_a_wrong_rate) {
  for (std::size_t i = 0; i < 200; ++i) frames_.value(i * 11, 1) = i % 2 == 0 ? 32'767 : -32'767;
  queue_.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) {
    Frame frame = frames_.frame(1, i);
    frame.capture_ns = frame.capture_ns * 2;
    push(frame);
  }
  const auto taken = assembler_.take_latest(1, now_);
  EXPECT_EQ(taken.quality, WindowQuality::saturated);
  EXPECT_EQ(taken.window.samples_per_axis(), 16'000u) << "it can still be looked at";
}

TEST_F(WindowAssemblerTest, frames_older_than_the_contracts_age_do_not_make_a_window) {
  push_window(1);
  now_ += seconds(16);
  EXPECT_EQ(assembler_.take_latest(1, now_).quality, WindowQuality::incomplete);
}

TEST_F(WindowAssemblerTest, context_belongs_to_its_window_only) {
  push_window(1);
  assembler_.set_context(1, {.rpm_milli = 1'800'000, .load_permille = 400, .temperature_mdeg = 41'000});
  assembler_.set_context(9, {.rpm_milli = 1, .load_permille = 1, .temperature_mdeg = 1});
  EXPECT_EQ(assembler_.take_latest(1, now_).window.context.rpm_milli, 1'800'000u);
  push_window(2);
  EXPECT_EQ(assembler_.take_latest(2, now_).window.context.rpm_milli, 0u);
}

}  // namespace
}  // namespace torpor
