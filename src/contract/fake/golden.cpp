// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <functional>
#include <initializer_list>

#include "base/cbor.h"
#include "base/hex.h"
#include "contract/fake/golden.h"
#include "contract/host/sign.h"
#include "contract/payload.h"
#include "contract/trust.h"
#include "contract/verify.h"

namespace torpor::golden {
namespace {

using Raw = std::vector<std::byte>;

Raw raw(std::initializer_list<int> values) {
  Raw out;
  for (int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

Raw joined(std::initializer_list<Raw> parts) {
  Raw out;
  for (const Raw& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Raw text_item(std::string_view text) {
  Raw out(text.size() + 9);
  cbor::Writer writer(out);
  writer.text(text);
  out.resize(writer.size());
  return out;
}

Raw bytes_item(Bytes bytes) {
  Raw out(bytes.size() + 9);
  cbor::Writer writer(out);
  writer.bytes(bytes);
  out.resize(writer.size());
  return out;
}

Raw payload_of(const Terms& terms) {
  std::byte room[kMaxPayloadBytes];
  const auto payload = encode_payload(terms, room);
  if (!payload) __builtin_trap();
  return {payload->begin(), payload->end()};
}

Raw sound_payload() { return payload_of(terms_for_test()); }

// The one place where `old` stands, replaced.
Raw with(Raw in, const Raw& old, const Raw& fresh) {
  const auto at = std::search(in.begin(), in.end(), old.begin(), old.end());
  if (at == in.end() || std::search(at + 1, in.end(), old.begin(), old.end()) != in.end()) __builtin_trap();
  const auto rest = in.erase(at, at + static_cast<std::ptrdiff_t>(old.size()));
  in.insert(rest, fresh.begin(), fresh.end());
  return in;
}

// An envelope with every part open to change.
struct Envelope {
  Raw tag = raw({0xd2});
  Raw head = raw({0x84});
  Raw protected_header;  // without its byte string head
  Raw unprotected = raw({0xa0});
  Raw payload;
  bool payload_is_null = false;
  Raw signature;
  bool signature_item = true;
  Raw after;

  Raw bytes() const {
    Raw out = joined({tag, head, bytes_item(protected_header), unprotected,
                      payload_is_null ? raw({0xf6}) : bytes_item(payload)});
    if (signature_item) out = joined({out, bytes_item(signature)});
    return joined({out, after});
  }
};

const KeyId& id_of(std::uint8_t seed) {
  static KeyId id;
  id = key(seed).id();
  return id;
}

Raw algorithm_entry() { return raw({0x01, 0x27}); }
Raw content_type_entry() { return joined({raw({0x03}), text_item(content_type(Scope::contract))}); }
Raw key_id_entry(std::uint8_t seed) { return joined({raw({0x04}), bytes_item(id_of(seed))}); }

// Signs what the envelope holds, whatever that is.
Raw sealed(Envelope e, std::uint8_t seed = kTrusted) {
  Raw room(e.protected_header.size() + e.payload.size() + 2 * kSignedOverhead);
  const auto message =
      write_signed_bytes(e.protected_header, as_bytes(external_aad(Scope::contract)), e.payload, room);
  if (!message) __builtin_trap();
  const auto signature = key(seed).sign(*message);
  if (e.signature.empty()) e.signature.assign(signature.begin(), signature.end());
  return e.bytes();
}

Envelope envelope(Raw payload, std::uint8_t seed = kTrusted) {
  Envelope e;
  e.protected_header = joined({raw({0xa3}), algorithm_entry(), content_type_entry(), key_id_entry(seed)});
  e.payload = std::move(payload);
  return e;
}

Raw header(std::initializer_list<Raw> entries) {
  Envelope e = envelope(sound_payload());
  e.protected_header = joined({raw({0xa0 + static_cast<int>(entries.size())}), joined(entries)});
  return sealed(e);
}

// A payload that breaks no bound and one rule.
Raw breaking(const std::function<void(Terms&)>& change) {
  Terms terms = terms_for_test();
  change(terms);
  return sealed(envelope(payload_of(terms)));
}

Raw signature_with_larger_s() {
  Raw bundle = good();
  // S + L signs the same message with the same key for whoever does not look closely.
  constexpr std::uint8_t kOrder[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                     0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                     0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    std::byte& digit = bundle[bundle.size() - 32 + i];
    const unsigned sum = static_cast<unsigned>(digit) + kOrder[i] + carry;
    digit = static_cast<std::byte>(sum & 0xff);
    carry = sum >> 8;
  }
  return bundle;
}

std::vector<Case> envelope_cases() {
  const auto changed = [](const std::function<void(Envelope&)>& change) {
    Envelope e = envelope(sound_payload());
    change(e);
    return sealed(e);
  };
  Raw truncated = good();
  truncated.resize(truncated.size() - 10);
  Raw altered = good();
  altered[altered.size() / 2] ^= std::byte{1};
  return {
      {Reason::bundle_too_large, RefusedBy::verify,
       changed([](Envelope& e) { e.payload.resize(kMaxBundleBytes); })},
      {Reason::bundle_truncated, RefusedBy::verify, truncated},
      {Reason::bundle_not_deterministic, RefusedBy::verify,
       sealed(envelope(with(sound_payload(), raw({0xad, 0x01, 0x01}), raw({0xad, 0x01, 0x18, 0x01}))))},
      {Reason::bundle_trailing, RefusedBy::verify, changed([](Envelope& e) { e.after = raw({0x00}); })},
      {Reason::bundle_not_sign1, RefusedBy::verify, changed([](Envelope& e) { e.tag = {}; })},
      {Reason::bundle_algorithm, RefusedBy::verify,
       header({raw({0x01, 0x26}), content_type_entry(), key_id_entry(kTrusted)})},
      {Reason::bundle_content_type, RefusedBy::verify,
       header({algorithm_entry(), joined({raw({0x03}), text_item(content_type(Scope::maintenance))}),
               key_id_entry(kTrusted)})},
      {Reason::bundle_key_id, RefusedBy::verify, header({algorithm_entry(), content_type_entry()})},
      {Reason::bundle_header, RefusedBy::verify,
       header({algorithm_entry(), raw({0x02, 0x81, 0x01}), content_type_entry(), key_id_entry(kTrusted)})},
      {Reason::bundle_unprotected, RefusedBy::verify, changed([](Envelope& e) {
         e.unprotected = raw({0xa1, 0x04, 0x41, 0x00});
       })},
      {Reason::bundle_no_payload, RefusedBy::verify, changed([](Envelope& e) { e.payload_is_null = true; })},
      {Reason::bundle_no_signature, RefusedBy::verify,
       [] {
         Envelope e = envelope(sound_payload());
         return e.bytes();
       }()},
      {Reason::bundle_signature_size, RefusedBy::verify,
       changed([](Envelope& e) { e.signature = Raw(63, std::byte{7}); })},
      {Reason::bundle_signature, RefusedBy::verify, altered},
      {Reason::signature_malleable, RefusedBy::verify, signature_with_larger_s()},
      {Reason::bundle_key_unknown, RefusedBy::verify, sealed(envelope(sound_payload(), kUnknown), kUnknown)},
      {Reason::bundle_key_revoked, RefusedBy::verify, sealed(envelope(sound_payload(), kRevoked), kRevoked)},
      {Reason::bundle_key_scope, RefusedBy::verify,
       sealed(envelope(sound_payload(), kMaintenance), kMaintenance)},
  };
}

std::vector<Case> field_cases() {
  const Raw sound = sound_payload();
  const auto surgery = [&](const Raw& old, const Raw& fresh) {
    return sealed(envelope(with(sound, old, fresh)));
  };
  const Raw schema = raw({0xad, 0x01, 0x01, 0x02});
  Raw more = with(sound, schema, raw({0xae, 0x01, 0x01, 0x02}));
  more = joined({more, raw({0x0e, 0x00})});
  // Telemetry, the last map, is left out.
  Raw less = with(sound, schema, raw({0xac, 0x01, 0x01, 0x02}));
  const Raw telemetry = raw({0x0d, 0xa3, 0x01, 0x19, 0xea, 0x60});
  less.erase(std::search(less.begin(), less.end(), telemetry.begin(), telemetry.end()), less.end());
  return {
      {Reason::contract_schema_unsupported, RefusedBy::verify,
       surgery(schema, raw({0xad, 0x01, 0x02, 0x02}))},
      {Reason::contract_unknown_field, RefusedBy::verify, sealed(envelope(more))},
      {Reason::contract_missing_field, RefusedBy::verify, sealed(envelope(less))},
      {Reason::contract_duplicate_field, RefusedBy::verify,
       surgery(schema, raw({0xae, 0x01, 0x01, 0x01, 0x01, 0x02}))},
      {Reason::contract_wrong_type, RefusedBy::verify, surgery(schema, raw({0xad, 0x01, 0x61, 0x31, 0x02}))},
      // 100 ms of sampling where 500 is the least.
      {Reason::contract_out_of_range, RefusedBy::verify,
       surgery(raw({0x07, 0xa3, 0x01, 0x19, 0x13, 0x88}), raw({0x07, 0xa3, 0x01, 0x18, 0x64}))},
      {Reason::contract_bad_text, RefusedBy::verify,
       surgery(text_item("test-contract"), text_item("test contract"))},
  };
}

std::vector<Case> rule_cases() {
  return {
      {Reason::rule_validity, RefusedBy::verify, breaking([](Terms& t) { t.expires_s = t.not_before_s; })},
      {Reason::rule_interval, RefusedBy::verify,
       breaking([](Terms& t) { t.duty.interval_tolerance_ms = 30'000; })},
      {Reason::rule_deadlines, RefusedBy::verify,
       breaking([](Terms& t) { t.power.infer_deadline_ms = t.duty.sleep_ms - t.power.release_deadline_ms; })},
      {Reason::rule_awake_limit, RefusedBy::verify,
       breaking([](Terms& t) { t.power.awake_limit_ms = 7999; })},
      {Reason::rule_queue_bytes, RefusedBy::verify,
       breaking([](Terms& t) { t.queue.bytes = 3 * 96'000 - 1; })},
      {Reason::rule_queue_age, RefusedBy::verify, breaking([](Terms& t) { t.queue.age_ms = 4999; })},
      {Reason::rule_sensor_repeated, RefusedBy::verify, breaking([](Terms& t) {
         t.sensor_count = 2;
         t.sensor_list[1] = t.sensor_list[0];
         t.queue.bytes = 6 * 96'000;
       })},
      {Reason::rule_one_sensor, RefusedBy::verify, breaking([](Terms& t) {
         t.sensor_count = 2;
         t.sensor_list[1] = t.sensor_list[0];
         t.sensor_list[1].id = "gearbox";
         t.queue.bytes = 6 * 96'000;
       })},
      {Reason::rule_noise_floor, RefusedBy::verify,
       breaking([](Terms& t) { t.sensor_list[0].noise_floor_ug = 160'001; })},
      {Reason::rule_bearing, RefusedBy::verify,
       breaking([](Terms& t) { t.sensor_list[0].bearing.pitch_diameter_um = 10'000; })},
      {Reason::rule_hourly_energy, RefusedBy::verify,
       breaking([](Terms& t) { t.power.mj_per_hour = 60 * 20'000 - 1; })},
      {Reason::rule_learning, RefusedBy::verify,
       breaking([](Terms& t) { t.alarm.calibration_cycles = 90 * 1440 - 239; })},
      {Reason::rule_spool_age, RefusedBy::verify, breaking([](Terms& t) {
         t.telemetry.interval_ms = 61'000;
         t.telemetry.spool_age_ms = 60'000;
       })},
      {Reason::rule_spool_bytes, RefusedBy::verify, breaking([](Terms& t) {
         t.telemetry.interval_ms = 86'400'000;
         t.telemetry.spool_bytes = 1440 * 1024 - 1;
       })},
  };
}

std::vector<Case> admission_cases() {
  return {
      {Reason::contract_wrong_target, RefusedBy::admission,
       breaking([](Terms& t) { t.target_class = "other-robot"; })},
      {Reason::contract_not_yet_valid, RefusedBy::admission,
       breaking([](Terms& t) { t.not_before_s = kNow + 1; })},
      {Reason::contract_expired, RefusedBy::admission, breaking([](Terms& t) { t.expires_s = kNow; })},
      {Reason::rollback_lower, RefusedBy::admission,
       breaking([](Terms& t) { t.sequence = kDeviceSequence - 1; })},
      {Reason::rollback_equivocation, RefusedBy::admission, breaking([](Terms& t) {
         t.sequence = kDeviceSequence;
         t.duty.sleep_ms += 40'000;
       })},
      {Reason::rollback_jump, RefusedBy::admission,
       breaking([](Terms& t) { t.sequence = kDeviceSequence + 1001; })},
  };
}

}  // namespace

SigningKey key(std::uint8_t seed) {
  SigningKey::Seed bytes;
  bytes.fill(std::byte{seed});
  return SigningKey::from_seed(bytes);
}

std::string with_scope(const FixedString<96>& line, std::string_view scopes) {
  std::string text(line.view());
  text.insert(text.size() - 1, " " + std::string(scopes));
  return text;
}

std::string trust_text() {
  FixedString<40> revoked("revoked ");
  const KeyId id = key(kRevoked).id();
  revoked << hex(id) << "\n";
  return "# for tests\n" + std::string(trust_line(key(kTrusted).public_key()).view()) +
         std::string(trust_line(key(kRevoked).public_key()).view()) + std::string(revoked.view()) +
         with_scope(trust_line(key(kMaintenance).public_key()), "maintenance");
}

std::vector<std::byte> good() { return sealed(envelope(sound_payload())); }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto part : {envelope_cases(), field_cases(), rule_cases(), admission_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace torpor::golden
