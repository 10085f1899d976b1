// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/frame_queue.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::size_t index(DropReason reason) { return static_cast<std::size_t>(reason); }

const SensorTerms& sensor_terms(const Contract& contract, std::uint32_t sensor) {
  TORPOR_ASSERT(sensor < contract.terms().sensor_count, "window.the_sensor_is_in_the_contract");
  return contract.terms().sensors()[sensor];
}

// The contract's bytes less what waits elsewhere, but never less than one window: bundles
// are refused long before that matters, and a queue that cannot hold a window is no queue.
std::size_t values_by_bytes(const Contract& contract, const SensorTerms& sensor, std::size_t elsewhere) {
  const std::size_t allowed = contract.terms().queue.bytes;
  const auto window = static_cast<std::size_t>(window_bytes(contract.terms().duty, sensor));
  return std::max(window, allowed - std::min(allowed, elsewhere)) / sizeof(std::int16_t);
}

Error refusal(const Frame& frame, std::string_view field) {
  return Error{.reason = Reason::frame_refused}.at("frame ", frame.sequence, " of window ", frame.window_id,
                                                   ": ", field);
}

}  // namespace

std::size_t FrameQueue::samples_needed(const Contract& contract) {
  return contract.terms().queue.bytes / sizeof(std::int16_t);
}

// A source cuts one window into kMaxWindowFrames at most, so no frame goes for want of a slot before a
// sample bound is met.
std::size_t FrameQueue::slots_needed(const Contract& contract) {
  return std::size_t{contract.terms().queue.batches} * kMaxWindowFrames;
}

FrameQueue::FrameQueue(const Contract& contract, std::uint32_t sensor, Memory memory,
                       std::uint32_t bytes_elsewhere)
    : memory_(memory), sensor_(sensor), axes_(sensor_terms(contract, sensor).axes) {
  TORPOR_ASSERT(!memory_.samples.empty() && !memory_.slots.empty(), "window.a_queue_is_given_memory");
  TORPOR_ASSERT(axes_ > 0, "window.a_sensor_has_an_axis");
  const SensorTerms& terms = sensor_terms(contract, sensor);
  const QueueTerms& queue = contract.terms().queue;
  most_values_by_depth_ =
      static_cast<std::size_t>(window_samples(contract.terms().duty, terms)) * axes_ * queue.batches;
  // The memory's bound as well: whoever gave less than samples_needed() gets a shorter queue, not an
  // overrun.
  most_values_by_bytes_ = std::min(values_by_bytes(contract, terms, bytes_elsewhere), memory_.samples.size());
  most_age_ns_ = std::int64_t{queue.age_ms} * 1'000'000;
  TORPOR_ASSERT(most_values_by_bytes_ > 0 && most_values_by_depth_ > 0, "window.a_bound_leaves_room");
}

void FrameQueue::begin(std::uint64_t window_id) {
  drop_all(DropReason::epoch);
  epoch_ = window_id;
  assert_accounts();
}

// Not merely a new epoch: between two windows no frame is right.
void FrameQueue::end() {
  drop_all(DropReason::epoch);
  epoch_.reset();
  assert_accounts();
}

// The queue's promises, whatever came in: no frame lost unseen, no bound crossed.
void FrameQueue::assert_accounts() const {
  TORPOR_ASSERT(pushed_ == frames_ + consumed_ + dropped(), "window.every_frame_is_accounted_for");
  TORPOR_ASSERT(values_ <= most_values_by_bytes_ && values_ <= most_values_by_depth_,
                "window.no_bound_is_crossed");
  TORPOR_ASSERT(frames_ <= memory_.slots.size() && (frames_ == 0) == (values_ == 0),
                "window.frames_and_samples_agree");
}

// Only what no frame of this sensor can be. Sequence, rate and scale may change between windows and are a
// gap, not a refusal.
Status FrameQueue::check(const Frame& frame) const {
  if (frame.sensor != sensor_) {
    return refusal(frame, "sensor").saw(frame.sensor).want(sensor_);
  }
  if (frame.axes != axes_) {
    return refusal(frame, "axes").saw(frame.axes).want(axes_);
  }
  if (frame.samples.empty() || frame.samples.size() > kMaxFrameSamples || frame.samples.size() % axes_ != 0) {
    return refusal(frame, "samples")
        .saw(frame.samples.size())
        .want("1..", kMaxFrameSamples, ", a multiple of ", axes_);
  }
  // What a peer claims as scale is multiplied later: held here, once.
  if (frame.scale_pg <= 0 || frame.scale_pg > kMaxScalePg) {
    return refusal(frame, "scale").saw(frame.scale_pg, " pg").want("1..", kMaxScalePg, " pg");
  }
  return {};
}

Status FrameQueue::push(const Frame& frame, BootTime now) {
  if (auto shape = check(frame); !shape) {
    ++refused_;
    return shape;
  }
  ++pushed_;
  // Before anything is compared with what is held: another window's frame says nothing of it.
  if (epoch_ != frame.window_id) {
    ++drops_[index(DropReason::epoch)];
    return {};
  }
  // Age goes first: what is too old must not count as a gap, nor push out what is younger.
  expire(now);
  // Rate and scale belong to the run: samples of two scales in one window would be a step nobody sees.
  if (frames_ > 0 &&
      (frame.sequence != next_sequence_ || frame.rate_mhz != rate_mhz_ || frame.scale_pg != scale_pg_)) {
    drop_all(DropReason::gap);
  }
  const std::size_t count = frame.samples.size();
  if (count > most_values_by_depth_ || count > most_values_by_bytes_) {
    // Larger than all that may ever be held: the run has a hole here.
    drop_all(DropReason::gap);
    ++drops_[index(count > most_values_by_depth_ ? DropReason::depth : DropReason::bytes)];
    return {};
  }
  // A full ring of slots counts as depth: it is the count of frames that ran out.
  while (values_ + count > most_values_by_depth_ || frames_ == memory_.slots.size())
    drop_oldest(DropReason::depth);
  while (values_ + count > most_values_by_bytes_) drop_oldest(DropReason::bytes);

  // A ring: what reaches beyond the end goes on at the beginning. The bounds above have made room.
  const std::size_t size = memory_.samples.size();
  const std::size_t at = (first_value_ + values_) % size;
  const std::size_t before_the_end = std::min(count, size - at);
  std::copy_n(frame.samples.begin(), before_the_end,
              memory_.samples.begin() + static_cast<std::ptrdiff_t>(at));
  std::copy(frame.samples.begin() + static_cast<std::ptrdiff_t>(before_the_end), frame.samples.end(),
            memory_.samples.begin());
  memory_.slots[(first_slot_ + frames_) % memory_.slots.size()] = {
      to_ns(now), frame.capture_ns, static_cast<std::uint32_t>(count), frame.starts_block};
  ++frames_;
  values_ += count;
  // Kept although the queue may be emptied: the next frame is compared only while something is held.
  next_sequence_ = frame.sequence + 1;
  rate_mhz_ = frame.rate_mhz;
  scale_pg_ = frame.scale_pg;
  peak_values_ = std::max(peak_values_, values_);
  assert_accounts();
  return {};
}

std::optional<Frame> FrameQueue::pop(std::span<std::int16_t> into, BootTime now) {
  expire(now);
  if (frames_ == 0) return std::nullopt;
  const Slot& oldest = slot(0);
  TORPOR_ASSERT(into.size() >= oldest.values, "window.a_popped_frame_has_room");
  for (std::size_t i = 0; i < oldest.values; ++i)
    into[i] = memory_.samples[(first_value_ + i) % memory_.samples.size()];
  // Sequence numbers are not stored: a run has no holes, so the oldest one's follows from the newest.
  Frame frame{.window_id = *epoch_,
              .sequence = next_sequence_ - static_cast<std::uint32_t>(frames_),
              .capture_ns = oldest.capture_ns,
              .sensor = sensor_,
              .rate_mhz = rate_mhz_,
              .scale_pg = scale_pg_,
              .axes = axes_,
              .starts_block = oldest.starts_block,
              .samples = into.first(oldest.values)};
  release_oldest();
  ++consumed_;
  assert_accounts();
  return frame;
}

FrameQueue::Run FrameQueue::newest(std::size_t samples_per_axis, BootTime now) {
  // Before the count: frames that are too old must not complete a window.
  expire(now);
  const std::size_t wanted = samples_per_axis * axes_;
  // gap, because what is held can never become a window: the next one has another id.
  if (wanted == 0 || values_ < wanted) {
    drop_all(DropReason::gap);
    return {};
  }
  // Whole frames only; the first may begin before the window and is cut by skipped_values.
  while (values_ - slot(0).values >= wanted) drop_oldest(DropReason::depth);
  make_contiguous();
  const std::size_t skipped = values_ - wanted;
  TORPOR_ASSERT(skipped < slot(0).values, "window.only_the_first_frame_is_cut");
  const Run run{.samples = memory_.samples.subspan(first_value_ + skipped, wanted),
                .frames = frames_,
                .skipped_values = static_cast<std::uint32_t>(skipped),
                .rate_mhz = rate_mhz_,
                .scale_pg = scale_pg_};
  // The bookkeeping is emptied, the memory is not: first_slot_ stays, so slot(i) still reads.
  consumed_ += frames_;
  frames_ = 0;
  values_ = 0;
  assert_accounts();
  return run;
}

std::size_t FrameQueue::take_peak_bytes() {
  // To what is held now, not to 0: bytes that stay are bytes held since.
  const std::size_t peak = peak_values_;
  peak_values_ = values_;
  return peak * sizeof(std::int16_t);
}

std::uint64_t FrameQueue::dropped() const {
  std::uint64_t sum = 0;
  for (std::uint64_t count : drops_) sum += count;
  return sum;
}

void FrameQueue::release_oldest() {
  const std::size_t gone = slot(0).values;
  TORPOR_ASSERT(frames_ > 0 && gone > 0 && gone <= values_, "window.what_is_released_is_held");
  first_value_ = (first_value_ + gone) % memory_.samples.size();
  first_slot_ = (first_slot_ + 1) % memory_.slots.size();
  values_ -= gone;
  --frames_;
}

void FrameQueue::drop_oldest(DropReason reason) {
  release_oldest();
  ++drops_[index(reason)];
}

void FrameQueue::drop_all(DropReason reason) {
  while (frames_ > 0) drop_oldest(reason);
}

void FrameQueue::expire(BootTime now) {
  while (frames_ > 0 && to_ns(now) - slot(0).arrived_ns > most_age_ns_) drop_oldest(DropReason::age);
}

// The whole ring turns, so that sample i of the run stays sample i; the slots, which know
// only counts, stay where they are.
void FrameQueue::make_contiguous() {
  if (first_value_ + values_ <= memory_.samples.size()) return;
  std::rotate(memory_.samples.begin(), memory_.samples.begin() + static_cast<std::ptrdiff_t>(first_value_),
              memory_.samples.end());
  first_value_ = 0;
}

}  // namespace torpor
