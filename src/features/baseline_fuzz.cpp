// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cstring>
#include <vector>

#include "features/baseline.h"
#include "features/tokenizer.h"

// Whatever decodes must be usable. The fuzzer's bytes overwrite parts of a sealed file,
// so that they get past size and checksum.
namespace {

using torpor::BaselineBuilder;
using torpor::FeatureBaseline;

void seal(std::vector<std::byte>& bytes) {
  const auto sum = torpor::crc32c(torpor::Bytes(bytes).first(bytes.size() - 4));
  torpor::store_le(&bytes[bytes.size() - 4], sum);
}

// Records of 6: position (2, in words), value (4).
void edit(std::vector<std::byte>& bytes, const std::uint8_t* data, std::size_t size) {
  for (; size >= 6; data += 6, size -= 6) {
    const std::size_t at = 4 * (static_cast<std::size_t>(data[0] + 256 * data[1]) % (bytes.size() / 4 - 1));
    std::memcpy(&bytes[at], data + 2, 4);
  }
  seal(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const BaselineBuilder learned = [] {
    BaselineBuilder builder(true);
    for (int i = 0; i < 5; ++i) {
      torpor::RawFeatures raw;
      for (auto& band : raw.band) band.fill(static_cast<float>(i));
      raw.global.fill(static_cast<float>(i));
      (void)builder.add(raw, 20.0f + static_cast<float>(i), 1);
    }
    return builder;
  }();
  (void)FeatureBaseline::decode(std::as_bytes(std::span(data, size)));
  torpor::RawFeatures raw;
  for (auto& band : raw.band) band.fill(1);
  raw.global.fill(1);
  torpor::TokenSet tokens;
  const auto must_be_bounded = [&](const FeatureBaseline& baseline) {
    tokenize(raw, baseline, 30, tokens);
    for (const auto& band : tokens.band)
      for (float v : band)
        if (!(v >= -8 && v <= 8)) __builtin_trap();
    for (float v : tokens.global)
      if (!(v >= -8 && v <= 8)) __builtin_trap();
  };

  if (size == 0) return 0;
  static const std::vector<std::byte> good = [] {
    std::vector<std::byte> bytes(FeatureBaseline::kEncodedSize);
    (*learned.finish())->encode(bytes);
    return bytes;
  }();
  auto finished = good;
  edit(finished, data, size);
  if (const auto baseline = FeatureBaseline::decode(finished); baseline.ok()) must_be_bounded(**baseline);
  if (data[0] % 8 != 0) return 0;  // what follows is slow

  std::vector<std::byte> sums(BaselineBuilder::kEncodedSize);
  learned.encode(sums);
  edit(sums, data, size);
  if (auto builder = BaselineBuilder::decode(sums); builder.ok())
    if (const auto baseline = builder->finish(); baseline.ok()) must_be_bounded(**baseline);
  return 0;
}
