// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/system_tree.h"
#include "contract/contract.h"

// What would keep this machine awake, or us from knowing: everything `torpor doctor` says.
namespace torpor {

enum class Severity : std::uint8_t {
  fine,     // as it should be
  unknown,  // could not be seen; the remedy makes it visible
  warning,  // works, and costs energy or certainty
  serious,  // keeps the machine awake, or the contract from being kept
};
std::string_view name(Severity severity);

struct Finding {
  std::string_view check;  // stable name, for scripts: docs/doctor.md lists them
  Severity severity;
  std::string what;      // in a sentence
  std::string evidence;  // path and content, or what was counted
  std::string remedy;    // empty where all is fine
};

// A bundle of one of the roles, as far as it could be read.
struct BundleSeen {
  std::string path;
  std::optional<Digest> digest;  // of its payload
  std::uint64_t sequence = 0;
  std::string trouble;  // why there is no digest
};

// What is not in the tree of kernel files.
struct DoctorFacts {
  TimeStamp now;
  std::uint64_t capabilities = 0;            // effective, of this process: bit per CAP_..
  std::optional<Terms> terms;                // of the first bundle; none: what the contract asks is not known
  std::vector<BundleSeen> bundles;           // of the roles on this machine
  std::optional<std::string> nvpmodel_conf;  // /etc/nvpmodel.conf
};

// All findings, in the order of docs/doctor.md. Looks and never touches: no device node is
// opened, no attribute written. Whatever the tree answers, there is a finding for it.
std::vector<Finding> examine(SystemTree& tree, const DoctorFacts& facts);

Severity worst(const std::vector<Finding>& findings);
// 0 fine or unknown, 1 warning, 2 serious: what monitoring plug-ins answer.
int exit_code(Severity severity);

}  // namespace torpor
