// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "machine/machine_state.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assertion.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

constexpr std::size_t kParts = 8;
constexpr std::size_t kSlices = 16;            // of a part
constexpr std::size_t kLeastSliceSamples = 4;  // fewer have no RMS to speak of

std::uint32_t level_ug(std::span<const std::int16_t> slice, std::size_t axis, std::size_t axes,
                       std::int64_t scale_pg) {
  // 2^24 times kMaxScalePg is below 2^61.
  const std::int64_t pg = static_cast<std::int64_t>(rms_q8(slice, axis, axes)) * scale_pg / 256;
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(pg / 1'000'000, std::numeric_limits<std::uint32_t>::max()));
}

// Of the loudest axis.
std::uint32_t part_level_ug(std::span<const std::int16_t> part, std::size_t axes, std::int64_t scale_pg) {
  const std::size_t samples = part.size() / axes;
  const std::size_t slices = std::clamp<std::size_t>(samples / kLeastSliceSamples, 1, kSlices);
  std::uint32_t loudest = 0;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    std::array<std::uint32_t, kSlices> level{};
    for (std::size_t i = 0; i < slices; ++i) {
      const std::size_t from = i * samples / slices, to = (i + 1) * samples / slices;
      level[i] = level_ug(part.subspan(from * axes, (to - from) * axes), axis, axes, scale_pg);
    }
    const auto middle = level.begin() + static_cast<std::ptrdiff_t>(slices / 2);
    std::nth_element(level.begin(), middle, level.begin() + static_cast<std::ptrdiff_t>(slices));
    loudest = std::max(loudest, *middle);
  }
  return loudest;
}

void measure_levels(const Window& window, MachineFacts& facts) {
  const std::size_t samples = window.samples_per_axis();
  if (samples < kParts) return;
  facts.quietest_ug = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < kParts; ++i) {
    const std::size_t from = i * samples / kParts, to = (i + 1) * samples / kParts;
    const std::uint32_t level = part_level_ug(
        window.samples.subspan(from * window.axes, (to - from) * window.axes), window.axes, window.scale_pg);
    facts.quietest_ug = std::min(facts.quietest_ug, level);
    facts.loudest_ug = std::max(facts.loudest_ug, level);
  }
}

bool turns(const Context& context, const MachineTerms& machine) {
  return !context.stopped && context.rpm_milli >= machine.running_rpm_milli;
}

bool moved(std::uint32_t from_milli, std::uint32_t to_milli) {
  const auto [least, most] = std::minmax(from_milli, to_milli);
  return std::uint64_t{most - least} * 100 > std::uint64_t{most} * kSteadySpeedPercent;
}

MachineState by_speed(const Context& first, const Context& last, const MachineTerms& machine) {
  const bool at_first = turns(first, machine), at_last = turns(last, machine);
  if (!at_first && !at_last) return MachineState::standing;
  if (at_first != at_last || moved(first.rpm_milli, last.rpm_milli)) return MachineState::changing;
  return MachineState::steady;
}

MachineState by_level(const MachineFacts& facts) {
  if (facts.loudest_ug < facts.running_ug) return MachineState::standing;
  return facts.quietest_ug < facts.running_ug ? MachineState::changing : MachineState::steady;
}

}  // namespace

std::string_view name(MachineState state) {
  constexpr std::string_view kNames[kMachineStates] = {"unknown", "standing", "changing", "steady"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view name(MachineWitness witness) {
  constexpr std::string_view kNames[kMachineWitnesses] = {"none", "speed", "level"};
  return kNames[static_cast<std::size_t>(witness)];
}

MachineFacts judge_machine(const Window& window, const SensorTerms& sensor, const MachineTerms& machine,
                           const KnownRunning& known) {
  TORPOR_ASSERT(window.axes > 0 && window.samples.size() % window.axes == 0, "machine.samples_are_whole");
  MachineFacts facts;
  facts.running_ug = sensor.running_ug != 0 ? sensor.running_ug : known.running_ug;
  measure_levels(window, facts);
  const Context& first = window.context.speed_stated() ? window.context : window.context_end;
  const Context& last = window.context_end.speed_stated() ? window.context_end : window.context;
  const bool measured = facts.loudest_ug != 0 && facts.running_ug != 0;
  if (first.speed_stated()) {
    facts.state = by_speed(first, last, machine);
    facts.witness = MachineWitness::speed;
    if (facts.state != MachineState::steady || sensor.running_ug == 0 || !measured) return facts;
    const MachineState heard = by_level(facts);
    facts.contradicts = heard == MachineState::standing;
    if (heard == MachineState::changing) {
      facts.state = MachineState::changing;
      facts.witness = MachineWitness::level;
    }
    return facts;
  }
  if (!measured) return facts;
  facts.state = by_level(facts);
  facts.witness = MachineWitness::level;
  return facts;
}

}  // namespace torpor
