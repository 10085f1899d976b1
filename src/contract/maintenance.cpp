// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/maintenance.h"

#include "base/assertion.h"
#include "base/cbor.h"
#include "contract/verify.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen

class MaintenanceMaker {
 public:
  static SignedMaintenance make(const MaintenanceEvent& event, const KeyId& key_id) {
    SignedMaintenance out;
    out.event_ = event;
    out.key_id_ = key_id;
    return out;
  }
};

namespace {

constexpr std::uint64_t kSchema = 1;

constexpr std::string_view kWorks[] = {
#define TORPOR_WORK(word) #word,
#include "contract/words.def"
};
constexpr std::size_t kWorkCount = std::size(kWorks);

// Keys of the payload map, in this order; all present.
enum Member : std::uint64_t { kSchemaKey = 1, kDevice, kSensor, kAlarm, kWork, kSequence, kTime };
constexpr std::size_t kMembers = kTime;

Error malformed(std::string_view member, std::string_view found) {
  Error error{.reason = Reason::maintenance_malformed};
  error.where << "maintenance: " << member;
  error.found << found;
  return error;
}

Status check_event(const MaintenanceEvent& e) {
  if (e.device.empty()) return malformed("device"sv, "nothing"sv);
  if (e.sensor.empty()) return malformed("sensor"sv, "nothing"sv);
  if (e.first_crossing_cycle == 0) return malformed("alarm"sv, "cycle 0"sv);
  if (static_cast<std::size_t>(e.work) >= kWorkCount) return malformed("work"sv, "an unknown word"sv);
  if (e.sequence == 0 || e.sequence > kMaxMaintenanceSequence) {
    Error error = malformed("sequence"sv, ""sv);
    error.found << e.sequence;
    error.expected << "1 to " << kMaxMaintenanceSequence;
    return error;
  }
  if (e.time_s < 0) return malformed("time"sv, "a time before 1970"sv);
  return {};
}

template <std::size_t N>
Status take_text(cbor::Reader& in, FixedString<N>& out) {
  TORPOR_TRY(const std::string_view text, in.text());
  if (text.size() > out.capacity()) return malformed("text"sv, "too many bytes"sv);
  out = text;
  return {};
}

Status take_alarm(cbor::Reader& in, MaintenanceEvent& event) {
  TORPOR_TRY(const std::size_t items, in.array());
  if (items != 2) return malformed("alarm"sv, "another number of items"sv);
  TORPOR_TRY(event.arming_epoch, in.uint());
  TORPOR_TRY(event.first_crossing_cycle, in.uint());
  return {};
}

Status take_member(std::uint64_t key, cbor::Reader& in, MaintenanceEvent& event) {
  switch (key) {
    case kSchemaKey: {
      TORPOR_TRY(const std::uint64_t schema, in.uint());
      if (schema != kSchema) return malformed("schema"sv, "another one"sv);
      return {};
    }
    case kDevice:
      return take_text(in, event.device);
    case kSensor:
      return take_text(in, event.sensor);
    case kAlarm:
      return take_alarm(in, event);
    case kWork: {
      TORPOR_TRY(const std::uint64_t work, in.uint());
      if (work >= kWorkCount) return malformed("work"sv, "an unknown number"sv);
      event.work = static_cast<Work>(work);
      return {};
    }
    case kSequence: {
      TORPOR_TRY(event.sequence, in.uint());
      return {};
    }
    case kTime: {
      TORPOR_TRY(event.time_s, in.integer());
      return {};
    }
    default:
      return malformed("member"sv, "an unknown key"sv);
  }
}

Result<MaintenanceEvent> decode(Bytes payload) {
  cbor::Reader in(payload, "maintenance"sv);
  MaintenanceEvent event;
  TORPOR_TRY(const std::size_t pairs, in.map());
  if (pairs != kMembers) return malformed("member"sv, "another number of them"sv);
  for (std::uint64_t key = 1; key <= kMembers; ++key) {
    TORPOR_TRY(const std::uint64_t found, in.uint());
    if (found != key) return malformed("member"sv, "another key"sv);
    TORPOR_CHECK(take_member(key, in, event));
  }
  TORPOR_CHECK(in.finish());
  return event;
}

}  // namespace

std::string_view name(Work work) {
  const auto index = static_cast<std::size_t>(work);
  TORPOR_ASSERT(index < kWorkCount, "contract.work_is_one_of_the_list");
  return kWorks[index];
}

bool find_work(std::string_view word, Work& work) {
  for (std::size_t i = 0; i < kWorkCount; ++i) {
    if (kWorks[i] != word) continue;
    work = static_cast<Work>(i);
    return true;
  }
  return false;
}

Result<Bytes> encode_maintenance(const MaintenanceEvent& event, MutableBytes out) {
  TORPOR_CHECK(check_event(event));
  cbor::Writer writer(out);
  writer.map(kMembers);
  writer.uint(kSchemaKey), writer.uint(kSchema);
  writer.uint(kDevice), writer.text(event.device);
  writer.uint(kSensor), writer.text(event.sensor);
  writer.uint(kAlarm), writer.array(2), writer.uint(event.arming_epoch);
  writer.uint(event.first_crossing_cycle);
  writer.uint(kWork), writer.uint(static_cast<std::uint64_t>(event.work));
  writer.uint(kSequence), writer.uint(event.sequence);
  writer.uint(kTime), writer.integer(event.time_s);
  return writer.finish();
}

Result<SignedMaintenance> verify_maintenance(Bytes message, const TrustSet& trust, std::string_view what) {
  TORPOR_TRY(const Sign1 parts, verify_envelope(message, Scope::maintenance, trust, what));
  const auto event = decode(parts.payload);
  // One payload for one event, whatever a signer's encoder thinks: encoded again and compared.
  std::byte room[kMaxMaintenancePayload];
  Error error = event ? malformed("payload"sv, "another encoding"sv) : event.error();
  if (event) {
    const auto again = encode_maintenance(*event, room);
    if (again && equal(*again, parts.payload)) {
      TORPOR_ASSERT(event->first_crossing_cycle != 0 && event->sequence != 0,
                    "contract.a_verified_event_names_its_alarm");
      return MaintenanceMaker::make(*event, parts.key_id);
    }
    if (!again) error = again.error();
  }
  // The reader's own words for cut-off or crooked bytes: here they are all one refusal.
  error.reason = Reason::maintenance_malformed;
  FixedString<160> where;
  where << what << ": " << error.where;
  error.where = where;
  return error;
}

Status check_maintenance_device(const MaintenanceEvent& event, std::string_view device,
                                std::string_view what) {
  if (event.device.view() == device) return {};
  Error error{.reason = Reason::maintenance_other_device};
  error.where << what << ": device";
  error.found << event.device;
  error.expected << device << ", this device";
  return error;
}

}  // namespace torpor
