// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/sign.h"

#include "base/assertion.h"
#include "contract/crypto.h"
#include "contract/payload.h"
#include "contract/rules.h"
#include "contract/verify.h"

namespace torpor {
namespace {

Result<std::vector<std::byte>> envelope(Bytes payload, Scope scope, const SigningKey& key) {
  std::byte header_room[kSignedOverhead];
  TORPOR_TRY(const Bytes header, write_protected_header(scope, key.id(), header_room));
  std::vector<std::byte> message_room(payload.size() + kSignedOverhead);
  TORPOR_TRY(const Bytes message,
             write_signed_bytes(header, as_bytes(external_aad(scope)), payload, message_room));
  const auto signature = key.sign(message);
  // Once kSignedOverhead for the header, once for the signature and the heads between.
  std::vector<std::byte> room(payload.size() + 2 * kSignedOverhead);
  TORPOR_TRY(
      const Bytes bundle,
      write_sign1({.protected_header = header, .key_id = {}, .payload = payload, .signature = signature},
                  room));
  room.resize(bundle.size());
  return room;
}

}  // namespace

Result<std::vector<std::byte>> sign_terms(const Terms& terms, const SigningKey& key, std::string_view what) {
  std::byte room[kMaxPayloadBytes];
  TORPOR_TRY(const Bytes payload, encode_payload(terms, room));
  TORPOR_CHECK(check_rules(terms, what));
  TORPOR_TRY(std::vector<std::byte> bundle, envelope(payload, Scope::contract, key));
  TORPOR_TRY(const TrustSet trust, parse_trust(as_bytes(trust_line(key.public_key())), "signing key"));
  // By the code the roles run: what is signed here and refused there would be found on a robot.
  TORPOR_TRY(const Contract contract, verify(bundle, trust, what));
  TORPOR_ASSERT(contract.digest() == sha256(payload), "contract.what_was_signed_is_what_verifies");
  return bundle;
}

Result<std::vector<std::byte>> sign_maintenance(const MaintenanceEvent& event, const SigningKey& key) {
  std::byte room[kMaxMaintenancePayload];
  TORPOR_TRY(const Bytes payload, encode_maintenance(event, room));
  TORPOR_TRY(std::vector<std::byte> message, envelope(payload, Scope::maintenance, key));
  std::string line(trust_line(key.public_key()).view());
  line.insert(line.size() - 1, " " + std::string(name(Scope::maintenance)));
  TORPOR_TRY(const TrustSet trust, parse_trust(as_bytes(line), "signing key"));
  TORPOR_TRY(const SignedMaintenance verified, verify_maintenance(message, trust, "maintenance"));
  TORPOR_ASSERT(verified.event() == event, "contract.what_was_signed_about_an_alarm_is_what_verifies");
  return message;
}

std::vector<std::byte> sign_payload_for_test(Bytes payload, const SigningKey& key, Scope scope) {
  return *envelope(payload, scope, key);
}

}  // namespace torpor
