// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/fake/golden_maintenance.h"

#include <functional>

#include "contract/host/sign.h"

namespace torpor::golden {
namespace {

using Raw = std::vector<std::byte>;

Raw payload_of(const MaintenanceEvent& event) {
  std::byte room[kMaxMaintenancePayload];
  const auto payload = encode_maintenance(event, room);
  if (!payload) __builtin_trap();
  return {payload->begin(), payload->end()};
}

Raw with(const std::function<void(MaintenanceEvent&)>& change) {
  MaintenanceEvent event = sound_event();
  change(event);
  return maintenance(event);
}

}  // namespace

MaintenanceEvent sound_event() {
  MaintenanceEvent event;
  event.device = "amr-0173";
  event.sensor = terms_for_test().sensor_list[0].id;
  event.arming_epoch = 1;
  event.first_crossing_cycle = 300;
  event.work = Work::repaired;
  event.sequence = kLastMaintenance + 1;
  event.time_s = kNow;
  return event;
}

std::vector<std::byte> maintenance(const MaintenanceEvent& event, std::uint8_t seed) {
  return sign_payload_for_test(payload_of(event), key(seed), Scope::maintenance);
}

std::vector<std::byte> good_maintenance() { return maintenance(sound_event()); }

SignedMaintenance signed_for_test(const MaintenanceEvent& event) {
  const auto trust = parse_trust(as_bytes(trust_text()), "trust");
  const auto verified = verify_maintenance(maintenance(event), *trust, "test");
  if (!verified) __builtin_trap();
  return *verified;
}

std::vector<MaintenanceCase> maintenance_cases() {
  using enum MaintenanceJudge;
  constexpr std::size_t kSignatureItem = 2 + kSignatureBytes;
  Raw unsigned_message = good_maintenance();
  unsigned_message.erase(unsigned_message.end() - kSignatureItem, unsigned_message.end());
  unsigned_message.push_back(std::byte{0x40});  // an empty byte string in its place
  Raw altered = good_maintenance();
  altered[altered.size() - kSignatureItem - 1] ^= std::byte{1};
  Raw other_schema = payload_of(sound_event());
  other_schema[2] = std::byte{2};
  return {
      {Reason::bundle_content_type, verify, good()},
      {Reason::bundle_no_signature, verify, unsigned_message},
      {Reason::bundle_signature, verify, altered},
      {Reason::bundle_key_unknown, verify, maintenance(sound_event(), kUnknown)},
      {Reason::bundle_key_revoked, verify, maintenance(sound_event(), kRevoked)},
      {Reason::bundle_key_scope, verify, maintenance(sound_event(), kTrusted)},
      {Reason::maintenance_malformed, verify,
       sign_payload_for_test(other_schema, key(kMaintenance), Scope::maintenance)},
      {Reason::maintenance_other_device, device, with([](auto& e) { e.device = "amr-0174"; })},
      {Reason::maintenance_other_sensor, judge, with([](auto& e) { e.sensor = "gearbox"; })},
      {Reason::maintenance_no_such_alarm, judge, with([](auto& e) { e.first_crossing_cycle = 299; })},
      {Reason::maintenance_applied, judge, with([](auto& e) { e.sequence = kLastMaintenance; })},
      {Reason::maintenance_rolled_back, judge, with([](auto& e) { e.sequence = kLastMaintenance - 1; })},
  };
}

}  // namespace torpor::golden
