// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/energy_budget.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/assertion.h"
#include "power/span_cost.h"

namespace torpor {
namespace {

// docs/energy.md: little endian
//   0 magic  4 version  8 boot id, zeros behind it  44 zero
//   48 balance, uJ  56 boottime of the balance, ns
//   64 boottime of the next cycle, ns  72 CRC-32C of all before
constexpr std::string_view kMagic = "TPEB";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kBootAt = 8;
constexpr std::size_t kBootEnd = 44;
constexpr std::size_t kBalanceAt = 48;
constexpr std::size_t kTimeAt = 56;
constexpr std::size_t kNextAt = 64;
constexpr std::size_t kCrcAt = 72;
// More debt than 100 years of any contract leave.
constexpr double kMaxDebtMj = 1e15;

Error damaged(std::string_view part) {
  Error error{.reason = Reason::budget_damaged};
  error.found << part;
  return error;
}

}  // namespace

// One allowance and the inflow of the interval tolerance: with the allowance alone, a cycle that wakes
// a millisecond early would be slept through although the contract is kept (docs/decisions.md).
double full_bucket_mj(std::uint32_t mj_per_hour, std::uint32_t active_mj_per_cycle,
                      std::uint32_t interval_tolerance_ms) {
  return active_mj_per_cycle + mj_per_hour / 3600.0 * (interval_tolerance_ms / 1000.0);
}

EnergyBudget::EnergyBudget(const Terms& terms, BootTime now)
    : mj_per_second_(terms.power.mj_per_hour / 3600.0),
      sample_(std::chrono::milliseconds(terms.duty.sample_ms)),
      cycle_mj_(terms.power.active_mj_per_cycle),
      full_mj_(full_bucket_mj(terms.power.mj_per_hour, terms.power.active_mj_per_cycle,
                              terms.duty.interval_tolerance_ms)),
      balance_mj_(full_mj_),
      filled_at_(now) {
  TORPOR_ASSERT(pays_for_a_cycle(), "budget.a_full_bucket_pays_for_a_cycle");
}

// What a balance can be; no number is none.
// Both comparisons fail for a NaN, so that it is never sound.
bool EnergyBudget::sound() const { return balance_mj_ <= full_mj_ && balance_mj_ >= -kMaxDebtMj; }

void EnergyBudget::refill(BootTime now) {
  if (now <= filled_at_) return;
  balance_mj_ = std::min(full_mj_, balance_mj_ + mj_per_second_ * elapsed_s(now - filled_at_));
  filled_at_ = now;
  TORPOR_ASSERT(sound(), "budget.a_balance_is_never_above_the_bucket");
}

void EnergyBudget::reserve() {
  TORPOR_ASSERT(pays_for_a_cycle(), "budget.no_cycle_begins_that_cannot_be_paid_for");
  // Taken at the begin, not at the end: a full bucket would lose what flows in while the cycle works.
  balance_mj_ -= cycle_mj_;
}

// Charge before giving the allowance back: with the allowance the bucket may be full again,
// and what flowed in while the cycle worked would be cut off before the cost was taken.
void EnergyBudget::settle(double mj) {
  charge(mj);
  balance_mj_ = std::min(full_mj_, balance_mj_ + cycle_mj_);
}

void EnergyBudget::charge(double mj) {
  const double before = balance_mj_;
  // A cost below 0 or not a number is charged as a whole allowance: a failing meter must not make cycles
  // cheap. The debt has a floor, so that the 64 bits it is stored in hold it.
  balance_mj_ = std::max(-kMaxDebtMj, balance_mj_ - (mj >= 0 ? mj : cycle_mj_));
  TORPOR_ASSERT(balance_mj_ <= before, "budget.a_charge_never_fills");
}

// What a cycle of which nothing is known can have taken by then.
double EnergyBudget::uncounted_mj(Duration since_it_began) const {
  TORPOR_ASSERT(since_it_began >= Duration::zero(), "budget.only_a_cycle_that_began_is_charged");
  return cycle_mj_ * std::min(1.0, elapsed_s(since_it_began) / elapsed_s(sample_));
}

Bytes EnergyBudget::encode(const FixedString<36>& boot_id, BootTime next_cycle,
                           std::span<std::byte, kEncodedSize> out) const {
  TORPOR_ASSERT(sound(), "budget.what_is_written_is_a_balance_a_bucket_can_have");
  TORPOR_ASSERT(next_cycle >= filled_at_, "budget.the_next_cycle_is_not_in_the_balance");
  std::fill(out.begin(), out.end(), std::byte{0});
  std::memcpy(&out[0], kMagic.data(), kMagic.size());
  store_le(&out[kVersionAt], kVersion);
  std::memcpy(&out[kBootAt], boot_id.view().data(), boot_id.size());
  store_le(&out[kBalanceAt], static_cast<std::uint64_t>(std::llround(balance_mj_ * 1000)));
  store_le(&out[kTimeAt], static_cast<std::uint64_t>(to_ns(filled_at_)));
  store_le(&out[kNextAt], static_cast<std::uint64_t>(to_ns(next_cycle)));
  store_le(&out[kCrcAt], crc32c(Bytes(out).first(kCrcAt)));
  return out;
}

Status EnergyBudget::restore(Bytes stored, const FixedString<36>& boot_id, BootTime now) {
  // First of all: whatever is refused below leaves an empty bucket, which fails closed.
  balance_mj_ = 0;
  filled_at_ = now;
  if (stored.size() != kEncodedSize) return damaged("length");
  if (as_text(stored.first(kMagic.size())) != kMagic) return damaged("magic");
  if (load_le<std::uint32_t>(&stored[kVersionAt]) != kVersion) return damaged("version");
  if (load_le<std::uint32_t>(&stored[kCrcAt]) != crc32c(stored.first(kCrcAt))) return damaged("CRC-32C");
  const auto number = [&stored](std::size_t at) {
    return static_cast<std::int64_t>(load_le<std::uint64_t>(&stored[at]));
  };
  const double balance = static_cast<double>(number(kBalanceAt)) / 1000;
  // No upper bound here: a contract that was made smaller cuts a fuller bucket, which is no damage.
  if (balance < -kMaxDebtMj) return damaged("balance");
  std::string_view boot = as_text(stored.subspan(kBootAt, kBootEnd - kBootAt));
  boot = boot.substr(0, boot.find('\0'));
  // A new boot: how long the machine was off is not known, so a debt is not paid by that time, and a robot
  // that is switched off at night does not miss its first look (docs/decisions.md).
  if (boot != boot_id.view()) {
    balance_mj_ = balance < 0 ? balance : full_mj_;
    TORPOR_ASSERT(sound(), "budget.a_debt_survives_a_boot_as_it_was");
    return {};
  }
  const BootTime then{Duration(number(kTimeAt))};
  const BootTime next{Duration(number(kNextAt))};
  // Boottime does not go back within a boot: a balance from later is from another clock (--speed) or
  // damaged.
  if (then > now || then < BootTime{}) return damaged("time");
  if (next < then) return damaged("next cycle");
  balance_mj_ = std::min(balance, full_mj_);
  filled_at_ = then;
  refill(std::min(next, now));
  // One that could not be paid for was slept through.
  const bool began = next <= now && pays_for_a_cycle();
  // Charged after refilling, against the rule: when it was is not known, and charged before it
  // might hide in the inflow of a long absence.
  refill(now);
  if (began) charge(uncounted_mj(now - next));
  TORPOR_ASSERT(sound(), "budget.what_is_read_is_a_balance_a_bucket_can_have");
  return {};
}

}  // namespace torpor
