// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/files.h"
#include "contract/contract.h"

namespace torpor {

// What a person may state when signing instead of in the file. A value given here takes
// the place of the file's; together they must give every field exactly what it needs.
struct SigningChoices {
  std::optional<std::int64_t> sequence;
  std::optional<std::int64_t> not_before_s;
  std::optional<std::int64_t> expires_s;
};

// "now", "+90d", "+12h", "+30m" (from now), or an offset date-time as in TOML; seconds since
// 1970-01-01 UTC. usage, with `flag` in `where`, for anything else.
Result<std::int64_t> signing_time(std::string_view flag, std::string_view text, std::int64_t now_s);

inline constexpr std::size_t kMaxContractTomlBytes = 65536;

// Terms from TOML text, held against the field table and the rules. No field has a
// default. Errors are those of toml/document.h (unknown, missing, duplicate, wrong type,
// out of range, bad text), each with file, line, field, found and expected, and the rule_*
// reasons of contract/rules.h with the file and the line of the field at fault.
Result<Terms> terms_from_toml(std::string_view text, std::string_view file, const SigningChoices& choices);
Result<Terms> load_terms(Files& files, const std::string& path, const SigningChoices& choices);

}  // namespace torpor
