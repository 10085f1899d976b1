// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/simulated/simulated_bearing.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/assertion.h"
#include "bearing/bearing_orders.h"
#include "exact/math.h"
#include "sensor/frame_pacer.h"
#include "sensor/simulated/sim_signal.h"

namespace torpor {
namespace {

Status in_range(std::string_view what, double value, double min, double max) {
  // Written so that a NaN is refused.
  if (value >= min && value <= max) return {};
  char text[64];
  std::snprintf(text, sizeof text, "%g", value);
  char range[64];
  std::snprintf(range, sizeof range, "%g .. %g", min, max);
  return Error{Reason::sim_config, what, std::string_view(text), std::string_view(range)};
}

Status check(const SimConfig& c) {
  TORPOR_CHECK(in_range("slip", c.slip, 0, 0.1));
  TORPOR_CHECK(in_range("rpm", c.rpm, 6, 60'000));
  TORPOR_CHECK(in_range("ramp", c.ramp, -1, 1));
  TORPOR_CHECK(in_range("wander", c.wander, 0, 0.1));
  TORPOR_CHECK(in_range("background_g", c.background_g, 0, 100));
  TORPOR_CHECK(in_range("shaft_g", c.shaft_g, 0, 100));
  TORPOR_CHECK(in_range("belt_g", c.belt_g, 0, 100));
  TORPOR_CHECK(in_range("bumps", c.bumps_per_s, 0, 1000));
  TORPOR_CHECK(in_range("bump_g", c.bump_g, 0, 1000));
  TORPOR_CHECK(in_range("severity", c.severity, 0, 1000));
  // Without it a defect would silently have no order, and the fault no sound.
  if (c.geometry.rolling_elements != 0 && !bearing_orders(c.geometry))
    return Error{Reason::sim_config, "geometry", "no bearing", "element smaller than pitch, angle below 90"};
  return {};
}

}  // namespace

std::string_view name(BearingFault fault) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "inner", "outer", "ball"};
  return kNames[static_cast<std::size_t>(fault)];
}

struct SimulatedBearing::State {
  State(const SimConfig& c, const SensorTerms& s, const SensorFacts& f)
      : config(c), sensor(s), facts(f), machine(SimMachine::draw(c, s)), pacer(f) {}

  SimConfig config;
  SensorTerms sensor;
  SensorFacts facts;
  SimMachine machine;
  FramePacer pacer;
  std::uint64_t windows = 0;  // started so far
  double severity = 0;
  std::optional<SimSignal> signal;
  std::array<std::int16_t, kMaxFrameSamples> samples{};

  double severity_of(std::uint64_t window) const {
    // Before fault_from nothing; by windows since the source was made, never by their ids.
    if (config.fault == BearingFault::none || window < config.fault_from) return 0;
    const std::uint64_t age = window - config.fault_from + 1;
    if (age >= config.fault_grow) return config.severity;
    const double grown = static_cast<double>(age) / static_cast<double>(config.fault_grow);
    constexpr double kLn10 = 2.302585092994046;
    // A decade over its growth, as fatigue goes: slowly, then at once.
    const double grown_to = config.severity * det::exp(kLn10 * (grown - 1));
    TORPOR_ASSERT(grown_to <= config.severity, "sensor.a_fault_grows_up_to_its_severity");
    return grown_to;
  }
};

SimulatedBearing::SimulatedBearing(std::unique_ptr<State> state) : state_(std::move(state)) {}
SimulatedBearing::~SimulatedBearing() = default;

Result<std::unique_ptr<SimulatedBearing>> SimulatedBearing::make(const SimConfig& config,
                                                                 const SensorTerms& sensor,
                                                                 std::uint32_t sensor_index) {
  TORPOR_CHECK(check(config));
  if (sensor.axes < 1 || sensor.axes > kMaxAxes || sensor.rate_mhz == 0 || sensor.full_scale_mg == 0)
    return Error{
        Reason::source_sensor, std::string_view(sensor.id), "no usable axes, rate or full scale", {}};
  // Rounded up, so that the last code reaches full scale.
  const std::int64_t scale_pg =
      (std::int64_t{sensor.full_scale_mg} * 1'000'000'000 + INT16_MAX - 1) / INT16_MAX;
  const SensorFacts facts{sensor_index, sensor.rate_mhz, sensor.axes, scale_pg};
  return std::unique_ptr<SimulatedBearing>(
      new SimulatedBearing(std::make_unique<State>(config, sensor, facts)));
}

Result<std::unique_ptr<SimulatedBearing>> SimulatedBearing::make(const SimConfig& config,
                                                                 const Contract& contract,
                                                                 std::uint32_t sensor) {
  const Terms& terms = contract.terms();
  if (sensor >= terms.sensor_count) {
    return Error{.reason = Reason::source_sensor}
        .at("sensor number")
        .saw(sensor)
        .want("below ", terms.sensor_count);
  }
  return make(config, terms.sensors()[sensor], sensor);
}

SensorFacts SimulatedBearing::describe() const { return state_->facts; }

Status SimulatedBearing::start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) {
  State& s = *state_;
  if (samples == 0) return Error{Reason::source_window, "sim", "a window of 0 samples", "at least 1"};
  // Counted also where the window is given up: window k is the same, whatever was polled before.
  const std::uint64_t window = s.windows++;
  s.severity = s.severity_of(window);
  // Anew for each window, in place: a window depends on its number alone.
  s.signal.emplace(s.machine, s.config, s.sensor, s.facts.scale_pg, window, samples, s.severity);
  s.pacer.start(window_id, samples, now);
  return {};
}

Result<SourceStep> SimulatedBearing::poll(const TimeStamp& now) {
  State& s = *state_;
  SourceStep step;
  while (s.pacer.running()) {
    const std::uint32_t n = s.pacer.next_samples(UINT32_MAX);
    step.next = s.pacer.complete_at(n);
    // One frame a call, and none before its last sample would have been taken.
    if (step.frame || now.boot < step.next) return step;
    const std::span<std::int16_t> values = std::span(s.samples).first(std::size_t{n} * s.facts.axes);
    const bool first = s.pacer.done() == 0;
    TORPOR_ASSERT(s.signal && !values.empty(), "sensor.a_running_window_has_a_signal");
    s.signal->fill(values);
    step.frame = s.pacer.take(values, first);
  }
  step.next = BootTime::max();
  return step;
}

void SimulatedBearing::stop() { state_->pacer.stop(); }

Context SimulatedBearing::context() const {
  Context context;
  // Not simulated, and 0 would be a temperature.
  context.temperature_mdeg = INT32_MIN;
  const State& s = *state_;
  if (s.signal) context.rpm_milli = static_cast<std::uint32_t>(std::llround(s.signal->rpm() * 1000));
  return context;
}

double SimulatedBearing::severity() const { return state_->severity; }

}  // namespace torpor
