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

RailMeter::RailMeter(SystemTree& tree, RailChannel channel, std::uint32_t idle_mw)
    : tree_(tree),
      channel_(std::move(channel)),
      idle_mw_(idle_mw),
      source_("ina3221 " + channel_.label),
      gpu_(tree) {}

Result<std::int64_t> RailMeter::rail_mw() {
  const auto read = [this]() -> Result<std::int64_t> {
    if (!channel_.mw.empty()) return read_integer(tree_, channel_.mw, 1, kMaxRailMw);
    TORPOR_TRY(const std::int64_t mv, read_integer(tree_, channel_.mv, 1, kMaxMillivolts));
    TORPOR_TRY(const std::int64_t ma, read_integer(tree_, channel_.ma, 1, kMaxMilliamperes));
    const std::int64_t mw = mv * ma / 1000;
    if (mw <= kMaxRailMw) return mw;
    Error error{.reason = Reason::system_value};
    error.where << channel_.mv << " x " << channel_.ma;
    error.found << mw << " mW";
    error.expected << "at most " << kMaxRailMw;
    return error;
  };
  auto mw = read();
  mw ? source_.sound() : source_.failed(mw.error());
  return mw;
}

EnergyCost RailMeter::lap(Phase phase, Duration span, bool) {
  // A reading that fails takes the spans on both its sides with it: no value is carried over from before.
  const std::optional<double> from = border_mw_;
  const auto mw = rail_mw();
  border_mw_ = mw ? std::optional<double>(static_cast<double>(*mw)) : std::nullopt;
  // The end of an inference is the one moment of which the draw with the GPU powered is known.
  if (phase == Phase::infer) infer_mw_ = border_mw_;
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
