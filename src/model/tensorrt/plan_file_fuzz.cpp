// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <vector>

#include "model/tensorrt/plan_file.h"

// A plan file as an attacker would write it, sealed with the right checksum where the first
// byte says so. What is taken gives the same bytes again.
using namespace torpor;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto* begin = reinterpret_cast<const std::byte*>(data + 1);
  std::vector<std::byte> bytes(begin, begin + size - 1);
  if (data[0] % 2 == 0 && bytes.size() >= kPlanHeaderBytes)
    store_le<std::uint32_t>(bytes.data() + 8, crc32c(Bytes(bytes).subspan(12)));
  const auto file = parse_plan_file(bytes, "fuzz");
  if (!file) {
    if (file.error().reason != Reason::plan_refused) __builtin_trap();
    return 0;
  }
  if (encode_plan_file(file->facts, file->plan) != bytes) __builtin_trap();
  return 0;
}
