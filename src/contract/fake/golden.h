// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "contract/fake/example_contract.h"
#include "contract/host/keys.h"

// One bundle per reason to refuse one, made in the same way every time. The committed
// files of src/contract/golden are these bytes; tests hold both against each other, so
// that a change of format cannot pass unnoticed. Test code only.
namespace torpor::golden {

enum class RefusedBy : std::uint8_t {
  verify,     // the bundle alone tells
  admission,  // the device tells: class, clock, counter
};

struct Case {
  Reason reason;
  RefusedBy judge;
  std::vector<std::byte> bundle;
};

// Every refusal of a bundle, in the order of base/reasons.def.
std::vector<Case> cases();
// A bundle that nothing is wrong with.
std::vector<std::byte> good();

// Seeds of 32 equal bytes: trusted, revoked, not in the trust file at all, and trusted for
// maintenance events alone.
SigningKey key(std::uint8_t seed);
inline constexpr std::uint8_t kTrusted = 0x42;
inline constexpr std::uint8_t kRevoked = 0x43;
inline constexpr std::uint8_t kUnknown = 0x44;
inline constexpr std::uint8_t kMaintenance = 0x45;
std::string trust_text();
// A line of trust_line() with these scopes behind it.
std::string with_scope(const FixedString<96>& line, std::string_view scopes);

// What the admission cases are judged by.
inline constexpr std::int64_t kNow = 1'800'000'000;
inline constexpr std::uint64_t kDeviceSequence = 5;

}  // namespace torpor::golden
