// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/trust.h"

// A signed maintenance event: somebody who was given a key for it says what was done about one
// alarm of one sensor of one device. It alone clears a latched alarm, and only the one it
// names. The envelope is that of contract/sign1.h with scope maintenance; docs/bundle.md has
// the payload. Freestanding; no heap, no clock, no file.
namespace torpor {

// What was done: contract/words.def.
enum class Work : std::uint8_t {
#define TORPOR_WORK(word) word,
#include "contract/words.def"
};
std::string_view name(Work work);
// Of that word; false: there is none.
[[nodiscard]] bool find_work(std::string_view word, Work& work);

struct MaintenanceEvent {
  FixedString<64> device;  // site.toml's device id
  FixedString<32> sensor;  // the contract's id of it
  // The alarm's id, as reports and `torpor baseline show` give it: how often the baseline had
  // been armed when it was raised, and the cycle that raised it (1 or more).
  std::uint64_t arming_epoch = 0;
  std::uint64_t first_crossing_cycle = 0;
  Work work = Work::inspected;
  // Rises with each event for a sensor; 1 to kMaxMaintenanceSequence. A device never goes back.
  std::uint64_t sequence = 0;
  std::int64_t time_s = 0;  // when it was signed: wall time of the signer, UTC; told, not judged

  bool operator==(const MaintenanceEvent&) const = default;
};
inline constexpr std::uint64_t kMaxMaintenanceSequence = 9'007'199'254'740'991;  // as of contracts
inline constexpr std::size_t kMaxMaintenancePayload = 192;

// An event that a key of this device's trust file signed. Only verify_maintenance() makes one.
class SignedMaintenance {
 public:
  const MaintenanceEvent& event() const { return event_; }
  const KeyId& key_id() const { return key_id_; }

 private:
  friend class MaintenanceMaker;  // contract/maintenance.cpp
  SignedMaintenance() = default;
  MaintenanceEvent event_;
  KeyId key_id_{};
};

// The payload, into memory of the caller. maintenance_malformed, naming the member, for an
// event that may not be signed: an empty device or sensor, no cycle, no sequence, a time
// before 1970.
Result<Bytes> encode_maintenance(const MaintenanceEvent& event, MutableBytes out);

// Envelope, key, scope and signature as verify_envelope() judges them, and only then the
// payload: maintenance_malformed unless it is, byte for byte, what encode_maintenance() makes
// of the event. `what` names the file in errors. Whether the event is for this device, its
// sensor and an alarm that is latched is judged by check_maintenance_device() and the
// verdict's judge (verdict/judge.h).
Result<SignedMaintenance> verify_maintenance(Bytes message, const TrustSet& trust, std::string_view what);

// maintenance_other_device unless the event names this device.
Status check_maintenance_device(const MaintenanceEvent& event, std::string_view device,
                                std::string_view what);

}  // namespace torpor
