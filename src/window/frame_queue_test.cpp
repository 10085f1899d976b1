// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/frame_queue.h"

#include <gtest/gtest.h>

#include <random>

#include "contract/fake/example_contract.h"
#include "window/fake/frames.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::uint64_t drops(const FrameQueue& queue, DropReason reason) {
  return queue.drops()[static_cast<std::size_t>(reason)];
}
void expect_all_accounted_for(const FrameQueue& queue) {
  ASSERT_EQ(queue.pushed(), queue.held_frames() + queue.consumed() + queue.dropped());
}

class FrameQueueTest : public testing::Test {
 protected:
  const Contract contract_ = contract_for_test();
  QueueMemory memory_{contract_};
  FrameQueue queue_{contract_, 0, memory_.memory()};
  FramesForTest frames_{contract_, 500};
  BootTime now_{seconds(100)};
  std::vector<std::int16_t> room_ = std::vector<std::int16_t>(kMaxFrameSamples);

  void push(std::uint64_t window, std::uint32_t i) {
    ASSERT_TRUE(queue_.push(frames_.frame(window, i), now_).ok());
  }
};

TEST_F(FrameQueueTest, gives_frames_back_in_order_and_unchanged) {
  queue_.begin(7);
  for (std::uint32_t i = 0; i < 4; ++i) push(7, i);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto got = queue_.pop(room_, now_);
    ASSERT_TRUE(got.has_value());
    const Frame want = frames_.frame(7, i);
    EXPECT_EQ(got->sequence, i);
    EXPECT_EQ(got->window_id, 7u);
    EXPECT_EQ(got->capture_ns, want.capture_ns);
    EXPECT_EQ(got->scale_pg, want.scale_pg);
    EXPECT_EQ(got->starts_block, want.starts_block);
    EXPECT_TRUE(std::ranges::equal(got->samples, want.samples));
  }
  EXPECT_FALSE(queue_.pop(room_, now_).has_value());
  EXPECT_EQ(queue_.consumed(), 4u);
}

TEST_F(FrameQueueTest, takes_nothing_before_a_window_is_wanted) {
  push(0, 0);
  EXPECT_EQ(queue_.held_frames(), 0u);
  EXPECT_EQ(drops(queue_, DropReason::epoch), 1u);
}

TEST_F(FrameQueueTest, drops_frames_of_another_window_and_counts_them_as_epoch) {
  queue_.begin(2);
  push(1, 0);
  push(2, 0);
  push(3, 0);
  EXPECT_EQ(queue_.held_frames(), 1u);
  EXPECT_EQ(drops(queue_, DropReason::epoch), 2u);
}

TEST_F(FrameQueueTest, drops_what_it_holds_when_a_new_window_begins) {
  queue_.begin(1);
  push(1, 0);
  push(1, 1);
  queue_.begin(2);
  EXPECT_EQ(queue_.held_frames(), 0u);
  EXPECT_EQ(drops(queue_, DropReason::epoch), 2u);
}

TEST_F(FrameQueueTest, drops_the_oldest_frames_beyond_three_batches_and_keeps_the_newest) {
  queue_.begin(1);
  const std::uint32_t per_window = frames_.count();
  for (std::uint32_t i = 0; i < 5 * per_window; ++i) push(1, i);
  EXPECT_EQ(queue_.held_samples_per_axis(), 3 * frames_.window_samples_per_axis());
  EXPECT_EQ(drops(queue_, DropReason::depth), 2 * per_window);
  EXPECT_EQ(queue_.pop(room_, now_)->sequence, 2 * per_window);
}

TEST_F(FrameQueueTest, holds_no_more_bytes_than_the_contract_less_those_in_the_link) {
  Terms terms = terms_for_test();
  terms.queue.batches = 16;
  terms.queue.bytes = 300'000;
  const Contract contract = contract_for_test(terms);
  QueueMemory memory(contract);
  FrameQueue queue(contract, 0, memory.memory(), 50'000);
  queue.begin(1);
  for (std::uint32_t i = 0; i < 200; ++i) ASSERT_TRUE(queue.push(frames_.frame(1, i), now_).ok());
  EXPECT_LE(queue.held_bytes(), 250'000u);
  EXPECT_GT(queue.held_bytes(), 250'000u - 3'000);
  EXPECT_GT(drops(queue, DropReason::bytes), 0u);
  EXPECT_EQ(drops(queue, DropReason::depth), 0u);
  expect_all_accounted_for(queue);
}

TEST_F(FrameQueueTest, can_always_hold_one_window_whatever_waits_in_the_link) {
  FrameQueue queue(contract_, 0, memory_.memory(), 4'000'000);
  queue.begin(1);
  for (std::uint32_t i = 0; i < frames_.count(); ++i) ASSERT_TRUE(queue.push(frames_.frame(1, i), now_).ok());
  EXPECT_EQ(queue.held_samples_per_axis(), frames_.window_samples_per_axis());
}

TEST_F(FrameQueueTest, drops_frames_that_waited_longer_than_the_contracts_age) {
  queue_.begin(1);
  push(1, 0);
  now_ += milliseconds(contract_.terms().queue.age_ms);
  push(1, 1);
  EXPECT_EQ(queue_.held_frames(), 2u) << "exactly the age is not older than the age";
  now_ += Duration(1);
  EXPECT_EQ(queue_.pop(room_, now_)->sequence, 1u);
  EXPECT_EQ(drops(queue_, DropReason::age), 1u);
}

TEST_F(FrameQueueTest, a_hole_in_the_sequence_makes_the_frames_before_it_worthless) {
  queue_.begin(1);
  push(1, 0);
  push(1, 1);
  push(1, 3);
  EXPECT_EQ(queue_.held_frames(), 1u);
  EXPECT_EQ(drops(queue_, DropReason::gap), 2u);
}

TEST_F(FrameQueueTest, a_repeated_frame_is_a_hole_too) {
  queue_.begin(1);
  push(1, 0);
  push(1, 0);
  EXPECT_EQ(queue_.held_frames(), 1u);
  EXPECT_EQ(drops(queue_, DropReason::gap), 1u);
}

TEST_F(FrameQueueTest, a_change_of_scale_inside_a_window_is_not_spliced) {
  queue_.begin(1);
  push(1, 0);
  Frame other = frames_.frame(1, 1);
  other.scale_pg *= 2;
  ASSERT_TRUE(queue_.push(other, now_).ok());
  EXPECT_EQ(queue_.held_frames(), 1u);
  EXPECT_EQ(drops(queue_, DropReason::gap), 1u);
}

TEST_F(FrameQueueTest, refuses_by_field_what_contradicts_the_contract) {
  queue_.begin(1);
  const Frame good = frames_.frame(1, 0);
  const auto refused_field = [&](auto change) {
    Frame bad = good;
    change(bad);
    const auto status = queue_.push(bad, now_);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.error().reason, Reason::frame_refused);
    return std::string(status.error().where.view());
  };
  EXPECT_NE(refused_field([](Frame& f) { f.sensor = 1; }).find("sensor"), std::string::npos);
  EXPECT_NE(refused_field([](Frame& f) { f.axes = 1; }).find("axes"), std::string::npos);
  EXPECT_NE(refused_field([](Frame& f) { f.samples = f.samples.first(4); }).find("samples"),
            std::string::npos);
  EXPECT_NE(refused_field([](Frame& f) { f.samples = {}; }).find("samples"), std::string::npos);
  EXPECT_NE(refused_field([](Frame& f) { f.scale_pg = 0; }).find("scale"), std::string::npos);
  EXPECT_NE(refused_field([](Frame& f) { f.scale_pg = INT64_MAX; }).find("scale"), std::string::npos);
  EXPECT_EQ(queue_.refused(), 6u);
  EXPECT_EQ(queue_.pushed(), 0u);
}

TEST_F(FrameQueueTest, newest_gives_one_contiguous_stretch_also_where_the_ring_wraps) {
  const std::uint32_t per_window = frames_.count();
  bool wrapped = false;
  const std::int16_t* last = nullptr;
  for (std::uint64_t window = 1; window < 9; ++window) {
    queue_.begin(window);
    for (std::uint32_t i = 0; i < per_window; ++i) push(window, i);
    const FrameQueue::Run run = queue_.newest(frames_.window_samples_per_axis(), now_);
    ASSERT_TRUE(std::ranges::equal(run.samples, frames_.samples()));
    EXPECT_EQ(run.skipped_values, 0u);
    wrapped |= run.samples.data() < last;
    last = run.samples.data();
  }
  EXPECT_EQ(queue_.dropped(), 0u);
  EXPECT_EQ(queue_.consumed(), 8 * per_window);
}

TEST_F(FrameQueueTest, newest_skips_the_older_samples_and_counts_their_frames_as_depth) {
  queue_.begin(1);
  const std::uint32_t per_window = frames_.count();
  for (std::uint32_t i = 0; i < per_window + 3; ++i) push(1, i);
  const FrameQueue::Run run = queue_.newest(frames_.window_samples_per_axis(), now_);
  EXPECT_EQ(run.samples.size(), frames_.samples().size());
  EXPECT_EQ(run.frames, per_window);
  EXPECT_EQ(drops(queue_, DropReason::depth), 3u);
  EXPECT_TRUE(std::ranges::equal(run.samples.last(9), frames_.frame(1, per_window + 2).samples.last(9)));
}

TEST_F(FrameQueueTest, reports_the_most_bytes_held_since_it_was_asked) {
  queue_.begin(1);
  push(1, 0);
  push(1, 1);
  (void)queue_.pop(room_, now_);
  EXPECT_EQ(queue_.take_peak_bytes(), 2u * 500 * 3 * 2);
  EXPECT_EQ(queue_.take_peak_bytes(), 500u * 3 * 2);
}

// Whatever comes, in whatever order: the bounds hold, nothing is lost uncounted, and what
// is held is always one contiguous run of one window, newest included.
TEST(FrameQueueProperty, stays_within_every_bound_under_random_hostile_traffic) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); };
    Terms terms = terms_for_test();
    terms.duty.sample_ms = 1000;
    terms.queue = {.batches = 2 + pick(3), .bytes = 57'600 + pick(60'000), .age_ms = 1000 + pick(9000)};
    const Contract contract = contract_for_test(terms);
    QueueMemory memory(contract);
    const std::uint32_t elsewhere = pick(2) * pick(40'000);
    FrameQueue queue(contract, 0, memory.memory(), elsewhere);
    FramesForTest frames(contract, 1 + pick(600));
    std::vector<std::int16_t> room(kMaxFrameSamples);
    BootTime now{seconds(1000)};
    std::uint32_t next = 0;
    const std::size_t depth = 3200u * 3 * terms.queue.batches;
    const std::size_t bytes = std::max<std::size_t>(19'200, terms.queue.bytes - elsewhere);

    for (int step = 0; step < 3000; ++step) {
      now += Duration(pick(20'000'000));
      switch (pick(20)) {
        case 0:
          queue.begin(pick(3));
          break;
        case 1:
          (void)queue.pop(room, now);
          break;
        case 2:
          next = pick(100'000);
          break;
        case 3:
          (void)queue.newest(1 + pick(4000), now);
          break;
        case 4:
          now += milliseconds(pick(12'000));
          break;
        case 5:
          queue.end();
          break;
        default: {
          Frame frame = frames.frame(pick(3), next++);
          if (pick(50) == 0) frame.scale_pg = static_cast<std::int64_t>(random());
          if (pick(50) == 0) frame.rate_mhz = random();
          if (pick(50) == 0) frame.capture_ns = static_cast<std::int64_t>(random()) << 32;
          if (pick(50) == 0) frame.axes = pick(5);
          if (pick(50) == 0) frame.samples = frame.samples.first(pick(7) % (frame.samples.size() + 1));
          const auto pushed = queue.push(frame, now);
          if (pushed.ok() && queue.window_id() == frame.window_id) {
            ASSERT_GT(queue.held_frames(), 0u) << "the newest frame stays";
            for (std::size_t i = 0; i < queue.held_frames(); ++i)
              ASSERT_LE(to_ns(now) - queue.slot(i).arrived_ns, std::int64_t{terms.queue.age_ms} * 1'000'000);
          }
        }
      }
      ASSERT_LE(queue.held_bytes() / 2, depth);
      ASSERT_LE(queue.held_bytes(), bytes);
      ASSERT_LE(queue.held_frames(), memory.memory().slots.size());
      expect_all_accounted_for(queue);
    }
  }
}

}  // namespace
}  // namespace torpor
