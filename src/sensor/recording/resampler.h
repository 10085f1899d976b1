// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "sensor/recording/recording_reader.h"

// Change of sampling rate by band-limited interpolation (libsamplerate, its best sinc).
namespace torpor {

// Samples that a block of `samples` has at the new rate: floor(samples * to / from).
std::uint64_t resampled_length(std::uint64_t samples, std::uint32_t from_mhz, std::uint32_t to_mhz);

// An upper bound of |output| / max|input| for any input: the filter's absolute sum.
inline constexpr double kResamplerPeakGain = 4.0;

// One block after another, in pieces; nothing of one block reaches into the next. Both
// ends of a block are continued by their point mirror image (value and slope go on), so
// that its border rings as little as possible. Allocates in the constructor only.
// Usage per block: begin(n); then push() all n samples in pieces, taking what comes out
// with pull(); together resampled_length(n) samples per channel come out.
// resample_ratio: the rates are more than a factor 256 apart. resample_failed: the library.
class BlockResampler {
 public:
  static Result<BlockResampler> make(std::uint32_t channels, std::uint32_t from_mhz, std::uint32_t to_mhz);
  BlockResampler(BlockResampler&&) noexcept;
  BlockResampler& operator=(BlockResampler&&) noexcept;
  ~BlockResampler();

  // Forgets everything before and expects `samples` per channel.
  Status begin(std::uint64_t samples);
  // Values (interleaved) that push() takes next; 0 while pull() must be called first or
  // the block is complete.
  std::size_t wants() const;
  Status push(std::span<const float> interleaved);
  // Takes up to into.size() values (a multiple of channels); 0: push more, or the block is over.
  Result<std::size_t> pull(std::span<float> into);

 private:
  struct State;
  explicit BlockResampler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A whole recording at another rate, block by block; the new scale is the finest that
// holds the largest value (peak / 32767, never finer than 1/256 of the old). Rounded half
// to even. At its own rate a recording comes back unchanged.
Result<RecordedSamples> resample(const RecordedSamples& in, double rate_hz);

}  // namespace torpor
