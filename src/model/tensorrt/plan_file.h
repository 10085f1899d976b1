// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"

// A TensorRT engine plan as torpor keeps it: the bytes TensorRT made, behind a header that
// says for what. An engine opened by another TensorRT, on another GPU or for another model
// fails late, crashes, or answers wrongly; the header is checked before the GPU is woken.
//
// Little-endian, 72 bytes, then the plan:
//   0  "TRTP" CR LF 0x1a 0x00
//   8  CRC-32C of everything behind it
//  12  format, 1
//  16  TensorRT version: major * 10000 + minor * 100 + patch
//  20  compute capability: major * 10 + minor
//  24  most token sets the plan takes
//  28  zero
//  32  SHA-256 of the model file it was made of
//  64  bytes of the plan
namespace torpor {

inline constexpr std::size_t kPlanHeaderBytes = 72;
inline constexpr std::size_t kMaxPlanBytes = 64u << 20;

struct PlanFacts {
  std::uint32_t tensorrt = 0;
  std::uint32_t capability = 0;
  std::uint32_t max_batch = 0;
  Digest model{};
};

struct PlanFile {
  PlanFacts facts;
  Bytes plan;  // into the bytes that were parsed
};

std::vector<std::byte> encode_plan_file(const PlanFacts& facts, Bytes plan);
// plan_refused for anything that is not exactly such a file.
Result<PlanFile> parse_plan_file(Bytes bytes, std::string_view where);

// plan_refused, naming the first that differs: `wanted.max_batch` is the least that suffices.
Status check_model(const PlanFacts& found, const PlanFacts& wanted);  // digest, batch, version
Status check_device(const PlanFacts& found, std::uint32_t capability);

}  // namespace torpor
