// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/rail_meter.h"

#include <cmath>

#include "base/assertion.h"
#include "power/span_cost.h"

namespace torpor {
namespace {

// An INA3221 measures up to 26 V; the largest current it can show depends on the shunt. A
// module that runs this draws something: a zero is a channel that measures nothing.
constexpr std::int64_t kMaxMillivolts = 26'000;
constexpr std::int64_t kMaxMilliamperes = 200'000;

}  // namespace

RailMeter::RailMeter(SystemTree& tree, ModuleRail rail, std::uint32_t idle_mw)
    : tree_(tree), rail_(std::move(rail)), idle_mw_(idle_mw), source_(rail_.name), gpu_(tree) {
  TORPOR_ASSERT(!rail_.channels.empty() && rail_.channels.size() <= kMaxRailChannels,
                "rail_meter.a_rail_has_channels");
}

Result<std::int64_t> RailMeter::read(const RailChannel& channel, std::int64_t& raw) {
  // Alone a channel is the module, which draws something. A part of it may rest below one step of its sensor.
  const std::int64_t least = rail_.channels.size() == 1 ? 1 : 0;
  if (!channel.mw.empty()) {
    TORPOR_TRY(raw, read_integer(tree_, channel.mw, least, kMaxRailMw));
    return raw;
  }
  TORPOR_TRY(const std::int64_t mv, read_integer(tree_, channel.mv, 1, kMaxMillivolts));
  TORPOR_TRY(const std::int64_t ma, read_integer(tree_, channel.ma, least, kMaxMilliamperes));
  // The current alone: the voltage of a regulated rail may well stand.
  raw = ma;
  return mv * ma / 1000;
}

Result<RailMeter::Look> RailMeter::look() {
  Look seen;
  for (std::size_t i = 0; i < rail_.channels.size(); ++i) {
    // One that fails fails all: a sum without it would be cheaper than the truth.
    TORPOR_TRY(const std::int64_t mw, read(rail_.channels[i], seen.raw[i]));
    seen.mw += mw;
  }
  if (seen.mw >= 1 && seen.mw <= kMaxRailMw) return seen;
  Error error{.reason = Reason::system_value};
  error.where << rail_.name;
  error.found << seen.mw << " mW";
  error.expected << "1 to " << kMaxRailMw;
  return error;
}

Result<std::int64_t> RailMeter::rail_mw() {
  const auto seen = look();
  if (!seen) {
    source_.failed(seen.error());
    return seen.error();
  }
  if (seen->raw != last_raw_) {
    stood_through_ = 0;
    stood_ = Duration::zero();
  }
  last_raw_ = seen->raw;
  if (!frozen()) {
    source_.sound();
    return seen->mw;
  }
  source_.failed(kMeterFrozen);
  Error error{.reason = Reason::system_value};
  error.where << rail_.name;
  error.found << kMeterFrozen << " at " << seen->mw << " mW";
  error.expected << "a reading that moves with the work";
  return error;
}

Result<std::int64_t> RailMeter::raw_reading() {
  TORPOR_TRY(const Look seen, look());
  std::int64_t sum = 0;
  for (const std::int64_t raw : seen.raw) sum += raw;
  return sum;
}

EnergyCost RailMeter::lap(Phase phase, Duration span, bool) {
  // A reading that fails takes the spans on both its sides with it: no value is carried over from before.
  const std::optional<double> from = border_mw_;
  // Before the look, which takes it back where the reading moved. Below a bound that no sum of spans leaves.
  if (stood_ <= kSlowestConversion) stood_ += std::max(span, Duration::zero());
  const auto mw = rail_mw();
  border_mw_ = mw ? std::optional<double>(static_cast<double>(*mw)) : std::nullopt;
  // The end of an inference is the one moment of which the draw with the GPU powered is known.
  if (phase == Phase::infer) infer_mw_ = border_mw_;
  // After the look: an inference that moved the reading was seen.
  if (phase == Phase::infer && mw && stood_through_ < kFrozenInferences) ++stood_through_;
  // The border before a sleep and the one after it; the others have no use for the counters.
  const double active =
      phase == Phase::report || phase == Phase::sleep ? gpu_.active_share_since_last() : 0.0;
  if (span <= Duration::zero()) return {};
  if (!from || !border_mw_) return {.measured = false};

  // Trapezoid rule; where the power moves one way in between, it lies between the two readings,
  // and so the integral within half their difference x time of the trapezoid.
  const bool asleep = phase == Phase::sleep;
  double mean_mw = (*from + *border_mw_) / 2;
  // Between two readings taken awake a sleep cannot be seen; the kernel's own count of how long the GPU was
  // powered is the one thing known of it.
  if (asleep && infer_mw_) mean_mw += active * std::max(0.0, *infer_mw_ - mean_mw);
  const EnergyCost cost{.mj = attributed_mj(mean_mw, idle_mw_, span),
                        .error_mj = std::fabs(*from - *border_mw_) / 2 * elapsed_s(span),
                        .interpolated = asleep};
  TORPOR_ASSERT(cost.mj >= 0 && cost.error_mj >= 0, "rail_meter.a_cost_is_never_negative");
  return cost;
}

}  // namespace torpor
