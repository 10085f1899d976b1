// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/fake/golden.h"
#include "contract/maintenance.h"

// As golden.h, for maintenance events: src/contract/golden/*.maintenance, signed with
// kMaintenance, judged with golden::trust_text(). Test code only.
namespace torpor::golden {

enum class MaintenanceJudge : std::uint8_t {
  verify,  // the message alone tells
  device,  // check_maintenance_device()
  judge,   // the verdict's judge: sensor, alarm, sequence
};

struct MaintenanceCase {
  Reason reason;
  MaintenanceJudge judge;
  std::vector<std::byte> message;
};

// An alarm of sensor "bearing" of "amr-0173", raised in arming epoch 1 by cycle 300, as sound
// event number 5; the last one this device applied was number 4.
MaintenanceEvent sound_event();
inline constexpr std::uint64_t kLastMaintenance = 4;
std::vector<std::byte> good_maintenance();
std::vector<std::byte> maintenance(const MaintenanceEvent& event, std::uint8_t seed = kMaintenance);
// Signed with kMaintenance and verified: the same road as in the field. Traps for an event that
// may not be signed.
SignedMaintenance signed_for_test(const MaintenanceEvent& event);
// Every refusal of a maintenance event.
std::vector<MaintenanceCase> maintenance_cases();

}  // namespace torpor::golden
