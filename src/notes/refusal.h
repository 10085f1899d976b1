// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/files.h"

// What a role that refuses to run leaves behind, for people (STATE/refusal.json) and for
// node_exporter's textfile collector (STATE/refusal.prom).
namespace torpor {

// One side's bundle as far as it is known.
struct BundleFacts {
  Digest digest{};
  std::uint64_t sequence = 0;
};

struct Refusal {
  std::string_view role;  // "detector" or "sampler"
  std::string_view device;
  Error error;
  std::optional<BundleFacts> own;
  std::optional<BundleFacts> peer;
  std::string_view differing;  // names of the contract fields that differ, comma separated; may be empty
  TimeStamp at;
};

// Both files, each whole or as before. state_dir exists. Errors: of Files; when the first
// file fails the second is still tried, and the first error is returned.
Status write_refusal(Files& files, const std::string& state_dir, const Refusal& refusal);

// After an agreement: both files go. Nothing to remove is no error.
Status clear_refusal(Files& files, const std::string& state_dir);

// The contents of the two files.
std::string refusal_json(const Refusal& refusal);
std::string refusal_prom(const Refusal& refusal);

// A label value for Prometheus' text format: backslash, quote and newline escaped, bytes
// that are not UTF-8 replaced.
std::string prom_label(std::string_view value);

}  // namespace torpor
