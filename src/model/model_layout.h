// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/float_model.h"

// What reader and writer of the model file must agree on; docs/model-file.md in code.
namespace torpor {

inline constexpr std::string_view kModelMagic{"TRPM\r\n\x1a\0", 8};  // notices a text-mode copy
inline constexpr std::uint32_t kByteOrderMark = 0x0a0b0c0d;
inline constexpr std::size_t kHeaderBytes = 128;
inline constexpr std::size_t kEntryBytes = 32;
inline constexpr std::size_t kSectionAlign = 64;

// Offsets in the header.
inline constexpr std::size_t kAtByteOrder = 8;
inline constexpr std::size_t kAtFormat = 12;
inline constexpr std::size_t kAtFileBytes = 16;
inline constexpr std::size_t kAtCrc = 24;  // CRC-32C of everything behind it
inline constexpr std::size_t kAtFeatures = 28;
inline constexpr std::size_t kAtTokens = 32;  // tokens, band inputs, global inputs
inline constexpr std::size_t kAtDims = 44;    // width, layers, heads, ffn, head_hidden
inline constexpr std::size_t kAtSections = 64;
inline constexpr std::size_t kAtCard = 72;  // SHA-256
inline constexpr std::size_t kAtReserved = 104;

// What a number in the file may be: with these no step of the network can leave the
// finite numbers. The largest product of scales is 1e6, times 2^24 per dot product 2e13;
// squares of that, summed over 256, stay below 3e38.
inline constexpr float kMinScale = 1e-9f;
inline constexpr float kMaxScale = 1e3f;
inline constexpr float kMaxValue = 1e6f;

enum class SectionKind : std::uint16_t {
  activation_scales = 1,
  position,
  embed_band_weight,
  embed_band_scale,
  embed_global_weight,
  embed_global_scale,
  norm1_gain,
  norm1_bias,
  qkv_weight,
  qkv_scale,
  qkv_bias,
  o_weight,
  o_scale,
  o_bias,
  norm2_gain,
  norm2_bias,
  ffn1_weight,
  ffn1_scale,
  ffn1_bias,
  ffn2_weight,
  ffn2_scale,
  ffn2_bias,
  final_norm_gain,
  final_norm_bias,
  head1_weight,
  head1_scale,
  head1_bias,
  head2_weight,
  head2_scale,
  head2_bias,
};

enum class SectionType : std::uint32_t { packed_int8 = 1, scale_f32 = 2, value_f32 = 3 };

struct SectionSpec {
  SectionKind kind;
  std::uint16_t layer = 0;
  SectionType type;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;  // vectors: rows 1
  std::uint64_t bytes() const;
};

// The sections a model of these dims has, in file order.
std::vector<SectionSpec> section_specs(const ModelDims& dims);
std::string section_name(const SectionSpec& spec);  // "layer 1 ffn1 weight"

// activation_scales holds, in this order: band_in, global_in, then per layer norm1, q, k, v,
// attention, norm2, gelu, then head_in, head_hidden.
inline constexpr std::size_t kScalesPerLayer = 7;
inline std::uint32_t activation_scale_count(const ModelDims& dims) {
  return static_cast<std::uint32_t>(4 + kScalesPerLayer * dims.layers);
}

inline std::uint64_t aligned_up(std::uint64_t n) {
  return (n + kSectionAlign - 1) / kSectionAlign * kSectionAlign;
}

}  // namespace torpor
