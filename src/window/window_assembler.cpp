// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window_assembler.h"

#include "base/assertion.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

// The claim and the measurement must both hold; a window of one frame has only the claim.
bool rate_is_right(const FrameQueue& queue, const FrameQueue::Run& run, const SensorTerms& terms) {
  TORPOR_ASSERT(terms.rate_mhz > 0 && run.frames > 0, "window.a_run_has_frames_at_a_rate");
  // The claim alone would do for no one: a peer may claim what the contract says and sample at another
  // rate.
  const std::uint64_t expected = terms.rate_mhz;
  const std::uint64_t claimed = run.rate_mhz;
  const std::uint64_t off = claimed > expected ? claimed - expected : expected - claimed;
  if (off * 100 > expected * kRateTolerancePercent) return false;
  if (run.frames < 2) return true;
  std::uint64_t before_last = 0;
  // Captures are those of first samples: the last frame's own samples lie behind the last capture.
  for (std::size_t i = 0; i + 1 < run.frames; ++i) before_last += queue.slot(i).values;
  return rate_holds(before_last / terms.axes, queue.slot(0).capture_ns, queue.slot(run.frames - 1).capture_ns,
                    terms.rate_mhz);
}

const SensorTerms& sensor_terms(const Contract& contract, std::uint32_t sensor) {
  TORPOR_ASSERT(sensor < contract.terms().sensor_count, "window.the_assembled_sensor_is_in_the_contract");
  return contract.terms().sensors()[sensor];
}

}  // namespace

WindowAssembler::WindowAssembler(const Contract& contract, std::uint32_t sensor, FrameQueue& queue)
    : terms_(sensor_terms(contract, sensor)),
      sensor_(sensor),
      samples_(static_cast<std::size_t>(window_samples(contract.terms().duty, terms_))),
      queue_(queue) {
  TORPOR_ASSERT(samples_ > 0, "window.a_window_has_samples");
}

void WindowAssembler::set_context(std::uint64_t window_id, const Context& context) {
  // Late words about another window must not colour this one.
  if (queue_.window_id() != window_id) return;
  context_window_ = window_id;
  context_ = context;
}

// In samples of the contract, not in frames: how a source cuts them is its own affair.
bool WindowAssembler::complete() const { return queue_.held_samples_per_axis() >= samples_; }

WindowAssembler::Taken WindowAssembler::take_latest(std::uint64_t window_id, BootTime now) {
  Taken taken;
  taken.window.id = window_id;
  taken.window.sensor = sensor_;
  taken.window.rate_mhz = terms_.rate_mhz;
  taken.window.axes = terms_.axes;
  // Copied before the run is taken, since it stays known where the samples are incomplete.
  if (context_window_ == window_id) taken.window.context = context_;
  // The queue went on to another window: what it holds is not asked for.
  if (queue_.window_id() != window_id) return taken;

  const FrameQueue::Run run = queue_.newest(samples_, now);
  if (run.samples.empty()) return taken;

  std::size_t blocks = 0;
  std::size_t at = 0;  // values before slot i, counted from the start of slot 0
  for (std::size_t i = 0; i < run.frames; ++i) {
    const FrameQueue::Slot& slot = queue_.slot(i);
    if (i == 0 || slot.starts_block) {
      // More pieces than any source may make: told as incomplete, as there is no room to say where they
      // begin.
      if (blocks == kMaxBlocks) return taken;
      // A block that began before the cut begins at the window's first sample.
      const std::size_t start = at > run.skipped_values ? at - run.skipped_values : 0;
      TORPOR_ASSERT(start % terms_.axes == 0 && (blocks == 0) == (start == 0),
                    "window.blocks_begin_apart_and_on_a_sample");
      block_starts_[blocks++] = static_cast<std::uint32_t>(start / terms_.axes);
    }
    at += slot.values;
  }
  TORPOR_ASSERT(at == run.skipped_values + run.samples.size(), "window.the_slots_hold_the_run");
  taken.window.samples = run.samples;
  taken.window.block_starts = std::span(block_starts_).first(blocks);
  taken.window.scale_pg = run.scale_pg;

  // Saturation first: a shock must be told as one even when the clock was off with it.
  taken.quality = check_samples(run.samples, run.scale_pg, terms_);
  if (taken.quality != WindowQuality::saturated && !rate_is_right(queue_, run, terms_))
    taken.quality = WindowQuality::wrong_rate;
  return taken;
}

}  // namespace torpor
