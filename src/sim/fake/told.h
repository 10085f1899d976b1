// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string_view>
#include <vector>

#include "sim/fake/incident.h"

// A robot whose scores and whose sensor do as the test says. Test code only.
namespace torpor {

// Scores that the test decides: a sound bearing's wander, or damage.
class ToldBackend final : public Backend {
 public:
  explicit ToldBackend(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile&, std::size_t) override { return {}; }
  Status run(std::span<const TokenSet>, std::span<float> logits) override {
    if (fails) return Error{.reason = Reason::device_failed};
    for (float& logit : logits) logit = damaged ? 100.0F : static_cast<float>(++runs_ * 5 % 17);
    return {};
  }
  Status release() override { return {}; }
  bool damaged = false;
  bool fails = false;

 private:
  std::string_view name_;
  std::uint32_t runs_ = 0;
};

// A sound bearing, one that hits the rails of the sensor, or a sensor that says nothing.
class HardSource final : public SampleSource {
 public:
  explicit HardSource(const Contract& contract) : inner_(contract) {}
  SensorFacts describe() const override { return inner_.describe(); }
  Status start(std::uint64_t window, std::uint32_t samples, const TimeStamp& now) override {
    return inner_.start(window, samples, now);
  }
  Result<SourceStep> poll(const TimeStamp& now) override {
    TORPOR_TRY(SourceStep step, inner_.poll(now));
    if (shocked && step.frame) {
      rails_.assign(step.frame->samples.begin(), step.frame->samples.end());
      for (std::size_t i = 0; i < rails_.size(); i += 2) rails_[i] = i % 4 == 0 ? 32767 : -32767;
      step.frame->samples = rails_;
    }
    if (stuck && step.frame) {
      rails_.assign(step.frame->samples.size(), 7);
      step.frame->samples = rails_;
    }
    return step;
  }
  void stop() override { inner_.stop(); }
  Context context() const override { return inner_.context(); }
  bool ended() const override { return false; }
  bool shocked = false;
  bool stuck = false;

 private:
  TaggedSource inner_;
  std::vector<std::int16_t> rails_;
};

}  // namespace torpor
