// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/counter_meter.h"

#include "base/assertion.h"
#include "power/span_cost.h"

namespace torpor {
namespace {

// The hardware adds to the counter about once a millisecond, so a short span may hold the
// energy of a longer one.
constexpr Duration kGrain = std::chrono::milliseconds(20);
// No package runs this long on less than the counter's unit.
constexpr Duration kMustMove = std::chrono::milliseconds(100);

}  // namespace

CounterMeter::CounterMeter(SystemTree& tree, std::string_view name, const std::string& zone,
                           std::int64_t range_uj, std::uint32_t idle_mw)
    : tree_(tree),
      path_(zone + "/energy_uj"),
      range_uj_(range_uj),
      idle_mw_(idle_mw),
      source_("rapl " + std::string(name)) {
  TORPOR_ASSERT(range_uj_ > 0, "counter_meter.a_counter_has_a_range");
}

EnergyCost CounterMeter::lap(Phase, Duration span, bool) {
  // The border is set before anything can go wrong: a span that fails costs its neighbours no reading.
  const std::optional<std::int64_t> from = border_uj_;
  const auto now = read_integer(tree_, path_, 0, range_uj_);
  border_uj_ = now ? std::optional<std::int64_t>(*now) : std::nullopt;
  now ? source_.sound() : source_.failed(now.error());
  if (span <= Duration::zero()) return {};
  if (!from || !now) return {.measured = false};

  std::int64_t passed_uj = *now - *from;
  // Once around at most: a range is 262 kJ on most packages, 40 minutes at 100 W.
  if (passed_uj < 0) passed_uj += range_uj_;
  TORPOR_ASSERT(passed_uj >= 0, "counter_meter.a_wrap_is_one_range");
  const double mj = static_cast<double>(passed_uj) / 1000;
  // A counter that was reset looks like one that wrapped: it is the energy of a whole range that gives it
  // away.
  if (mj > double{kMaxRailMw} * elapsed_s(span + kGrain)) {
    source_.failed("jumped");
    return {.measured = false};
  }
  // A counter that never counts would keep every budget with its 0 J.
  if (passed_uj == 0 && span >= kMustMove) {
    source_.failed("stands still");
    return {.measured = false};
  }
  // Cut at 0 per span: a package that sleeps deeper than the declared idle must not pay for the next
  // inference.
  return {.mj = std::max(0.0, mj - idle_mw_ * elapsed_s(span))};
}

Result<std::int64_t> CounterMeter::rail_mw() {
  Error error{.reason = Reason::system_absent};
  error.where << "module rail";
  error.found << "an energy counter";
  return error;
}

}  // namespace torpor
