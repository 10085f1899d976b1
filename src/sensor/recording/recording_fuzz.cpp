// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <array>

#include "sensor/recording/recording_reader.h"

namespace {

// A sound WAV of 16 mono samples at 8000 Hz.
constexpr std::array<std::uint8_t, 76> kWav = {
    'R', 'I', 'F', 'F', 68, 0, 0,   0,  'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16,  0,   0,  0, 1, 0,
    1,   0,   64,  31,  0,  0, 128, 62, 0,   0,   2,   0,   16,  0,   'd', 'a', 't', 'a', 32, 0, 0, 0};

}  // namespace

// The first 44 bytes change the header of a sound file (zeros leave it as it is), the rest
// is its data; the whole input is tried as a file too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  std::vector<std::byte> plain(size);
  for (std::size_t i = 0; i < size; ++i) plain[i] = std::byte{data[i]};
  std::vector<std::byte> changed(std::max(size, kWav.size()));
  for (std::size_t i = 0; i < changed.size(); ++i)
    changed[i] =
        std::byte(static_cast<std::uint8_t>((i < kWav.size() ? kWav[i] : 0) ^ (i < size ? data[i] : 0)));

  Recording recording;
  recording.file = "fuzz.wav";
  recording.rate_hz = 8000;
  recording.channels = 1;
  recording.samples = 16;
  recording.scale = 1;
  for (auto* bytes : {&plain, &changed}) {
    auto reader = RecordingReader::open(std::make_unique<MemoryBytes>(std::move(*bytes)), recording);
    if (!reader) continue;
    std::array<std::int16_t, 5> piece{};
    std::size_t total = 0;
    for (;;) {
      const auto got = reader->read(piece);
      if (!got || *got == 0) break;
      total += *got;
      for (const std::int16_t v : piece)
        if (v == INT16_MIN) __builtin_trap();
    }
    if (total > recording.samples) __builtin_trap();
  }
  return 0;
}
