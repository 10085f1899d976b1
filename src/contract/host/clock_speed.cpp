// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/clock_speed.h"

#include <algorithm>
#include <cmath>

namespace torpor {

Status check_clock_speed(const Terms& terms, double speed, std::uint32_t ns_per_value) {
  if (speed == 1 || terms.sensor_count == 0) return {};
  const SensorTerms& sensor = terms.sensors()[0];
  const std::uint64_t values = window_samples(terms.duty, sensor) * sensor.axes;
  // The contract's rules keep it above the window's own length (contract/rules.cpp).
  const std::uint64_t within_ms = std::uint64_t{terms.power.awake_limit_ms} - terms.power.infer_deadline_ms -
                                  terms.power.release_deadline_ms;
  // Below 2^64: at most 22 million values (queue.bytes) of 2^32 ns.
  const std::uint64_t work_ns = std::max<std::uint64_t>(1, values * ns_per_value);
  const std::uint64_t most = std::max<std::uint64_t>(1, within_ms * 1'000'000 / work_ns);
  if (speed <= static_cast<double>(most)) return {};
  return Error{.reason = Reason::usage}
      .at("--speed")
      .saw(static_cast<std::int64_t>(std::ceil(speed)))
      .want("at most ", most, ", in both roles: ", values, " values of ", ns_per_value,
            " ns must be there in ", within_ms, " ms of that clock");
}

}  // namespace torpor
