// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>

#include "sensor/recording/byte_source.h"

namespace torpor {

// What a WAV says of the length of its samples, which libsndfile does not hand on, and whether that
// can be true. Any other file: nothing is said and nothing mended.
class WavLength {
 public:
  // Looks at the chunks in front of the samples, at most kMostChunks. Errors: the ByteSource's.
  static Result<WavLength> find(ByteSource& bytes);

  // Of samples, as the header has it; 0: not stated (0 or 0xFFFFFFFF), or no WAV.
  std::uint64_t stated_bytes() const { return stated_; }
  // The length is not stated, or the file ends before it.
  [[nodiscard]] bool lacks_its_end() const { return lacks_; }
  // Puts a true length where the header has none, in `bytes` that were read at `offset`: libsndfile
  // believes a length of 0.
  void mend(MutableBytes bytes, std::uint64_t offset) const;

  static constexpr int kMostChunks = 64;

 private:
  std::uint64_t length_at_ = 0;  // of the four bytes of the length; 0: no WAV
  std::uint64_t stated_ = 0;
  bool lacks_ = false;
};

}  // namespace torpor
