// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/fake/own_side.h"

#include "contract/host/sign.h"
#include "contract/verify.h"

namespace torpor {
namespace {

std::uint64_t next_boot_epoch() {
  static std::uint64_t last = 1000;
  return ++last;
}

}  // namespace

SideForTest::SideForTest(LinkRole role, const Terms& terms) {
  SigningKey::Seed seed;
  seed.fill(std::byte{0x42});
  const SigningKey key = SigningKey::from_seed(seed);
  bundle_ = *sign_terms(terms, key, "terms for test");
  const TrustSet trust = *parse_trust(as_bytes(trust_line(key.public_key())), "test key");
  contract_.emplace(*verify(bundle_, trust, "test bundle"));
  own_ = {.role = role,
          .boot_epoch = next_boot_epoch(),
          .contract = &*contract_,
          .refusal = {},
          .bundle = bundle_,
          .speed_permille = 1000,
          .peer_timeout = kPeerTimeout};
}

SideForTest::SideForTest(LinkRole role, const Error& refusal) {
  own_ = {.role = role,
          .boot_epoch = next_boot_epoch(),
          .contract = nullptr,
          .refusal = refusal,
          .bundle = {},
          .speed_permille = 1000,
          .peer_timeout = kPeerTimeout};
}

}  // namespace torpor
