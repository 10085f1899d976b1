// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"

namespace torpor {

// The contract's mJ per hour as a token bucket: filled at that rate, holding at most what
// one cycle may take, emptied by what was spent. So no hour costs more than mj_per_hour
// and one cycle's allowance, whatever the meter says about any single cycle. An overrun
// leaves a debt, and until that is paid no cycle is begun. Pure; one thread.
class EnergyBudget {
 public:
  // Full: what a robot that was never started may spend.
  EnergyBudget(const PowerTerms& terms, BootTime now);

  void refill(BootTime now);
  // A whole cycle can be paid for now.
  bool pays_for_a_cycle() const { return balance_mj_ >= cycle_mj_; }
  void charge(double mj);  // below 0 or not a number: a whole cycle's allowance, failing closed
  double balance_mj() const { return balance_mj_; }

  // Survives a restart: balance and when it was, by boottime and boot id. Within one boot
  // the time that passed fills the bucket; after a new boot it does not (nobody knows what
  // was drawn). What is damaged or of a longer future leaves the bucket empty: error
  // budget_damaged, which the caller reports and goes on.
  static constexpr std::size_t kEncodedSize = 80;
  Result<Bytes> encode(const FixedString<36>& boot_id, MutableBytes out) const;
  Status restore(Bytes stored, const FixedString<36>& boot_id, BootTime now);

 private:
  double mj_per_second_;
  double cycle_mj_;
  double balance_mj_;
  BootTime filled_at_;
};

}  // namespace torpor
