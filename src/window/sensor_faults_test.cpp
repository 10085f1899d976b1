// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Every check of samples with a signal that fires it, and healthy ones that do not.
#include <gtest/gtest.h>

#include <string>

#include "window/code_checks.h"
#include "window/fake/vibration.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

using Samples = std::vector<std::int16_t>;
constexpr std::size_t kMinSpikesForTest = 4;
constexpr std::int64_t kScalePg = 488'281'250;  // 16 g / 32768

SensorTerms sensor(std::uint32_t axes = 1) {
  SensorTerms terms{};
  terms.rate_mhz = 3'200'000;
  terms.axes = axes;
  terms.full_scale_mg = 16'000;
  terms.noise_floor_ug = 100;
  return terms;
}

SampleFinding found(const Samples& samples, std::uint32_t axes = 1) {
  RepeatFinder repeats;
  return check_samples(samples, kScalePg, sensor(axes), repeats);
}

#define EXPECT_FOUND(quality_, samples, words)                                                 \
  do {                                                                                         \
    const SampleFinding finding = found(samples);                                              \
    EXPECT_EQ(name(finding.quality), name(WindowQuality::quality_)) << finding.note.view();    \
    EXPECT_NE(finding.note.view().find(words), std::string_view::npos) << finding.note.view(); \
  } while (false)

// ---- repeating

TEST(Repeating, a_half_second_that_comes_again_is_found_in_its_first_window) {
  Samples samples = VibrationForTest{}.make();
  for (std::size_t i = 1600; i < samples.size(); ++i) samples[i] = samples[i - 1600];
  EXPECT_FOUND(repeating, samples, "axis x: 64 samples come again 1600 samples later bit for bit");
}

TEST(Repeating, one_axis_of_three_is_enough) {
  Samples samples = VibrationForTest{.axes = 3, .samples = 4000}.make();
  for (std::size_t i = 3 * 100 + 1; i < samples.size(); i += 3) samples[i] = samples[i - 3 * 100];
  const SampleFinding finding = found(samples, 3);
  EXPECT_EQ(finding.quality, WindowQuality::repeating);
  EXPECT_NE(finding.note.view().find("axis y"), std::string_view::npos) << finding.note.view();
}

TEST(Repeating, buffers_handed_out_in_turn_are_found_once_the_first_comes_again) {
  for (const std::size_t buffers : {1u, 2u, 3u, 4u}) {
    RepeatFinder repeats;
    std::vector<Samples> buffer;
    for (std::size_t i = 0; i < buffers; ++i)
      buffer.push_back(VibrationForTest{.seed = static_cast<std::uint32_t>(i + 1)}.make());
    for (std::size_t window = 0; window < 3 * buffers; ++window) {
      const auto finding = check_samples(buffer[window % buffers], kScalePg, sensor(), repeats);
      EXPECT_EQ(finding.quality, window < buffers ? WindowQuality::good : WindowQuality::repeating)
          << buffers << " buffers, window " << window;
    }
  }
}

TEST(Repeating, a_loop_longer_than_the_window_is_found_when_it_comes_round) {
  const Samples loop = VibrationForTest{.samples = 40'000}.make();
  RepeatFinder repeats;
  std::vector<WindowQuality> seen;
  for (std::size_t at = 0, window = 0; window < 4; ++window) {
    Samples samples(16'000);
    for (auto& x : samples) x = loop[at++ % loop.size()];
    seen.push_back(check_samples(samples, kScalePg, sensor(), repeats).quality);
  }
  EXPECT_EQ(seen[1], WindowQuality::good);
  EXPECT_EQ(seen[2], WindowQuality::repeating);
}

TEST(Repeating, a_tone_without_noise_that_stands_to_the_rate_is_a_loop) {
  EXPECT_FOUND(repeating, (VibrationForTest{.rms = 0, .tone = 1000, .tone_period = 64}.make()), "64 samples");
}

TEST(Repeating, a_tone_that_stands_to_the_rate_is_healthy_with_half_a_step_of_noise) {
  EXPECT_FOUND(good, (VibrationForTest{.rms = 0.5, .colour = 0, .tone = 1000, .tone_period = 64}.make()), "");
}

TEST(Repeating, a_machine_loud_enough_to_be_a_square_wave_is_saturated_and_no_loop) {
  Samples samples = VibrationForTest{.rms = 300, .tone = 400'000, .tone_period = 64}.make();
  EXPECT_EQ(name(found(samples).quality), name(WindowQuality::saturated));
}

// ---- held

TEST(Held, samples_handed_out_twice_or_more_are_found) {
  for (const std::size_t times : {2u, 3u, 8u}) {
    Samples samples = VibrationForTest{.rms = 40}.make();
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = samples[i / times * times];
    const SampleFinding finding = found(samples);
    EXPECT_EQ(name(finding.quality), name(WindowQuality::held)) << times << " " << finding.note.view();
  }
}

TEST(Held, a_phase_that_slips_is_found_beyond_what_a_rate_may_be_off) {
  const auto slipping = [](double rate) {
    const Samples made = VibrationForTest{.rms = 40}.make();
    Samples samples(made.size());
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = made[static_cast<std::size_t>(static_cast<double>(i) / rate)];
    return samples;
  };
  EXPECT_FOUND(good, slipping(1.02), "");
  EXPECT_FOUND(held, slipping(1.1), "is it read faster than it measures?");
  EXPECT_FOUND(held, slipping(1.9), "of 16000 samples");
}

TEST(Held, dropped_samples_filled_with_the_last_are_found) {
  Samples samples = VibrationForTest{.rms = 40}.make();
  std::mt19937 random(3);
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (random() % 10 == 0) samples[i] = samples[i - 1];
  EXPECT_FOUND(held, samples, "axis x");
}

TEST(Held, left_justified_samples_are_judged_in_their_own_steps) {
  Samples samples = VibrationForTest{.rms = 20}.make();
  for (auto& x : samples) x = static_cast<std::int16_t>(x * 16);
  EXPECT_FOUND(good, samples, "");
  for (std::size_t i = 1; i < samples.size(); i += 2) samples[i] = samples[i - 1];
  EXPECT_FOUND(held, samples, "axis x");
}

// ---- stuck bit

TEST(StuckBit, a_bit_that_is_never_or_always_set_is_named) {
  for (const unsigned bit : {1u, 3u, 5u}) {
    Samples never = VibrationForTest{}.make(), always = never;
    for (auto& x : never) x = static_cast<std::int16_t>(x & ~(1 << bit));
    for (auto& x : always) x = static_cast<std::int16_t>(x | 1 << bit);
    const std::string words = "bit " + std::to_string(bit) + " never changes";
    EXPECT_FOUND(stuck_bit, never, words);
    EXPECT_FOUND(stuck_bit, always, words);
  }
}

TEST(StuckBit, swapped_bytes_are_found_although_they_look_like_full_scale) {
  for (const double rms : {30.0, 100.0, 400.0}) {
    Samples samples = VibrationForTest{.rms = rms}.make();
    for (auto& x : samples) {
      const auto code = static_cast<std::uint16_t>(x);
      x = static_cast<std::int16_t>(static_cast<std::uint16_t>(code << 8 | code >> 8));
    }
    EXPECT_FOUND(stuck_bit, samples, "are its bytes swapped?");
  }
}

TEST(StuckBit, an_offset_beside_a_power_of_two_and_a_robot_that_tips_over_are_healthy) {
  for (const double offset : {2048.0, 2100.0, -4096.0, 1023.5})
    EXPECT_FOUND(good, (VibrationForTest{.rms = 8, .offset = offset}.make()), "");
  Samples tips = VibrationForTest{.rms = 8, .offset = 2100}.make();
  for (std::size_t i = tips.size() / 2; i < tips.size(); ++i)
    tips[i] = static_cast<std::int16_t>(tips[i] - 2000);
  EXPECT_FOUND(good, tips, "");
}

// ---- spikes

TEST(Spikes, single_samples_far_out_are_wires_and_not_a_machine) {
  Samples samples = VibrationForTest{.rms = 30}.make();
  for (std::size_t i = 0; i < kMinSpikesForTest; ++i) samples[1000 + 3001 * i] = i % 2 == 0 ? 4000 : -6000;
  EXPECT_FOUND(spikes, samples, "4 single samples from");
  samples[1000] = 10;
  EXPECT_FOUND(good, samples, "");
}

TEST(Spikes, at_full_scale_they_are_no_shock) {
  Samples samples = VibrationForTest{.rms = 30}.make();
  for (std::size_t i = 50; i < samples.size(); i += 500) samples[i] = INT16_MAX;
  EXPECT_FOUND(spikes, samples, "check its wiring");
}

TEST(Spikes, a_knock_that_rings_is_none) {
  Samples samples = VibrationForTest{.rms = 30}.make();
  for (std::size_t at = 50; at + 50 < samples.size(); at += 500)
    for (std::size_t i = 0; i < 20; ++i)
      samples[at + i] =
          static_cast<std::int16_t>(samples[at + i] + 6000 * std::exp(-0.4 * static_cast<double>(i)) *
                                                          std::cos(1.9 * static_cast<double>(i)));
  EXPECT_FOUND(good, samples, "");
}

// ---- clipped

TEST(Clipped, an_ordinary_level_at_a_rail_below_full_scale_names_the_rail) {
  for (const double sigmas : {1.0, 1.6, 2.5}) {
    Samples samples = VibrationForTest{.rms = 1000}.make();
    const auto rail = static_cast<std::int16_t>(1000 * sigmas);
    for (auto& x : samples) x = std::clamp<std::int16_t>(x, static_cast<std::int16_t>(-rail), rail);
    EXPECT_FOUND(clipped, samples, "below the full scale of 16.000 g: check its range");
  }
}

TEST(Clipped, one_rail_is_enough_for_a_sensor_whose_offset_leaves_it_no_room) {
  Samples samples = VibrationForTest{.rms = 1000, .offset = 2000}.make();
  for (auto& x : samples) x = std::min<std::int16_t>(x, 4095);
  EXPECT_FOUND(clipped, samples, "at 1.999 g");
}

TEST(Clipped, shocks_that_reach_a_rail_below_full_scale_are_shocks) {
  Samples samples = VibrationForTest{.rms = 100}.make();
  for (std::size_t at = 50; at + 50 < samples.size(); at += 400)
    for (std::size_t i = 0; i < 20; ++i)
      samples[at + i] = static_cast<std::int16_t>(9000 * std::exp(-0.3 * static_cast<double>(i)) *
                                                  std::cos(0.9 * static_cast<double>(i)));
  for (auto& x : samples) x = std::clamp<std::int16_t>(x, -4095, 4095);
  EXPECT_FOUND(saturated, samples, "at 1.999 g");
}

TEST(Clipped, a_sine_is_not_although_it_stays_longest_at_its_ends) {
  for (const double noise : {0.0, 0.4, 3.0})
    for (const double amplitude : {40.0, 40.5, 200.0, 3000.0}) {
      const Samples sine = VibrationForTest{.rms = noise, .colour = 0, .tone = amplitude}.make();
      EXPECT_FALSE(rail_of(AxisView(sine, 0, 1), range_of(sine, 0, 1)).has_value())
          << amplitude << " " << noise;
    }
}

// ---- healthy

TEST(HealthySensor, quiet_and_quantised_is_good_at_every_level_colour_and_seed) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed)
    for (const double rms : {0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 10.0, 300.0})
      for (const double colour : {0.0, 0.7, 0.95}) {
        const auto finding =
            found(VibrationForTest{.seed = seed, .samples = 3200, .rms = rms, .colour = colour}.make());
        EXPECT_EQ(name(finding.quality), name(WindowQuality::good))
            << "seed " << seed << " rms " << rms << " colour " << colour << ": " << finding.note.view();
      }
}

TEST(HealthySensor, the_same_machine_window_after_window_does_not_repeat) {
  for (const double rms : {0.5, 2.0, 100.0}) {
    RepeatFinder repeats;
    for (std::uint32_t window = 1; window <= 50; ++window) {
      const Samples samples =
          VibrationForTest{.seed = window, .samples = 3200, .rms = rms, .tone = 20}.make();
      EXPECT_EQ(check_samples(samples, kScalePg, sensor(), repeats).quality, WindowQuality::good);
    }
  }
}

TEST(SensorFault, a_machine_at_the_rails_in_every_second_sample_or_in_all_is_a_shock) {
  Samples every_second = VibrationForTest{}.make(), all = every_second;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i % 2 == 0 ? INT16_MAX : -INT16_MAX;
    if (i % 2 == 0) every_second[i] = i % 4 == 0 ? INT16_MAX : -INT16_MAX;
  }
  EXPECT_FOUND(saturated, every_second, "");
  EXPECT_FOUND(saturated, all, "");
}

TEST(SensorFault, what_no_acceleration_can_cause_is_named_before_a_shock) {
  Samples samples = VibrationForTest{}.make();
  for (std::size_t at = 50; at < 800; at += 8)
    for (std::size_t i = 0; i < 4; ++i) samples[at + i] = i % 2 == 0 ? INT16_MAX : -INT16_MAX;
  EXPECT_EQ(found(samples).quality, WindowQuality::saturated);
  for (std::size_t i = 1600; i < samples.size(); ++i) samples[i] = samples[i - 1600];
  EXPECT_EQ(found(samples).quality, WindowQuality::repeating);
}

}  // namespace
}  // namespace torpor
