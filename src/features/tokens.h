// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

// The network's input for one sub-frame (half a second of one axis), relative to the
// robot's own healthy baseline. Every number is bounded (clipped at +-8 or less after
// scaling), which is what lets int8 activations hold it.
namespace torpor {

// Raised by every change that alters a token's value; part of the baseline key and of
// the contract (ModelTerms::feature_version).
inline constexpr std::uint32_t kFeatureVersion = 1;

inline constexpr std::size_t kBands = 32;         // bins 1..32 of the 64-sample STFT
inline constexpr std::size_t kBandInputs = 94;    // numbers per band token
inline constexpr std::size_t kGlobalInputs = 14;  // numbers in the global token
inline constexpr std::size_t kTokens = kBands + 1;

struct TokenSet {
  std::array<std::array<float, kBandInputs>, kBands> band;  // band[0] is the lowest frequency
  std::array<float, kGlobalInputs> global;
};

}  // namespace torpor
