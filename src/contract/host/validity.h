// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "contract/contract.h"

// Time, judged by the detector and the host-side sampler; a microcontroller does not.
//
// Any wall clock may be wrong, also one that a time service keeps: the service may be. So a
// contract is refused for time only on what is known now: a synchronised clock, or where there
// is none a bound of the present that readings agreed on for hours ("trusted time").
namespace torpor {

// What the synchronised readings of this process agree the time is. One reading proves nothing:
// a time server that is 92 days ahead for an afternoon must not expire a good contract for a
// quarter of a year. Pure; one thread.
class AgreedTime {
 public:
  // Once a cycle. The time, in seconds since 1970, once wall time has kept step with boottime
  // over kSpan and kReadings synchronised readings, and from then on with each of them; nothing
  // before, and after a jump nothing for as long again. Readings without synchronisation are
  // left out.
  [[nodiscard]] std::optional<std::int64_t> observe(const TimeStamp& now);

  static constexpr Duration kSpan = std::chrono::hours(6);
  static constexpr std::uint32_t kReadings = 12;
  // Further off in all that time than any oscillator drifts, nearer than any use of a contract.
  static constexpr Duration kTolerance = std::chrono::minutes(1);

 private:
  std::uint32_t readings_ = 0;  // that agree; 0: none yet
  BootTime since_{};            // the first of them
  Duration offset_{};           // wall minus boottime, at the first of them
};

// Trusted time from here on; the caller keeps it (RollbackStore::keep_trusted_time). With a
// time agreed on it is that time, also where that is earlier than what was trusted so far: what
// a wrong clock raised, right ones take back. Never before the not-before of the contract in
// force, whose signer lived then.
std::int64_t follow_trusted_time(std::int64_t trusted_s, const Terms& terms,
                                 std::optional<std::int64_t> agreed_s);

// At start. A synchronised clock judges both ends: contract_not_yet_valid, contract_expired.
// Without one trusted time judges the end alone: contract_expired. An unsynchronised clock
// proves nothing and refuses nothing.
Status check_start_time(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s,
                        std::string_view what);

// While running nothing stops for time; this is what the alarm says.
[[nodiscard]] bool certainly_expired(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s);

}  // namespace torpor
