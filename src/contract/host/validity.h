// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "contract/contract.h"

// Time, judged by the detector and the host-side sampler; a microcontroller does not.
//
// A wall clock may be wrong, so a contract is refused for time only on evidence:
// a clock that a time service keeps, or a lower bound of the present that was earned
// earlier ("trusted time").
namespace torpor {

// A lower bound of the present, kept across restarts (contract/host/rollback.h). It only
// grows, from two sources: the not-before of a bundle that was verified (its signer lived
// then), and readings of a synchronised clock at most kMaxTrustedStepS ahead of it, so
// that one wrong time server cannot expire every contract for good.
inline constexpr std::int64_t kMaxTrustedStepS = std::int64_t{400} * 24 * 3600;
std::int64_t raise_trusted_time(std::int64_t trusted_s, const Terms& terms, const TimeStamp& now);

// At start. contract_not_yet_valid: a synchronised clock reads less than not-before.
// contract_expired: certainly expired, by a synchronised clock or by trusted time. An
// unsynchronised clock proves nothing and refuses nothing.
Status check_start_time(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s,
                        std::string_view what);

// While running nothing stops for time; this is what the alarm says.
[[nodiscard]] bool certainly_expired(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s);

}  // namespace torpor
