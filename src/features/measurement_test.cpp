// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fake/allocations.h"
#include "features/fake/signals.h"

namespace torpor {
namespace {

constexpr std::uint32_t kRateMhz = 3'200'000;
constexpr std::size_t kSamples = 3 * 1600;  // three sub-frames
using Speed = FeatureExtractor::Speed;

SensorTerms two_axes() {
  SensorTerms sensor{};
  sensor.rate_mhz = kRateMhz;
  sensor.axes = 2;
  return sensor;
}

class MeasurementTest : public ::testing::Test {
 protected:
  Window window(std::size_t samples = kSamples) {
    signal_ = source_.noise(2 * samples);
    Window w;
    w.rate_mhz = kRateMhz;
    w.axes = 2;
    w.scale_pg = 1'000'000'000;
    w.samples = signal_;
    w.block_starts = starts_;
    w.context.rpm_milli = 1'800'000;
    return w;
  }
  TestSignal source_{71};
  std::vector<std::int16_t> signal_;
  std::vector<std::uint32_t> starts_{0};
  WindowMeasurer measurer_{two_axes(), kSamples};
};

TEST_F(MeasurementTest, equals_what_its_parts_say_one_by_one) {
  const Window w = window();
  const Measurement& m = **measurer_.measure(w, Speed::known);
  EXPECT_TRUE(m.complete());
  EXPECT_EQ(m.shaft_hz, 30.0f);
  auto extractor = *FeatureExtractor::prepare(kRateMhz, subframe_samples(kRateMhz), Speed::known);
  SubFrameCutter cutter(subframe_samples(kRateMhz), kSamples);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto cut = cutter.cut(w, axis);
    ASSERT_EQ(m.subframes(axis).size(), cut.size());
    for (std::size_t i = 0; i < cut.size(); ++i) {
      RawFeatures raw;
      ASSERT_TRUE(extractor.extract(cut[i].pieces, 0.001f, 30.0f, raw));
      EXPECT_EQ(m.subframes(axis)[i].band, raw.band);
      EXPECT_EQ(m.subframes(axis)[i].global, raw.global);
      EXPECT_EQ(m.subframes(axis)[i].weight, raw.weight);
    }
  }
  EnvelopeAnalyzer envelope(kRateMhz * 1e-3, 2, kSamples);
  ASSERT_TRUE(envelope.compute(w));
  EXPECT_TRUE(std::ranges::equal(m.envelope->spectrum(1, 2).power, envelope.spectrum(1, 2).power));
  EXPECT_EQ(m.envelope->shaft_hz(), 30.0);
  IndicatorWorkspace work;
  EXPECT_EQ(m.indicators.axis[1].kurtosis, compute_indicators(w, envelope, work).axis[1].kurtosis);
}

TEST_F(MeasurementTest, a_window_without_a_piece_long_enough_is_not_complete) {
  EXPECT_FALSE((*measurer_.measure(window(kMinPieceSamples - 1), Speed::known))->complete());
  EXPECT_TRUE((*measurer_.measure(window(kMinPieceSamples), Speed::known))->complete());
}

TEST_F(MeasurementTest, orders_follow_the_speed_that_the_baseline_asks_for) {
  const Window w = window();
  const auto known = (*measurer_.measure(w, Speed::known))->subframes(0)[0].band;
  const auto unknown = (*measurer_.measure(w, Speed::unknown))->subframes(0)[0].band;
  EXPECT_NE(known, unknown);
  EXPECT_EQ((*measurer_.measure(w, Speed::known))->subframes(0)[0].band, known) << "and back";
}

TEST_F(MeasurementTest, allocates_nothing_once_it_knows_the_speed) {
  const Window w = window();
  ASSERT_TRUE(measurer_.measure(w, Speed::known).ok());
  const std::size_t before = allocations_for_test();
  ASSERT_TRUE(measurer_.measure(w, Speed::known).ok());
  EXPECT_EQ(allocations_for_test(), before);
}

}  // namespace
}  // namespace torpor
