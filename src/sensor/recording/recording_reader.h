// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sensor/recording/byte_source.h"
#include "sensor/recording/manifest.h"

// Recordings as samples: FLAC and WAV, 16 bit, by libsndfile.
namespace torpor {

// A whole recording in memory. value = samples[i] * scale, in the manifest's units.
struct RecordedSamples {
  double rate_hz = 0;
  std::uint32_t channels = 0;
  double scale = 0;
  std::vector<std::int16_t> samples;        // interleaved; never INT16_MIN
  std::vector<std::uint64_t> block_starts;  // per-channel index of each contiguous piece; [0] == 0

  std::uint64_t samples_per_channel() const { return channels == 0 ? 0 : samples.size() / channels; }
};

// Decodes a file from start to end in pieces: memory does not grow with its length.
// INT16_MIN, which means "invalid" on the link, is read as -32767. One thread.
//
// Errors, `where` naming the file:
//   recording_unreadable  not a sound file, or damaged
//   recording_format      a sound file, but not FLAC or WAV with 16-bit integers (a float
//                         file, which could hold NaN, is refused here)
//   recording_channels, recording_rate, recording_length
//                         the file and its row in the manifest say different things
// A WAV cut short is recording_length, a FLAC cut short recording_unreadable.
// and those of the ByteSource.
class RecordingReader {
 public:
  static Result<RecordingReader> open(std::unique_ptr<ByteSource> bytes, const Recording& recording);
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;
  ~RecordingReader();

  // Fills `into` (a multiple of channels) from the file; returns values read: all of
  // into.size(), or fewer at the end of the recording, then 0.
  Result<std::size_t> read(std::span<std::int16_t> into);
  std::uint64_t left() const;  // samples per channel not read yet
  const Recording& recording() const;

 private:
  struct State;
  explicit RecordingReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The whole recording of one row, blocks kept. Memory: two bytes per value.
Result<RecordedSamples> read_recording(const Manifest& manifest, const Recording& recording);

}  // namespace torpor
