// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>

#include "window/axis_view.h"

// What the codes of one axis say of the sensor that made them: whether a mass can have moved so.
// Each check costs a few passes over the axis and no memory. Freestanding.
namespace torpor {

AxisRange range_of(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride);
// Whether the axis has so many codes that its extremes may be rails: a quiet sensor has few to choose from.
// The samples on them are left out where codes are asked.
inline constexpr std::int32_t kRailSpan = 64;  // in steps
bool has_rails(const AxisRange& range);

// A bit that does not say anything. Natural codes of which a quarter lies 2^b from the mean or
// further (normal noise with an RMS of 2^b: a third) have bit b as 0 and as 1; at twice that they have the
// pair b, b + 1 as all four. The bits above must change kBitChanges times, so that a window of two levels (a
// robot that tips over) is none.
inline constexpr std::uint32_t kBitChanges = 64;
struct StuckBit {
  std::uint32_t bit = 0;
  bool with_next = false;  // it changes, but never without the bit above it: as where bytes are swapped
};
std::optional<StuckBit> stuck_bit(const AxisView& x, const AxisRange& range);

// Samples handed out more than once. Between two differences of at least kLargeSteps a difference of
// 0 is half as frequent as one of a single step up or down, whatever the density of the samples is, as
// long as it does not change within a step: twice as frequent is four times too many. It is asked where
// differences have an RMS of kHeldRms steps, for a density narrower than that does change within one. A rate
// may be 2 % off (kRateTolerancePercent), and then 1 sample in 50 is handed out twice: 1 in kHeldShare is
// more. Runs longer than kLongestHold are a quiet machine's between two knocks. Samples on the axis' extremes
// are a rail's.
inline constexpr std::int32_t kLargeSteps = 3;
inline constexpr std::int32_t kHeldRms = 2;
inline constexpr std::uint32_t kHeldShare = 32;
inline constexpr std::uint32_t kLongestHold = 16;
struct HeldSamples {
  bool loud = false;          // kHeldRms
  std::uint32_t held = 0;     // zero differences between large ones
  std::uint32_t natural = 0;  // single steps between large ones
};
HeldSamples held_samples(const AxisView& x, const AxisRange& range);
[[nodiscard]] bool is_held(const HeldSamples& found, std::size_t count);

// Single samples far out. A mass that is struck rings, and what the sensor's filter lets through
// lasts for more than one sample: a sample kSpikeTimes the RMS of the kSpikeReach samples on each side, with
// both neighbours on each side within 1/kSpikeNeighbour of it, is a fault of bits or wires. Where others
// stand as far out and are no spikes, they may be the aliases of one shock: then most must be single.
inline constexpr std::int32_t kSpikeTimes = 20;
inline constexpr std::int32_t kSpikeNeighbour = 8;
inline constexpr std::size_t kSpikeReach = 16;
inline constexpr std::uint32_t kMinSpikes = 4;
[[nodiscard]] bool is_spike(const AxisView& x, std::size_t i);

// A rail: samples on one extreme code. A continuous density leaves fewer on it than on
// the next kRailCodes codes together (a sine without noise as many, at most); kRailTimes as many are no
// density.
inline constexpr std::int32_t kRailCodes = 3;
// On a tail of few samples kMinOnRail is beyond chance.
inline constexpr std::uint32_t kRailTimes = 4;
inline constexpr std::uint32_t kMinOnRail = 16;
struct Rail {
  std::int32_t code = 0;
  std::uint32_t samples = 0;
};
// The one with more samples of the two extremes, where one is a rail.
std::optional<Rail> rail_of(const AxisView& x, const AxisRange& range);

}  // namespace torpor
