// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Any text as a contract in TOML: refused with a reason and a place, or terms that can be
// signed. Seeds: examples.
#include "contract/host/contract_toml.h"
#include "contract/payload.h"
#include "contract/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto terms = terms_from_toml(text, "fuzz.toml", {});
  if (!terms) {
    if (terms.error().where.empty()) __builtin_trap();
    return 0;
  }
  std::byte room[kMaxPayloadBytes];
  if (!check_rules(*terms, "fuzz") || !encode_payload(*terms, room)) __builtin_trap();
  return 0;
}
