// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/backed_meter.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

using std::chrono::seconds;

constexpr PowerModel kModel{.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11000, .sleep_mw = 3500};

// Measures 7 mJ, or nothing.
class OnAndOff final : public EnergyMeter {
 public:
  explicit OnAndOff(const bool& on) : on_(on) {}
  std::string_view source() const override { return on_ ? "rail" : "rail: EIO"; }
  std::string_view trouble() const override { return on_ ? "" : "EIO"; }
  std::string_view coverage() const override { return "module"; }
  EnergyCost lap(Phase, Duration, bool) override { return {.mj = on_ ? 7.0 : 0.0, .measured = on_}; }
  Result<std::int64_t> rail_mw() override { return Error{.reason = Reason::system_value}; }

 private:
  const bool& on_;
};

TEST(BackedMeter, charges_what_is_declared_while_its_meter_gives_nothing_and_the_meter_again_after_it) {
  bool on = true;
  BackedMeter meter(std::make_unique<OnAndOff>(on), kModel);
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sample, seconds(5), false).mj, 7);
  EXPECT_FALSE(meter.lap(Phase::sample, seconds(5), false).modelled);
  on = false;
  const EnergyCost cost = meter.lap(Phase::sample, seconds(5), false);
  EXPECT_DOUBLE_EQ(cost.mj, 5000) << "1 W above idle";
  EXPECT_TRUE(cost.measured && cost.modelled);
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sleep, seconds(1), true).mj, 7000) << "held";
  EXPECT_EQ(meter.source(), "rail: EIO");
  EXPECT_EQ(meter.trouble(), "EIO");
  on = true;
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sample, seconds(5), false).mj, 7);
}

TEST(BackedMeter, where_nothing_is_declared_a_span_without_a_reading_stays_unmeasured) {
  const bool on = false;
  BackedMeter meter(std::make_unique<OnAndOff>(on), {});
  const EnergyCost cost = meter.lap(Phase::infer, seconds(1), false);
  EXPECT_FALSE(cost.measured || cost.modelled);
  EXPECT_EQ(cost.mj, 0);
}

}  // namespace
}  // namespace torpor
