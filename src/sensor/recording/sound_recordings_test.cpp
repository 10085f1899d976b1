// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// No check of a sensor finds anything in recordings of real ones, of sound machines and of failing
// ones. Skipped where the pack is not here.
#include <gtest/gtest.h>

#include <algorithm>

#include "sensor/fake/pack.h"
#include "sensor/recording/recording_reader.h"
#include "window/frame_queue.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

// A sensor whose full scale is that of 16 bits: what the recordings say of theirs.
SensorTerms sensor_of(const Recording& recording) {
  SensorTerms sensor = sensor_for_test(recording.rate_hz, recording.channels);
  sensor.full_scale_mg = static_cast<std::uint32_t>(recording.scale * 32'768 * 1000) + 1;
  sensor.noise_floor_ug = 1;
  return sensor;
}

class SoundRecordings : public ::testing::TestWithParam<double> {};

TEST_P(SoundRecordings, have_no_sensor_fault_in_any_window) {
  if (shared_pack().empty()) GTEST_SKIP() << "the shared data pack is not here";
  const std::string path = shared_pack() + "/MANIFEST.csv";
  const auto manifest = Manifest::parse(file_bytes(path), path);
  ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
  std::size_t windows = 0;
  for (const Recording& recording : manifest->recordings()) {
    if (recording.channels > kMaxAxes) continue;
    const auto read = read_recording(*manifest, recording);
    ASSERT_TRUE(read.ok()) << one_line(read.error()).view();
    const SensorTerms sensor = sensor_of(recording);
    const auto scale_pg =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(recording.scale * 1e12), 1, kMaxScalePg);
    const auto wanted = static_cast<std::size_t>(GetParam() * recording.rate_hz) * recording.channels;
    const std::size_t size = std::min(wanted, read->samples.size());
    RepeatFinder repeats;
    for (std::size_t at = 0; at + size <= read->samples.size(); at += size) {
      const auto finding =
          check_samples(std::span(read->samples).subspan(at, size), scale_pg, sensor, repeats);
      EXPECT_EQ(name(finding.quality), name(WindowQuality::good))
          << recording.file << " window " << at / size << ": " << finding.note.view();
      ++windows;
    }
  }
  RecordProperty("windows", static_cast<int>(windows));
  EXPECT_GT(windows, 200u);
}

INSTANTIATE_TEST_SUITE_P(Seconds, SoundRecordings, ::testing::Values(1.0, 5.0));

}  // namespace
}  // namespace torpor
