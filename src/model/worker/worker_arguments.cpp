// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_arguments.h"

#include <charconv>

#include "base/hex.h"
#include "model/worker/worker_protocol.h"

namespace torpor {
namespace {

constexpr std::string_view kPolicies[] = {"exit", "context", "keep"};

// One order for both directions, so that writer and reader cannot differ.
enum Argument : std::size_t { kBackend, kResidency, kModel, kDigest, kFeatures, kBatch, kParent, kArguments };
constexpr std::string_view kNames[kArguments] = {"--backend",  "--residency", "--model", "--digest",
                                                 "--features", "--batch",     "--parent"};

Error wrong(std::string_view where, std::string_view found, std::string_view expected) {
  return {.reason = Reason::usage, .where = where, .found = found, .expected = expected};
}

Status read_number(std::string_view name, std::string_view text, std::uint32_t max, std::uint32_t& out) {
  // 1 at least, and nothing behind the digits: 0 sets, no version or no parent is a broken call.
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed == std::errc() && end == text.data() + text.size() && out >= 1 && out <= max) return {};
  Error error = wrong(name, text, "");
  error.expected << "1 to " << max;
  return error;
}

// Capitals are refused: one spelling of a digest, as everywhere.
Status read_digest(std::string_view text, Digest& out) {
  if (parse_hex(text, out)) return {};
  return wrong(kNames[kDigest], text, "64 lower case hexadecimal digits");
}

}  // namespace

std::vector<std::string> command_line(const std::string& program, const WorkerArguments& arguments) {
  const std::string values[kArguments] = {arguments.backend,
                                          std::string(kPolicies[static_cast<std::size_t>(arguments.policy)]),
                                          arguments.model,
                                          std::string(hex(arguments.digest)),
                                          std::to_string(arguments.feature_version),
                                          std::to_string(arguments.max_batch),
                                          std::to_string(arguments.parent)};
  std::vector<std::string> line{program};
  for (std::size_t i = 0; i < kArguments; ++i) {
    line.emplace_back(kNames[i]);
    line.push_back(values[i]);
  }
  return line;
}

Result<WorkerArguments> parse_worker_arguments(std::span<const char* const> arguments) {
  std::string_view values[kArguments];
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    std::size_t which = 0;
    while (which < kArguments && kNames[which] != name) ++which;
    if (which == kArguments) return wrong(name, "", "an argument of torpor-infer");
    // An empty value counts as none, which is refused below.
    if (i + 1 == arguments.size() || !values[which].empty()) return wrong(name, "", "one value");
    values[which] = arguments[i + 1];
  }
  for (std::size_t i = 0; i < kArguments; ++i)
    if (values[i].empty()) return wrong(kNames[i], "nothing", "a value");

  WorkerArguments read;
  read.backend = values[kBackend];
  read.model = values[kModel];
  std::size_t policy = 0;
  while (policy < std::size(kPolicies) && kPolicies[policy] != values[kResidency]) ++policy;
  if (policy == std::size(kPolicies))
    return wrong(kNames[kResidency], values[kResidency], "exit, context or keep");
  read.policy = static_cast<WorkerPolicy>(policy);
  TORPOR_CHECK(read_digest(values[kDigest], read.digest));
  TORPOR_CHECK(read_number(kNames[kFeatures], values[kFeatures], UINT32_MAX, read.feature_version));
  TORPOR_CHECK(read_number(kNames[kBatch], values[kBatch], kMaxWorkerBatch, read.max_batch));
  // A process id fits 31 bits.
  std::uint32_t parent = 0;
  TORPOR_CHECK(read_number(kNames[kParent], values[kParent], INT32_MAX, parent));
  read.parent = static_cast<int>(parent);
  return read;
}

}  // namespace torpor
