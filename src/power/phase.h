// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace torpor {

// Where a cycle's time and energy go, in the order they happen.
enum class Phase : std::uint8_t { wake, sample, drain, infer, release, report, sleep };
inline constexpr std::size_t kPhases = 7;
std::string_view name(Phase phase);
// Work is done by a processor and takes as long as it takes, whatever the speed of the clock:
// infer, release, report. All else is waited through and lasts as the clock says.
bool is_work(Phase phase);

// After release: is the compute device really off our hands?
enum class ResidencyState : std::uint8_t {
  released,  // proven by the residency check
  resident,  // still held at the contract's deadline: a breach
  unknown,   // not visible from here; never counted as released
};
std::string_view name(ResidencyState state);

using PhaseMillijoules = std::array<double, kPhases>;
double total(const PhaseMillijoules& energy);

}  // namespace torpor
