// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/counter_meter.h"

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
      source_("rapl " + std::string(name)) {}

EnergyCost CounterMeter::lap(Phase, Duration span, bool) {
  const std::optional<std::int64_t> from = border_uj_;
  const auto now = read_integer(tree_, path_, 0, range_uj_);
  border_uj_ = now ? std::optional<std::int64_t>(*now) : std::nullopt;
  now ? source_.sound() : source_.failed(now.error());
  if (span <= Duration::zero()) return {};
  if (!from || !now) return {.measured = false};

  std::int64_t passed_uj = *now - *from;
  if (passed_uj < 0) passed_uj += range_uj_;
  const double mj = static_cast<double>(passed_uj) / 1000;
  if (mj > double{kMaxRailMw} * elapsed_s(span + kGrain)) {
    source_.failed("jumped");
    return {.measured = false};
  }
  if (passed_uj == 0 && span >= kMustMove) {
    source_.failed("stands still");
    return {.measured = false};
  }
  return {.mj = std::max(0.0, mj - idle_mw_ * elapsed_s(span))};
}

Result<std::int64_t> CounterMeter::rail_mw() {
  Error error{.reason = Reason::system_absent};
  error.where << "module rail";
  error.found << "an energy counter";
  return error;
}

}  // namespace torpor
