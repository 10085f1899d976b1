// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Whatever lies in STATE/energy/budget: the bucket never holds more than a full one, and
// what was refused leaves it empty. The CRC is made good, so that the content is what is tried.
#include <cmath>
#include <vector>

#include "power/energy_budget.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  const auto* from = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(from, from + size);
  constexpr std::size_t kCrcAt = EnergyBudget::kEncodedSize - 4;
  if (bytes.size() == EnergyBudget::kEncodedSize)
    store_le(&bytes[kCrcAt], crc32c(Bytes(bytes).first(kCrcAt)));
  Terms terms{};
  terms.duty.sample_ms = 5000;
  terms.duty.interval_tolerance_ms = 500;
  terms.power.active_mj_per_cycle = 15'000;
  terms.power.mj_per_hour = 900'000;
  const BootTime now{std::chrono::hours(5)};
  const FixedString<36> boot("5b1c02f4-8f0e-4a53-9a3f-6f3d1b9e2c71");
  EnergyBudget budget(terms, now);
  const Status taken = budget.restore(bytes, boot, now);
  const double balance = budget.balance_mj();
  if (!(balance <= budget.full_mj()) || (!taken && balance != 0)) __builtin_trap();
  std::array<std::byte, EnergyBudget::kEncodedSize> room;
  EnergyBudget again(terms, now);
  if (!again.restore(budget.encode(boot, EnergyBudget::kNoCycle, room), boot, now)) __builtin_trap();
  if (std::fabs(again.balance_mj() - balance) > 0.001 + 1e-12 * std::fabs(balance)) __builtin_trap();
  return 0;
}
