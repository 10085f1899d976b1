// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"

namespace torpor {

// What a full bucket of such a contract holds, in mJ.
double full_bucket_mj(std::uint32_t mj_per_hour, std::uint32_t active_mj_per_cycle,
                      std::uint32_t interval_tolerance_ms);

// The contract's mJ per hour as a token bucket: filled at that rate, emptied by what was
// spent, and holding what one cycle may take (plus what flows in within the interval
// tolerance, or a cycle that wakes a moment early would find its bucket a drop short). A
// cycle begins only when its whole allowance is there; an overrun leaves a debt, and until
// that is paid no cycle begins. So no hour costs more than
//   mj_per_hour + one full bucket                       while cycles keep their allowance
//   mj_per_hour + one full bucket + the last overrun    otherwise:
// no bucket can foresee what the cycle it lets through will really take. Pure; one thread.
class EnergyBudget {
 public:
  // Full: what a robot that was never started may spend.
  EnergyBudget(const Terms& terms, BootTime now);

  // Lets in what the time since the last call brings. Charge first what that time cost:
  // refilled first, a full bucket has no room for the inflow that pays for it.
  void refill(BootTime now);
  // A whole cycle can be paid for now.
  [[nodiscard]] bool pays_for_a_cycle() const { return balance_mj_ >= cycle_mj_; }
  // Takes the allowance out before the cycle begins, so that the bucket, no longer full, goes
  // on filling while the cycle works; settle() puts right what it really took.
  // Only where pays_for_a_cycle().
  void reserve();
  void settle(double mj);
  // Anything else that was spent. Here and above a cost below 0 or not a number is a whole
  // cycle's allowance, failing closed.
  void charge(double mj);
  double balance_mj() const { return balance_mj_; }
  double cycle_mj() const { return cycle_mj_; }
  double full_mj() const { return full_mj_; }

  // Survives a restart: balance and when it was, by boottime and boot id, and when the next
  // cycle begins whose cost is not in it (kNoCycle: this process begins none). Within one boot
  // the time that passed fills the bucket. Where that cycle could begin before `now`, a process
  // died in it and nobody counted what it took: it is charged the allowance, or, before a window
  // could even be sampled, as much of it as of the sampling had passed; that is the most it can
  // have been, for until then a cycle does nothing but sample. A process that died asleep, or
  // before a cycle began, has taken nothing that is not in the balance. After a new boot a debt
  // stays as it was (nobody knows what was drawn in between) and a bucket without debt is full: a
  // computer takes longer to boot than a cycle's share of the hour, and a reboot is no reason to
  // miss a look. Damaged, or from later in this boot than now: the bucket is left empty and the
  // error is budget_damaged, which the caller reports and goes on.
  static constexpr std::size_t kEncodedSize = 76;
  static constexpr BootTime kNoCycle = BootTime::max();
  Bytes encode(const FixedString<36>& boot_id, BootTime next_cycle,
               std::span<std::byte, kEncodedSize> out) const;
  Status restore(Bytes stored, const FixedString<36>& boot_id, BootTime now);

 private:
  [[nodiscard]] bool sound() const;
  double uncounted_mj(Duration since_it_began) const;

  double mj_per_second_;
  Duration sample_;
  double cycle_mj_;
  double full_mj_;
  double balance_mj_;
  BootTime filled_at_;
};

}  // namespace torpor
