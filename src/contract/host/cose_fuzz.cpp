// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Any bytes as a bundle, as a payload under a good signature, and as a trust file: refused
// with a reason or understood, and then again made of the same bytes.
// Seeds: src/contract/golden.
#include "contract/fake/golden.h"
#include "contract/host/sign.h"
#include "contract/payload.h"
#include "contract/trust.h"
#include "contract/verify.h"

namespace {

using namespace torpor;

const SigningKey& test_key() {
  static const SigningKey key = golden::key(golden::kTrusted);
  return key;
}

const TrustSet& trust() {
  static const TrustSet set = *parse_trust(as_bytes(golden::trust_text()), "trust");
  return set;
}

void must_come_back(const Contract& contract, Bytes payload) {
  std::byte room[kMaxPayloadBytes];
  const auto again = encode_payload(contract.terms(), room);
  if (!again || !equal(*again, payload)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  const auto contract = verify(input, trust(), "fuzz");
  const auto payload = unverified_payload(input, "fuzz");
  if (contract) {
    if (!payload) __builtin_trap();
    must_come_back(*contract, *payload);
  }
  // The payload of a mutated bundle, signed again: past the signature, to the decoder.
  if (payload && payload->size() <= kMaxPayloadBytes) {
    const auto bundle = sign_payload_for_test(*payload, test_key());
    const auto resigned = verify(bundle, trust(), "fuzz");
    if (resigned) must_come_back(*resigned, *payload);
  }
  (void)parse_trust(input, "fuzz");
  return 0;
}
