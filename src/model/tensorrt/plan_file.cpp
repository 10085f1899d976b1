// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/plan_file.h"

#include <algorithm>
#include <cstring>

#include "base/hex.h"

namespace torpor {
namespace {

// The line ends notice a copy in text mode, 0x1a ends a careless print.
constexpr std::string_view kMagic{"TRTP\r\n\x1a\0", 8};
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kAtCrc = 8;
constexpr std::size_t kAtFormat = 12;
constexpr std::size_t kAtTensorRt = 16;
constexpr std::size_t kAtCapability = 20;
constexpr std::size_t kAtBatch = 24;
constexpr std::size_t kAtReserved = 28;
constexpr std::size_t kAtModel = 32;
constexpr std::size_t kAtSize = 64;

template <class Found, class Expected>
Error refused(std::string_view field, const Found& found, const Expected& expected) {
  Error error{.reason = Reason::plan_refused, .where = field};
  error.found << found;
  error.expected << expected;
  return error;
}

Status check_number(std::string_view field, std::uint32_t found, std::uint32_t wanted) {
  if (found == wanted) return {};
  return refused(field, found, wanted);
}

}  // namespace

std::vector<std::byte> encode_plan_file(const PlanFacts& facts, Bytes plan) {
  std::vector<std::byte> file(kPlanHeaderBytes + plan.size());
  std::memcpy(file.data(), kMagic.data(), kMagic.size());
  store_le<std::uint32_t>(file.data() + kAtFormat, kFormat);
  store_le<std::uint32_t>(file.data() + kAtTensorRt, facts.tensorrt);
  store_le<std::uint32_t>(file.data() + kAtCapability, facts.capability);
  store_le<std::uint32_t>(file.data() + kAtBatch, facts.max_batch);
  std::memcpy(file.data() + kAtModel, facts.model.data(), facts.model.size());
  store_le<std::uint64_t>(file.data() + kAtSize, plan.size());
  std::copy(plan.begin(), plan.end(), file.begin() + kPlanHeaderBytes);
  // Last, over all behind it.
  store_le<std::uint32_t>(file.data() + kAtCrc, crc32c(Bytes(file).subspan(kAtFormat)));
  return file;
}

Result<PlanFile> parse_plan_file(Bytes bytes, std::string_view where) {
  const auto fail = [&](std::string_view field) {
    Error error{.reason = Reason::plan_refused, .where = where};
    error.where << ": " << field;
    return error;
  };
  // Size before anything is read at an offset.
  if (bytes.size() < kPlanHeaderBytes || bytes.size() > kPlanHeaderBytes + kMaxPlanBytes) return fail("size");
  if (!equal(bytes.first(kMagic.size()), as_bytes(kMagic))) return fail("magic");
  const auto u32 = [&](std::size_t at) { return load_le<std::uint32_t>(bytes.data() + at); };
  if (u32(kAtFormat) != kFormat) return fail("format");
  if (u32(kAtReserved) != 0) return fail("reserved");
  // Exactly: neither cut nor with something behind it.
  if (load_le<std::uint64_t>(bytes.data() + kAtSize) != bytes.size() - kPlanHeaderBytes)
    return fail("plan size");
  if (u32(kAtCrc) != crc32c(bytes.subspan(kAtFormat))) return fail("CRC-32C");
  PlanFile file{
      .facts = {.tensorrt = u32(kAtTensorRt), .capability = u32(kAtCapability), .max_batch = u32(kAtBatch)},
      .plan = bytes.subspan(kPlanHeaderBytes)};
  std::memcpy(file.facts.model.data(), bytes.data() + kAtModel, file.facts.model.size());
  return file;
}

Status check_model(const PlanFacts& found, const PlanFacts& wanted) {
  // The model first: with another one the rest does not matter.
  if (found.model != wanted.model) return refused("plan: model digest", hex(found.model), hex(wanted.model));
  TORPOR_CHECK(check_number("plan: TensorRT version", found.tensorrt, wanted.tensorrt));
  // A plan for more sets runs with fewer; the other way round the engine refuses at run time.
  if (found.max_batch >= wanted.max_batch) return {};
  return refused("plan: token sets", found.max_batch, wanted.max_batch);
}

Status check_device(const PlanFacts& found, std::uint32_t capability) {
  return check_number("plan: compute capability", found.capability, capability);
}

}  // namespace torpor
