// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What every SampleSource owes its caller, whatever it is. A new source joins by one more
// entry in cases().
#include "sensor/sample_source.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "base/fake/fake_clock.h"
#include "sensor/fake/pack.h"
#include "sensor/recording/recording_source.h"
#include "sensor/simulated/simulated_bearing.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// A source and what it needs to live.
struct Made {
  std::unique_ptr<TempPack> pack;
  std::unique_ptr<SampleSource> source;
};

struct Case {
  std::string name;
  SensorTerms sensor;
  std::uint32_t window;
  int windows;  // that it holds; 0: without end
  std::uint32_t rpm;
  std::function<Made(const Case&)> make;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

Made simulated(const Case& c) {
  SimConfig config;
  config.seed = 7;
  config.rpm = c.rpm;
  config.wander = 0;
  config.bumps_per_s = 2;
  config.fault = BearingFault::inner;
  auto source = SimulatedBearing::make(config, c.sensor, 2);
  EXPECT_TRUE(source.ok());
  return {nullptr, *std::move(source)};
}

std::vector<std::int16_t> counting(std::size_t values) {
  std::vector<std::int16_t> out(values);
  for (std::size_t i = 0; i < values; ++i) out[i] = static_cast<std::int16_t>(i % 60'000 - 30'000);
  return out;
}

struct File {
  std::uint32_t rate;
  std::uint32_t channels;
  std::size_t samples;
  std::uint32_t block;
};

std::function<Made(const Case&)> recorded(std::vector<File> files) {
  return [files](const Case& c) {
    Made made;
    made.pack = std::make_unique<TempPack>();
    std::vector<Recording> list;
    for (const File& f : files) {
      list.push_back(made.pack->add("f" + std::to_string(list.size()) + ".wav", f.rate, f.channels,
                                    counting(f.samples * f.channels), f.block));
      list.back().rpm = c.rpm;
    }
    auto source = RecordingSource::make(list, made.pack->folder(), c.sensor, 2, c.window);
    EXPECT_TRUE(source.ok()) << one_line(source.error()).view();
    made.source = *std::move(source);
    return made;
  };
}

std::vector<Case> cases() {
  return {
      {"simulated_three_axes", sensor_for_test(3200, 3), 8000, 0, 1800, simulated},
      {"simulated_one_axis_fast", sensor_for_test(25600, 1), 12800, 0, 900, simulated},
      {"recording", sensor_for_test(8000, 1), 4000, 3, 1500, recorded({{8000, 1, 13'000, 0}})},
      {"recording_more_channels_than_axes", sensor_for_test(8000, 2), 4000, 2, 0,
       recorded({{8000, 3, 8000, 0}})},
      {"recording_in_blocks", sensor_for_test(25600, 2), 12800, 2, 1800,
       recorded({{25600, 2, 30'720, 2560}})},
      {"recording_in_odd_blocks", sensor_for_test(8000, 1), 1000, 2, 0, recorded({{8000, 1, 2331, 333}})},
      {"recording_resampled", sensor_for_test(3200, 1), 1600, 3, 1797, recorded({{12000, 1, 20'000, 0}})},
      {"recording_resampled_up_in_blocks", sensor_for_test(12000, 1), 3000, 2, 0,
       recorded({{8000, 1, 4000, 800}})},
      {"recordings_of_one_run", sensor_for_test(8000, 1), 3000, 3, 0,
       recorded({{8000, 1, 4000, 0}, {8000, 1, 5500, 500}, {8000, 1, 100, 0}})},
  };
}

class SampleSourceConformance : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    made_ = GetParam().make(GetParam());
    ASSERT_NE(made_.source, nullptr);
    clock_.advance(std::chrono::seconds(1000));
  }
  SampleSource& source() { return *made_.source; }
  std::uint32_t window() const { return GetParam().window; }
  SourceStep poll() {
    auto step = source().poll(clock_.now());
    EXPECT_TRUE(step.ok()) << one_line(step.error()).view();
    return step.ok() ? *step : SourceStep{};
  }
  void start(std::uint64_t id) {
    const Status status = source().start(id, window(), clock_.now());
    ASSERT_TRUE(status.ok()) << one_line(status.error()).view();
  }
  std::uint32_t values(const Frame& frame) const {
    return static_cast<std::uint32_t>(frame.samples.size() / frame.axes);
  }
  // Plays the running window to its end and returns its samples.
  std::vector<std::int16_t> play() {
    std::vector<std::int16_t> all;
    for (SourceStep step = poll();; step = poll()) {
      if (step.frame) all.insert(all.end(), step.frame->samples.begin(), step.frame->samples.end());
      if (step.next == BootTime::max()) break;
      if (step.next > clock_.now().boot) clock_.advance_to(step.next);
    }
    return all;
  }

  Made made_;
  FakeClock clock_;
};

TEST_P(SampleSourceConformance, says_what_the_contract_says_and_frames_repeat_it) {
  const SensorFacts facts = source().describe();
  EXPECT_EQ(facts.sensor, 2u);
  EXPECT_EQ(facts.rate_mhz, GetParam().sensor.rate_mhz);
  EXPECT_EQ(facts.axes, GetParam().sensor.axes);
  EXPECT_GT(facts.scale_pg, 0);
  start(1);
  clock_.advance(std::chrono::minutes(1));
  const auto step = poll();
  ASSERT_TRUE(step.frame);
  EXPECT_EQ(step.frame->sensor, facts.sensor);
  EXPECT_EQ(step.frame->rate_mhz, facts.rate_mhz);
  EXPECT_EQ(step.frame->axes, facts.axes);
  EXPECT_EQ(step.frame->scale_pg, facts.scale_pg);
  EXPECT_EQ(source().describe().scale_pg, facts.scale_pg);
}

TEST_P(SampleSourceConformance, gives_nothing_before_start_and_after_stop) {
  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(poll().frame);
  EXPECT_EQ(poll().next, BootTime::max());
  source().stop();
  start(1);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(poll().frame);
  source().stop();
  EXPECT_FALSE(poll().frame);
  EXPECT_EQ(poll().next, BootTime::max());
}

TEST_P(SampleSourceConformance, gives_no_frame_before_its_last_sample_and_each_as_soon_as_it_is_there) {
  const auto began = clock_.now();
  start(5);
  const double ns_per_sample = 1e12 / GetParam().sensor.rate_mhz;
  std::uint32_t done = 0;
  while (done < window()) {
    const SourceStep waiting = poll();
    ASSERT_FALSE(waiting.frame) << "a frame without time going on, at " << done;
    ASSERT_GT(waiting.next, clock_.now().boot);
    clock_.advance_to(waiting.next - nanoseconds(1));
    ASSERT_FALSE(poll().frame) << "a frame before the time that was announced, at " << done;
    clock_.advance(nanoseconds(1));
    const SourceStep step = poll();
    ASSERT_TRUE(step.frame) << "no frame at the time that was announced, at " << done;
    done += values(*step.frame);
    const double complete = static_cast<double>((clock_.now().boot - began.boot).count());
    EXPECT_GE(complete, done * ns_per_sample - 1e-3);
    EXPECT_LE(complete, done * ns_per_sample + 1.001);
  }
  EXPECT_EQ(done, window());
  EXPECT_EQ(poll().next, BootTime::max());
}

TEST_P(SampleSourceConformance, numbers_frames_from_zero_and_fills_the_window_exactly) {
  for (const std::uint64_t id : {41u, 97u}) {
    const auto began = clock_.now();
    start(id);
    std::uint32_t sequence = 0;
    std::uint32_t done = 0;
    std::uint32_t pieces = 0;
    clock_.advance(std::chrono::minutes(1));
    for (SourceStep step = poll(); step.frame; step = poll()) {
      const Frame& f = *step.frame;
      EXPECT_EQ(f.window_id, id);
      EXPECT_EQ(f.sequence, sequence++);
      ASSERT_GT(f.samples.size(), 0u);
      EXPECT_LE(f.samples.size(), kMaxFrameSamples);
      EXPECT_EQ(f.samples.size() % f.axes, 0u);
      EXPECT_TRUE(done > 0 || f.starts_block);
      if (f.starts_block) ++pieces;
      const double offset = static_cast<double>(f.capture_ns - to_ns(began.mono));
      EXPECT_NEAR(offset, done * 1e12 / f.rate_mhz, 1.001);
      for (const std::int16_t v : f.samples) ASSERT_NE(v, INT16_MIN);
      done += values(f);
      const bool last = done == window();
      EXPECT_EQ(step.next == BootTime::max(), last);
      if (!last) {
        EXPECT_LE(step.next, clock_.now().boot) << "called late: more is there already";
      }
    }
    EXPECT_EQ(done, window());
    EXPECT_LE(sequence, kMaxWindowFrames);
    EXPECT_LE(pieces, kMaxBlocks);
  }
}

TEST_P(SampleSourceConformance, gives_up_a_window_when_the_next_one_starts) {
  start(1);
  clock_.advance(milliseconds(300));
  poll();
  start(2);
  EXPECT_FALSE(poll().frame);
  clock_.advance(std::chrono::minutes(1));
  std::uint32_t sequence = 0;
  std::uint32_t done = 0;
  for (SourceStep step = poll(); step.frame; step = poll()) {
    EXPECT_EQ(step.frame->window_id, 2u);
    EXPECT_EQ(step.frame->sequence, sequence++);
    done += values(*step.frame);
  }
  EXPECT_EQ(done, window());
}

TEST_P(SampleSourceConformance, gives_the_same_samples_however_it_is_polled) {
  start(1);
  clock_.advance(std::chrono::minutes(1));
  play();
  start(2);
  clock_.advance(std::chrono::minutes(1));
  const auto at_once = play();

  made_ = GetParam().make(GetParam());
  start(1);  // given up after its first frame: its samples are not heard, and not repeated
  clock_.advance(milliseconds(400));
  poll();
  start(2);
  EXPECT_EQ(play(), at_once);
}

TEST_P(SampleSourceConformance, ends_when_no_window_is_left_and_not_before) {
  const int windows = GetParam().windows;
  for (int w = 0; w < (windows == 0 ? 5 : windows); ++w) {
    ASSERT_FALSE(source().ended()) << "before window " << w;
    start(static_cast<std::uint64_t>(w));
    ASSERT_FALSE(source().ended()) << "frames of window " << w << " are still to come";
    EXPECT_EQ(play().size(), std::size_t{window()} * GetParam().sensor.axes);
  }
  EXPECT_EQ(source().ended(), windows != 0);
  if (windows != 0) {
    const Status status = source().start(99, window(), clock_.now());
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().reason, Reason::source_window);
  }
}

TEST_P(SampleSourceConformance, refuses_an_empty_window) {
  const Status status = source().start(1, 0, clock_.now());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, Reason::source_window);
}

TEST_P(SampleSourceConformance, knows_the_speed_of_the_shaft) {
  start(1);
  EXPECT_EQ(source().context().rpm_milli, GetParam().rpm * 1000);
  EXPECT_EQ(source().context().temperature_mdeg, INT32_MIN);
  EXPECT_EQ(source().context().load_permille, 0u);
}

TEST_P(SampleSourceConformance, keeps_the_rate_that_the_receiver_measures) {
  const auto began = clock_.now();
  start(1);
  play();
  EXPECT_TRUE(rate_holds(window(), to_ns(began.mono), to_ns(clock_.now().mono), GetParam().sensor.rate_mhz));
}

INSTANTIATE_TEST_SUITE_P(Sources, SampleSourceConformance, testing::ValuesIn(cases()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace torpor
