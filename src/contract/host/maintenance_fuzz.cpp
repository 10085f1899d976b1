// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Any bytes as a maintenance event, and as its payload under a good signature: refused with a
// reason or understood, and then made again of the same bytes. Seeds: src/contract/golden.
#include "contract/fake/golden_maintenance.h"
#include "contract/host/sign.h"
#include "contract/payload.h"
#include "contract/verify.h"

namespace {

using namespace torpor;

const TrustSet& trust() {
  static const TrustSet set = *parse_trust(as_bytes(golden::trust_text()), "trust");
  return set;
}

void must_come_back(Bytes message) {
  const auto verified = verify_maintenance(message, trust(), "fuzz");
  if (!verified) return;
  const auto envelope = parse_sign1(message, Scope::maintenance, "fuzz");
  std::byte room[kMaxMaintenancePayload];
  const auto again = encode_maintenance(verified->event(), room);
  if (!envelope || !again || !equal(*again, envelope->payload)) __builtin_trap();
  // What is a maintenance event is nothing else.
  if (verify(message, trust(), "fuzz")) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  static const SigningKey key = golden::key(golden::kMaintenance);
  must_come_back(input);
  if (size <= kMaxPayloadBytes) must_come_back(sign_payload_for_test(input, key, Scope::maintenance));
  return 0;
}
