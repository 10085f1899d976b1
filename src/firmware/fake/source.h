// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <algorithm>
#include <vector>

#include "contract/contract.h"
#include "sensor/sample_source.h"

namespace torpor {

// A sensor that behaves, until told otherwise. Samples are a pseudo-random sequence that
// depends on the window id, so that a test can tell windows apart. Test code only.
class SourceForTest final : public SampleSource {
 public:
  SourceForTest(const Contract& contract, std::uint32_t samples_per_frame)
      : per_frame_(samples_per_frame),
        facts_{.sensor = 0,
               .rate_mhz = contract.terms().sensors()[0].rate_mhz,
               .axes = contract.terms().sensors()[0].axes,
               .scale_pg = 488'000'000},
        room_(kMaxFrameSamples) {}

  // Faults and ends.
  std::uint64_t windows_left = UINT64_MAX;  // ended() when used up
  std::uint32_t lose_frame = UINT32_MAX;    // this frame of each window is never handed out
  Reason fail_start{}, fail_poll{};         // usage = 0: no failure
  bool hang = false;                        // asks to be polled at once, for ever
  Context known;

  // What happened.
  std::uint64_t starts = 0, stops = 0, polls = 0;
  bool running() const { return wanted_ > 0; }
  SensorFacts& facts() { return facts_; }

  SensorFacts describe() const override { return facts_; }
  Status start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) override {
    if (fail_start != Reason{}) return Error{.reason = fail_start, .where = "source for test"};
    ++starts;
    window_ = window_id;
    wanted_ = samples;
    made_ = 0;
    sequence_ = 0;
    began_ = now;
    return {};
  }
  Result<SourceStep> poll(const TimeStamp& now) override {
    ++polls;
    if (fail_poll != Reason{}) return Error{.reason = fail_poll, .where = "source for test"};
    if (hang) return SourceStep{.frame = std::nullopt, .next = now.boot};
    if (wanted_ == 0) return SourceStep{};
    const std::uint32_t count = std::min(per_frame_, wanted_ - made_);
    if (now.boot < at(made_ + count)) return SourceStep{.frame = std::nullopt, .next = at(made_ + count)};
    for (std::uint32_t i = 0; i < count * facts_.axes; ++i)
      room_[i] = value(window_, made_ * facts_.axes + i);
    Frame frame{.window_id = window_,
                .sequence = sequence_++,
                .capture_ns = to_ns(began_.mono) + offset_ns(made_),
                .sensor = facts_.sensor,
                .rate_mhz = facts_.rate_mhz,
                .scale_pg = facts_.scale_pg,
                .axes = facts_.axes,
                .starts_block = made_ == 0,
                .samples = std::span(room_).first(count * facts_.axes)};
    made_ += count;
    SourceStep step{.frame = frame, .next = at(std::min(made_ + per_frame_, wanted_))};
    if (frame.sequence == lose_frame) step = {.frame = std::nullopt, .next = now.boot + Duration(1)};
    if (made_ == wanted_) {
      step.next = BootTime::max();
      wanted_ = 0;
      if (windows_left != UINT64_MAX) --windows_left;
    }
    return step;
  }
  void stop() override {
    ++stops;
    wanted_ = 0;
  }
  Context context() const override { return known; }
  bool ended() const override { return windows_left == 0; }

  static std::int16_t value(std::uint64_t window, std::uint32_t i) {
    const auto mixed = static_cast<std::uint32_t>(window * 2'654'435'761u + i * 40'503u) * 2'246'822'519u;
    return static_cast<std::int16_t>(static_cast<std::int32_t>(mixed >> 21) - 1024);
  }

 private:
  std::int64_t offset_ns(std::uint32_t samples) const {
    return static_cast<std::int64_t>(std::uint64_t{samples} * 1'000'000'000'000 / facts_.rate_mhz);
  }
  BootTime at(std::uint32_t samples) const { return began_.boot + Duration(offset_ns(samples)); }

  std::uint32_t per_frame_;
  SensorFacts facts_;
  std::vector<std::int16_t> room_;
  std::uint64_t window_ = 0;
  std::uint32_t wanted_ = 0, made_ = 0, sequence_ = 0;
  TimeStamp began_;
};

}  // namespace torpor
