// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_source.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/fake/fake_clock.h"
#include "contract/fake/example_contract.h"
#include "sensor/fake/pack.h"
#include "sensor/recording/resampler.h"

namespace torpor {
namespace {

std::vector<std::int16_t> counting(std::size_t values, int from = -12'000) {
  std::vector<std::int16_t> out(values);
  for (std::size_t i = 0; i < values; ++i) out[i] = static_cast<std::int16_t>(from + static_cast<int>(i));
  return out;
}

struct Played {
  std::vector<std::int16_t> samples;
  std::vector<std::size_t> starts;  // values before each piece
};

Played play(RecordingSource& source, std::uint32_t samples) {
  FakeClock clock;
  Played played;
  const Status status = source.start(0, samples, clock.now());
  EXPECT_TRUE(status.ok()) << one_line(status.error()).view();
  clock.advance(std::chrono::hours(1));
  for (;;) {
    const auto step = source.poll(clock.now());
    EXPECT_TRUE(step.ok()) << one_line(step.error()).view();
    if (!step.ok() || !step->frame) return played;
    if (step->frame->starts_block) played.starts.push_back(played.samples.size());
    played.samples.insert(played.samples.end(), step->frame->samples.begin(), step->frame->samples.end());
  }
}

class RecordingSourceTest : public testing::Test {
 protected:
  Result<std::unique_ptr<RecordingSource>> try_make(const std::vector<Recording>& list, std::uint32_t rate_hz,
                                                    std::uint32_t axes, std::uint64_t window) {
    return RecordingSource::make(list, pack_.folder(), sensor_for_test(rate_hz, axes), 0, window);
  }
  std::unique_ptr<RecordingSource> make(const std::vector<Recording>& list, std::uint32_t rate_hz,
                                        std::uint32_t axes, std::uint64_t window) {
    auto source = try_make(list, rate_hz, axes, window);
    EXPECT_TRUE(source.ok()) << one_line(source.error()).view();
    return *std::move(source);
  }
  Reason refusal(const std::vector<Recording>& list, std::uint32_t rate_hz, std::uint32_t axes,
                 std::uint64_t window) {
    const auto source = try_make(list, rate_hz, axes, window);
    EXPECT_FALSE(source.ok());
    return source.ok() ? Reason::internal : source.error().reason;
  }
  TempPack pack_;
};

TEST_F(RecordingSourceTest, plays_samples_bit_by_bit_at_their_own_rate_and_scale) {
  const auto values = counting(6000);
  const auto source = make({pack_.add("a.wav", 8000, 1, values)}, 8000, 1, 2500);
  EXPECT_EQ(source->describe().scale_pg, 1'000'000'000);
  EXPECT_EQ(source->windows(), 2u);
  const auto first = play(*source, 2500).samples;
  const auto second = play(*source, 2500).samples;
  EXPECT_EQ(first, std::vector<std::int16_t>(values.begin(), values.begin() + 2500));
  EXPECT_EQ(second, std::vector<std::int16_t>(values.begin() + 2500, values.begin() + 5000));
  EXPECT_TRUE(source->ended());
}

TEST_F(RecordingSourceTest, takes_the_first_channels_as_axes) {
  const auto source = make({pack_.add("a.wav", 8000, 3, {1, 2, 3, 11, 12, 13, 21, 22, 23})}, 8000, 2, 3);
  EXPECT_EQ(play(*source, 3).samples, (std::vector<std::int16_t>{1, 2, 11, 12, 21, 22}));
}

TEST_F(RecordingSourceTest, gathers_short_blocks_and_marks_each_border) {
  const auto values = counting(6 * 100);
  const auto source = make({pack_.add("a.wav", 8000, 1, values, 100)}, 8000, 1, 250);
  const auto first = play(*source, 250);
  EXPECT_EQ(first.starts, (std::vector<std::size_t>{0, 100, 200}));
  const auto second = play(*source, 250);  // begins in the middle of a block
  EXPECT_EQ(second.starts, (std::vector<std::size_t>{0, 50, 150}));
  EXPECT_EQ(second.samples, std::vector<std::int16_t>(values.begin() + 250, values.begin() + 500));
}

TEST_F(RecordingSourceTest, goes_on_from_one_recording_to_the_next_of_its_run) {
  const auto source =
      make({pack_.add("a.wav", 8000, 1, counting(300, 0)), pack_.add("b.wav", 8000, 1, counting(300, 1000))},
           8000, 1, 200);
  EXPECT_EQ(source->windows(), 3u);
  play(*source, 200);
  const auto across = play(*source, 200);
  EXPECT_EQ(across.starts, (std::vector<std::size_t>{0, 100}));
  EXPECT_EQ(across.samples[99], 299);
  EXPECT_EQ(across.samples[100], 1000);
  EXPECT_EQ(source->current().file, "a.wav");
  play(*source, 200);
  EXPECT_EQ(source->current().file, "b.wav");
}

TEST_F(RecordingSourceTest, never_mixes_two_machines_speeds_or_loads_in_a_window) {
  auto a = pack_.add("a.wav", 8000, 1, counting(300, 0));
  auto other_speed = pack_.add("b.wav", 8000, 1, counting(250, 1000));
  other_speed.rpm = 900;
  auto too_short = pack_.add("c.wav", 8000, 1, counting(150, 2000));
  too_short.rpm = 900;
  too_short.load = "2 hp";
  auto other_machine = pack_.add("d.wav", 8000, 1, counting(200, 3000));
  other_machine.machine = "other";
  const auto source = make({a, other_speed, too_short, other_machine}, 8000, 1, 200);
  EXPECT_EQ(source->windows(), 3u);
  EXPECT_EQ(play(*source, 200).samples, counting(200, 0));
  EXPECT_EQ(source->context().rpm_milli, 1'800'000u);
  EXPECT_EQ(play(*source, 200).samples, counting(200, 1000));
  EXPECT_EQ(source->context().rpm_milli, 900'000u);
  EXPECT_FALSE(source->ended());
  EXPECT_EQ(play(*source, 200).samples, counting(200, 3000));
  EXPECT_TRUE(source->ended());
}

TEST_F(RecordingSourceTest, brings_recordings_of_different_scale_to_one) {
  auto loud = pack_.add("a.wav", 8000, 1, {30'000, -32'000, 100, 7});
  loud.scale = 0.01;
  auto quiet = pack_.add("b.wav", 8000, 1, {30'000, -32'000, 100, 7});
  quiet.scale = 0.001;
  const auto source = make({loud, quiet}, 8000, 1, 8);
  const auto samples = play(*source, 8).samples;
  const double scale = static_cast<double>(source->describe().scale_pg) * 1e-12;
  const double truth[] = {300, -320, 1, .07, 30, -32, .1, .007};
  for (int i = 0; i < 8; ++i)
    EXPECT_NEAR(samples[static_cast<std::size_t>(i)] * scale, truth[i], scale / 2 + 1e-9);
}

TEST_F(RecordingSourceTest, resamples_without_clipping) {
  std::vector<std::int16_t> square(12'000);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 40 % 2 == 0 ? INT16_MAX : -INT16_MAX;
  const auto source = make({pack_.add("a.wav", 12'000, 1, square)}, 3200, 1, 3200);
  int peak = 0;
  for (const std::int16_t v : play(*source, 3200).samples) peak = std::max(peak, std::abs(int{v}));
  EXPECT_LT(peak, INT16_MAX);
  const double g = peak * static_cast<double>(source->describe().scale_pg) * 1e-12;
  EXPECT_NEAR(g, 1.2 * 32.767, 3);
}

TEST_F(RecordingSourceTest, plays_what_resampling_the_whole_recording_gives) {
  std::vector<std::int16_t> values(10'240);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int16_t>(9000 * std::sin(0.05 * static_cast<double>(i)) +
                                          static_cast<double>(i % 97));
  const auto recording = pack_.add("a.wav", 25'600, 1, values, 2560);
  const auto source = make({recording}, 3200, 1, 1280);
  const auto played = play(*source, 1280);
  const RecordedSamples whole{25'600, 1, 0.001, values, {0, 2560, 5120, 7680}};
  const auto expected = resample(whole, 3200);
  ASSERT_TRUE(expected.ok());
  ASSERT_EQ(expected->samples.size(), 1280u);
  const double scale = static_cast<double>(source->describe().scale_pg) * 1e-12;
  for (std::size_t i = 0; i < 1280; ++i)
    ASSERT_NEAR(played.samples[i] * scale, expected->samples[i] * expected->scale, scale) << i;
  EXPECT_EQ(played.starts, (std::vector<std::size_t>{0, 320, 640, 960}));
}

TEST_F(RecordingSourceTest, refuses_what_cannot_fill_a_window_of_the_contract) {
  const auto a = pack_.add("a.wav", 8000, 1, counting(1000));
  EXPECT_EQ(refusal({a}, 8000, 2, 100), Reason::recording_axes);
  EXPECT_EQ(refusal({a}, 8000, 1, 1001), Reason::recording_short);
  EXPECT_EQ(refusal({}, 8000, 1, 100), Reason::recording_short);
  auto volts = pack_.add("b.wav", 8000, 1, counting(1000));
  volts.units = "V";
  EXPECT_EQ(refusal({a, volts}, 8000, 1, 100), Reason::recording_units);
  const auto tiny = pack_.add("c.wav", 8000, 1, counting(1000), 2);
  EXPECT_EQ(refusal({tiny}, 8000, 1, 500), Reason::recording_pieces);
  EXPECT_TRUE(try_make({tiny}, 8000, 1, 200).ok());
  EXPECT_EQ(refusal({tiny}, 30, 1, 100), Reason::resample_ratio);
  EXPECT_EQ(refusal({tiny}, 100, 1, 5), Reason::recording_short) << "blocks that vanish when resampled";
  const auto endless = pack_.add("d.wav", 8000, 3, std::vector<std::int16_t>(3 * 400'000));
  EXPECT_EQ(refusal({endless}, 8000, 3, 400'000), Reason::recording_pieces) << "too many frames";
}

TEST_F(RecordingSourceTest, refuses_a_scale_that_no_frame_can_carry) {
  auto a = pack_.add("a.wav", 8000, 1, counting(1000));
  for (const double scale : {1e-13, 0.2, 1e6}) {
    a.scale = scale;
    EXPECT_EQ(refusal({a}, 8000, 1, 100), Reason::recording_scale) << scale;
  }
}

TEST_F(RecordingSourceTest, checks_every_file_before_the_first_window) {
  const auto good = pack_.add("a.wav", 8000, 1, counting(1000));
  auto missing = good;
  missing.file = "missing.wav";
  EXPECT_EQ(refusal({good, missing}, 8000, 1, 100), Reason::file_missing);
  auto cut = pack_.add("cut.wav", 8000, 1, counting(500));
  cut.samples = 1000;
  EXPECT_EQ(refusal({good, cut}, 8000, 1, 100), Reason::recording_length);
  auto outside = good;
  outside.file = "../a.wav";
  EXPECT_FALSE(try_make({good, outside}, 8000, 1, 100).ok());
}

TEST_F(RecordingSourceTest, stays_failed_when_a_file_breaks_while_playing) {
  const auto a = pack_.add("a.wav", 8000, 1, counting(200));
  const auto b = pack_.add("b.wav", 8000, 1, counting(200));
  const auto source = make({a, b}, 8000, 1, 200);
  play(*source, 200);
  pack_.write("b.wav", {});
  FakeClock clock;
  const Status start = source->start(1, 200, clock.now());
  ASSERT_FALSE(start.ok());
  EXPECT_EQ(start.error().reason, Reason::recording_unreadable);
  EXPECT_EQ(source->poll(clock.now()).error().reason, Reason::recording_unreadable);
  EXPECT_FALSE(source->start(2, 200, clock.now()).ok());
}

TEST_F(RecordingSourceTest, takes_rate_axes_and_window_from_the_contract) {
  const Contract contract = contract_for_test();
  const SensorTerms& sensor = contract.terms().sensors()[0];
  const auto window = window_samples(contract.terms().duty, sensor);
  const auto a = pack_.add("a.wav", sensor.rate_mhz / 1000, sensor.axes,
                           std::vector<std::int16_t>(sensor.axes * (2 * window + 1), 5));
  const auto source = RecordingSource::make({a}, pack_.folder(), contract, 0);
  ASSERT_TRUE(source.ok()) << one_line(source.error()).view();
  EXPECT_EQ((*source)->windows(), 2u);
  EXPECT_EQ((*source)->describe().rate_mhz, sensor.rate_mhz);
  const auto none = RecordingSource::make({a}, pack_.folder(), contract, contract.terms().sensor_count);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().reason, Reason::source_sensor);
}

TEST(RecordingSourceOnSharedPack, plays_a_run_to_failure_in_half_second_windows) {
  if (shared_pack().empty()) GTEST_SKIP() << "the shared data pack is not here";
  const std::string path = shared_pack() + "/MANIFEST.csv";
  const auto manifest = Manifest::parse(file_bytes(path), path);
  ASSERT_TRUE(manifest.ok());
  const auto run = manifest->select("femto-bearing1_1");
  ASSERT_TRUE(run.ok());
  const auto source = RecordingSource::make(*run, manifest->folder(), sensor_for_test(25'600, 2), 0, 12'800);
  ASSERT_TRUE(source.ok()) << one_line(source.error()).view();
  EXPECT_EQ((*source)->windows(), 560u);
  EXPECT_EQ((*source)->describe().scale_pg, 2'000'000'000);
  std::uint64_t windows = 0;
  for (; !(*source)->ended(); ++windows) {
    const auto played = play(**source, 12'800);
    ASSERT_EQ(played.samples.size(), 25'600u);
    ASSERT_EQ(played.starts, (std::vector<std::size_t>{0, 5120, 10'240, 15'360, 20'480}));
  }
  EXPECT_EQ(windows, 560u);
  EXPECT_EQ((*source)->current().condition, "failing");
}

}  // namespace
}  // namespace torpor
