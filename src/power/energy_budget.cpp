// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/energy_budget.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "power/span_cost.h"

namespace torpor {
namespace {

// docs/energy.md: little endian
//   0 magic  4 version  8 boot id, zeros behind it  44 settled (0, 1)
//   48 balance, uJ  56 boottime of the balance, ns  64 CRC-32C of all before
constexpr std::string_view kMagic = "TPEB";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kBootAt = 8;
constexpr std::size_t kSettledAt = 44;
constexpr std::size_t kBalanceAt = 48;
constexpr std::size_t kTimeAt = 56;
constexpr std::size_t kCrcAt = 64;
// More debt than 100 years of any contract leave.
constexpr double kMaxDebtMj = 1e15;

Error damaged(std::string_view part) {
  Error error{.reason = Reason::budget_damaged};
  error.found << part;
  return error;
}

}  // namespace

EnergyBudget::EnergyBudget(const Terms& terms, BootTime now)
    : mj_per_second_(terms.power.mj_per_hour / 3600.0),
      cycle_mj_(terms.power.active_mj_per_cycle),
      full_mj_(cycle_mj_ + mj_per_second_ * (terms.duty.interval_tolerance_ms / 1000.0)),
      balance_mj_(full_mj_),
      filled_at_(now) {}

void EnergyBudget::refill(BootTime now) {
  if (now <= filled_at_) return;
  balance_mj_ = std::min(full_mj_, balance_mj_ + mj_per_second_ * elapsed_s(now - filled_at_));
  filled_at_ = now;
}

void EnergyBudget::settle(double mj) {
  charge(mj);
  balance_mj_ = std::min(full_mj_, balance_mj_ + cycle_mj_);
}

void EnergyBudget::charge(double mj) {
  balance_mj_ = std::max(-kMaxDebtMj, balance_mj_ - (mj >= 0 ? mj : cycle_mj_));
}

Bytes EnergyBudget::encode(const FixedString<36>& boot_id, bool settled,
                           std::span<std::byte, kEncodedSize> out) const {
  std::fill(out.begin(), out.end(), std::byte{0});
  std::memcpy(&out[0], kMagic.data(), kMagic.size());
  store_le(&out[kVersionAt], kVersion);
  std::memcpy(&out[kBootAt], boot_id.view().data(), boot_id.size());
  store_le(&out[kSettledAt], std::uint32_t{settled});
  store_le(&out[kBalanceAt], static_cast<std::uint64_t>(std::llround(balance_mj_ * 1000)));
  store_le(&out[kTimeAt], static_cast<std::uint64_t>(to_ns(filled_at_)));
  store_le(&out[kCrcAt], crc32c(Bytes(out).first(kCrcAt)));
  return out;
}

Status EnergyBudget::restore(Bytes stored, const FixedString<36>& boot_id, BootTime now) {
  balance_mj_ = 0;
  filled_at_ = now;
  if (stored.size() != kEncodedSize) return damaged("length");
  if (as_text(stored.first(kMagic.size())) != kMagic) return damaged("magic");
  if (load_le<std::uint32_t>(&stored[kVersionAt]) != kVersion) return damaged("version");
  if (load_le<std::uint32_t>(&stored[kCrcAt]) != crc32c(stored.first(kCrcAt))) return damaged("CRC-32C");
  const auto settled = load_le<std::uint32_t>(&stored[kSettledAt]);
  if (settled > 1) return damaged("settled");
  const double balance =
      static_cast<double>(static_cast<std::int64_t>(load_le<std::uint64_t>(&stored[kBalanceAt]))) / 1000;
  if (balance < -kMaxDebtMj) return damaged("balance");
  std::string_view boot = as_text(stored.subspan(kBootAt, kSettledAt - kBootAt));
  boot = boot.substr(0, boot.find('\0'));
  if (boot != boot_id.view()) {
    balance_mj_ = balance < 0 ? balance : full_mj_;
    return {};
  }
  const BootTime then{Duration(static_cast<std::int64_t>(load_le<std::uint64_t>(&stored[kTimeAt])))};
  if (then > now || then < BootTime{}) return damaged("time");
  balance_mj_ = std::min(balance, full_mj_);
  filled_at_ = then;
  refill(now);
  if (settled == 0) charge(cycle_mj_);
  return {};
}

}  // namespace torpor
