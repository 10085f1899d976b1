// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/condition/condition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/fake/places.h"
#include "window/fake/vibration.h"

namespace torpor {
namespace {

constexpr double kLsbPerG = 2048;
constexpr std::int64_t kScalePg = 488'281'250;
constexpr std::uint32_t kRateHz = 3200;
const std::uint32_t kStart = 0;

// A machine seen by three axes, each of its own colour, gravity along z.
class Condition : public ::testing::Test {
 protected:
  explicit Condition(std::vector<double> gravity_g = {0.05, -0.02, 1.0}) : gravity_g_(std::move(gravity_g)) {
    std::vector<BaselineBuilder> builders(3, BaselineBuilder(false));
    for (int i = 0; i < 60; ++i) {
      const Measurement& m = measure(machine());
      for (std::size_t axis = 0; axis < 3; ++axis)
        for (const RawFeatures& raw : m.subframes(axis)) EXPECT_TRUE(builders[axis].add(raw, 0, raw.weight));
      means_.add(m.mean_g);
    }
    for (const BaselineBuilder& builder : builders) learned_.push_back(*builder.finish());
  }

  // One second, in LSB, unrounded.
  std::vector<double> machine() {
    VibrationForTest vibration{.seed = ++seed_,
                               .axes = 3,
                               .samples = kRateHz,
                               .rms = 100,
                               .colour = 0.9,
                               .brighter = 0.6,
                               .tone = 80,
                               .tone_period = 53.3};
    for (const double g : gravity_g_) vibration.offsets.push_back(g * kLsbPerG);
    return vibration.unrounded();
  }
  const Measurement& measure(const std::vector<double>& samples) {
    samples_.resize(samples.size());
    std::transform(samples.begin(), samples.end(), samples_.begin(), VibrationForTest::code);
    Window window;
    window.rate_mhz = sensor_.rate_mhz;
    window.axes = 3;
    window.scale_pg = kScalePg;
    window.samples = samples_;
    window.block_starts = {&kStart, 1};
    return **measurer_.measure(window, FeatureExtractor::Speed::unknown);
  }
  ConditionFinding judged(const std::vector<double>& samples) {
    return judge_condition(measure(samples), learned_, means_);
  }
  template <class Change>
  ConditionFinding changed(Change change) {
    std::vector<double> samples = machine();
    for (std::size_t i = 0; i < samples.size(); i += 3) change(&samples[i]);
    return judged(samples);
  }

  static SensorTerms terms() {
    SensorTerms sensor{};
    sensor.rate_mhz = kRateHz * 1000;
    sensor.axes = 3;
    return sensor;
  }
  std::vector<double> gravity_g_;
  std::uint32_t seed_ = 0;
  SensorTerms sensor_ = terms();
  WindowMeasurer measurer_{sensor_, kRateHz};
  std::vector<std::int16_t> samples_;
  std::vector<std::unique_ptr<FeatureBaseline>> learned_;
  LearnedMeans means_;
};

#define EXPECT_REASON(reason_, finding, words)                                     \
  do {                                                                             \
    const ConditionFinding f = finding;                                            \
    EXPECT_EQ(name(f.reason), name(VerdictReason::reason_)) << f.note.view();      \
    EXPECT_NE(f.note.view().find(words), std::string_view::npos) << f.note.view(); \
  } while (false)

TEST_F(Condition, a_sensor_as_it_was_learned_has_nothing) {
  for (int i = 0; i < 100; ++i) EXPECT_REASON(none, judged(machine()), "");
}

TEST_F(Condition, every_unit_and_range_is_told_as_a_gain) {
  const auto times = [&](double factor) {
    return changed([&](double* x) {
      for (int axis = 0; axis < 3; ++axis) x[axis] *= factor;
    });
  };
  EXPECT_REASON(gain_changed, times(9.80665), "times what was learned: check range and unit");
  EXPECT_REASON(gain_changed, times(1 / 9.80665), "are 0.10 times");
  for (const double range : {2.0, 4.0, 8.0, 0.5, 0.25, 0.125}) EXPECT_REASON(gain_changed, times(range), "");
}

TEST_F(Condition, a_machine_that_is_louder_weighs_as_much_as_before_and_is_no_gain) {
  EXPECT_REASON(none, changed([&](double* x) {
                  for (int axis = 0; axis < 3; ++axis) {
                    const double rest = gravity_g_[static_cast<std::size_t>(axis)] * kLsbPerG;
                    x[axis] = rest + 3 * (x[axis] - rest);
                  }
                }),
                "");
}

TEST_F(Condition, damage_that_rings_one_band_is_no_gain) {
  double phase = 0;
  EXPECT_REASON(none, changed([&](double* x) {
                  phase += 1.7;
                  for (int axis = 0; axis < 3; ++axis) x[axis] += 400 * std::sin(phase);
                }),
                "");
}

TEST_F(Condition, knocks_are_no_gain) {
  std::size_t i = 0;
  EXPECT_REASON(none, changed([&](double* x) {
                  const double ring = 3000 * std::exp(-0.2 * static_cast<double>(i % 40)) *
                                      std::cos(2.0 * static_cast<double>(i % 40));
                  ++i;
                  for (int axis = 0; axis < 3; ++axis) x[axis] += ring;
                }),
                "");
}

TEST_F(Condition, swapped_axes_are_named_by_what_they_were) {
  EXPECT_REASON(axes_swapped, changed([](double* x) { std::swap(x[0], x[2]); }),
                "axes x y z were z y x when learned");
  EXPECT_REASON(axes_swapped, changed([](double* x) {
                  std::swap(x[0], x[1]);
                  std::swap(x[1], x[2]);
                }),
                "axes x y z were y z x when learned");
}

TEST_F(Condition, tones_with_nothing_random_beside_them_have_no_noise_at_any_loudness) {
  for (const double amplitude : {30.0, 300.0, 3000.0, 30'000.0}) {
    std::vector<double> samples(3 * kRateHz);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = amplitude * std::sin(0.0973 * static_cast<double>(i / 3) + static_cast<double>(i % 3));
    EXPECT_REASON(stuck, without_noise(measure(samples), kScalePg * 1e-12), "axis x: tones and rounding");
  }
}

TEST_F(Condition, half_a_step_of_noise_beside_a_tone_is_noise) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 0.5);
  for (const double amplitude : {5.0, 300.0, 1000.0}) {
    std::vector<double> samples(3 * kRateHz);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = amplitude * std::sin(0.0973 * static_cast<double>(i / 3)) + normal(random);
    EXPECT_REASON(none, without_noise(measure(samples), kScalePg * 1e-12), "");
  }
  for (int i = 0; i < 20; ++i) EXPECT_REASON(none, without_noise(measure(machine()), kScalePg * 1e-12), "");
}

class Tilted : public Condition {
 protected:
  // The mean as it is when the robot leans by so many degrees towards x; what vibrates stays.
  ConditionFinding tilted(double degrees) {
    const double a = degrees * M_PI / 180;
    return changed([&](double* x) {
      x[0] += (std::sin(a) - 0) * kLsbPerG;
      x[2] += (std::cos(a) - 1) * kLsbPerG;
    });
  }
};

TEST_F(Tilted, a_ramp_and_a_corner_are_healthy_and_a_turned_mount_is_not) {
  for (const double degrees : {-10.0, 10.0, 17.0, 25.0}) EXPECT_REASON(none, tilted(degrees), "");
  for (const double degrees : {-40.0, 40.0, 90.0, 180.0})
    EXPECT_REASON(turned, tilted(degrees), "g, learned (0.05 -0.02 1.00)");
}

TEST_F(Tilted, an_axis_of_other_polarity_and_gravity_that_is_gone_are_seen_in_the_mean) {
  EXPECT_REASON(turned, changed([](double* x) { x[2] = -x[2]; }), "check its mount");
  EXPECT_REASON(turned, changed([](double* x) { x[2] -= kLsbPerG; }), "mean (0.0");
}

class WithoutGravity : public Condition {
 protected:
  WithoutGravity() : Condition({0.03, 0.0, -0.1}) {}
};

TEST_F(WithoutGravity, an_offset_that_moves_is_nothing) {
  EXPECT_REASON(none, changed([](double* x) { x[1] += 300; }), "");
}

TEST_F(WithoutGravity, all_bands_of_all_axes_louder_by_one_factor_count_as_a_gain) {
  EXPECT_REASON(gain_changed, changed([](double* x) {
                  for (int axis = 0; axis < 3; ++axis) x[axis] *= 4;
                }),
                "check range and unit");
}

TEST_F(Condition, a_baseline_of_an_earlier_version_knows_no_mean_and_the_rest_is_judged) {
  means_ = {};
  EXPECT_REASON(none, changed([](double* x) { x[2] -= 2 * kLsbPerG; }), "");
  EXPECT_REASON(axes_swapped, changed([](double* x) { std::swap(x[0], x[2]); }), "");
}

TEST_F(Condition, means_survive_a_file_and_damaged_ones_are_refused) {
  std::array<std::byte, LearnedMeans::kEncodedSize> room;
  const Bytes bytes = means_.encode(room);
  const auto again = LearnedMeans::decode(bytes);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->mean_g, means_.mean_g);
  EXPECT_EQ(again->windows, 60u);
  EXPECT_EQ(LearnedMeans::decode({})->windows, 0u);
  EXPECT_TRUE(LearnedMeans{}.encode(room).empty());
  (void)means_.encode(room);
  EXPECT_EQ(LearnedMeans::decode(bytes.first(31)).error().reason, Reason::baseline_malformed);
  store_le(room.data() + 8, std::uint64_t{0x7ff0000000000000});
  EXPECT_EQ(LearnedMeans::decode(bytes).error().reason, Reason::baseline_malformed);
}

struct SensorCheck {
  std::string_view name, where, verdict, formula;
};
constexpr SensorCheck kSensorChecks[] = {
#define TORPOR_SENSOR_CHECK(name, where, verdict, formula) {#name, #where, #verdict, formula},
#include "window/sensor_checks.def"
#undef TORPOR_SENSOR_CHECK
};

TEST(SensorChecks, every_one_is_a_quality_or_learned_and_a_reason_of_the_verdict) {
  for (const SensorCheck& check : kSensorChecks) {
    bool quality = false, reason = false;
    for (std::size_t i = 0; i < kWindowQualities; ++i)
      quality = quality || name(static_cast<WindowQuality>(i)) == check.name;
    for (std::size_t i = 0; i < kVerdictReasons; ++i)
      reason = reason || name(static_cast<VerdictReason>(i)) == check.name;
    EXPECT_TRUE(reason) << check.name;
    EXPECT_EQ(quality, check.where != "learned") << check.name;
  }
  // And every quality but good and incomplete is a check.
  EXPECT_EQ(std::size(kSensorChecks), kWindowQualities - 2 + 3);
}

TEST(SensorChecks, the_page_lists_every_one_as_it_is) {
  std::ifstream file(in_source("docs/sensor.md"));
  std::stringstream text;
  text << file.rdbuf();
  for (const SensorCheck& check : kSensorChecks) {
    std::ostringstream row;
    row << "| `" << check.name << "` | " << check.where << " | " << check.verdict << " | " << check.formula
        << " |";
    EXPECT_NE(text.str().find(row.str()), std::string::npos) << row.str();
  }
}

}  // namespace
}  // namespace torpor
