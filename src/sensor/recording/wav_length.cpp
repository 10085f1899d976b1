// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/wav_length.h"

#include <array>
#include <string_view>

namespace torpor {
namespace {

constexpr std::uint64_t kRiffHeader = 12;  // "RIFF", length, "WAVE"
constexpr std::size_t kChunkHeader = 8;    // name, length

std::uint32_t little_endian(Bytes four) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(four[i]) << (8 * i);
  return value;
}

}  // namespace

Result<WavLength> WavLength::find(ByteSource& bytes) {
  WavLength wav;
  std::array<std::byte, kRiffHeader> head{};
  TORPOR_TRY(const std::size_t got, bytes.read_at(0, head));
  if (got < head.size()) return wav;
  const std::string_view text = as_text(Bytes(head));
  if (!text.starts_with("RIFF") || text.substr(8) != "WAVE") return wav;
  std::uint64_t at = kRiffHeader;
  for (int i = 0; i < kMostChunks && at + kChunkHeader <= bytes.size(); ++i) {
    std::array<std::byte, kChunkHeader> chunk{};
    TORPOR_TRY(const std::size_t n, bytes.read_at(at, chunk));
    if (n < chunk.size()) return wav;
    const std::uint32_t length = little_endian(Bytes(chunk).subspan(4));
    if (as_text(Bytes(chunk).first(4)) == "data") {
      wav.length_at_ = at + 4;
      // Both are what a logger writes first, to come back with the true length when it ends.
      wav.stated_ = length == UINT32_MAX ? 0 : length;
      wav.lacks_ = wav.stated_ == 0 || wav.stated_ > bytes.size() - at - kChunkHeader;
      return wav;
    }
    // Chunks begin at even places.
    at += kChunkHeader + std::uint64_t{length} + length % 2;
  }
  return wav;
}

void WavLength::mend(MutableBytes bytes, std::uint64_t offset) const {
  if (length_at_ == 0 || stated_ != 0) return;
  // All four are 0 or 0xFF. libsndfile takes what is longer than the file for the rest of the file.
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t at = length_at_ + i;
    if (at >= offset && at - offset < bytes.size())
      bytes[static_cast<std::size_t>(at - offset)] = std::byte{0xff};
  }
}

}  // namespace torpor
