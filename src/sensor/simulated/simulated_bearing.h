// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>

#include "contract/contract.h"
#include "sensor/sample_source.h"

namespace torpor {

enum class BearingFault : std::uint8_t { none, inner, outer, ball };
std::string_view name(BearingFault fault);

// One simulated machine and what happens to it. Times count windows since the source was
// made (the first start() is window 0), so that a run does not depend on window ids.
struct SimConfig {
  std::uint64_t seed = 1;  // the machine: structure, gains, lines, and all randomness

  // Bearing. Zero elements: the contract's geometry; where that is unknown too, a 6205
  // (9 elements of 7.94 mm on 39.04 mm).
  BearingTerms geometry{};
  double slip = 0.012;  // spread of the time between two strikes, relative

  // Speed. Each window runs from rpm (1 - ramp / 2) to rpm (1 + ramp / 2) or, in every
  // second window, back; wander is a slow change on top, relative.
  double rpm = 1800;
  double ramp = 0;
  double wander = 0.002;

  // The healthy machine at 1800 rpm: RMS of background noise (grows with speed), of the shaft's
  // harmonics, and of tones that no multiple of the shaft explains (belt, mains).
  double background_g = 0.05;
  double shaft_g = 0.03;
  double belt_g = 0.02;

  // Driving: shocks of the whole body (Poisson), half-sines of 4-15 ms that also ring the
  // structure; peaks spread around bump_g.
  double bumps_per_s = 0;
  double bump_g = 1.0;

  // The damage. Severity 1: a strike rings as high as the RMS of the background (hardly
  // visible); 10: a bearing to be changed. Nothing before fault_from; then it grows from
  // a tenth of severity to all of it over fault_grow windows, ever faster (exponentially), 0: at once.
  BearingFault fault = BearingFault::none;
  double severity = 6;
  std::uint64_t fault_from = 0;
  std::uint64_t fault_grow = 0;
};

// A rotating machine seen by the contract's sensor. What it is made of: shaft angle with
// ramp and wander; strikes of the defect with slip, scattered in strength, weighted by the
// load zone (inner race: as the spall passes it with the shaft; element: with the cage,
// two strikes a turn, one on each race; outer race: constant); each strike rings several
// modes of the structure, each with its own frequency, damping and gain per axis;
// harmonics of the shaft and non-synchronous tones; coloured noise through the same modes;
// bumps; then the sensor: white noise above its floor, full scale, quantisation.
//
// The same seed, config and contract give the same samples on every host: own counter-
// based generator, own sine, IEEE arithmetic only. Window k depends on k alone, not on
// what was polled before. Generates while polled: about 1 M samples/s of one core; no heap after make.
class SimulatedBearing final : public SampleSource {
 public:
  // sim_config: a number that is not finite or out of its range (message names it).
  static Result<std::unique_ptr<SimulatedBearing>> make(const SimConfig& config, const Contract& contract,
                                                        std::uint32_t sensor);
  // As above for tests without a contract.
  static Result<std::unique_ptr<SimulatedBearing>> make(const SimConfig& config, const SensorTerms& sensor,
                                                        std::uint32_t sensor_index = 0);
  ~SimulatedBearing() override;

  SensorFacts describe() const override;
  Status start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) override;
  Result<SourceStep> poll(const TimeStamp& now) override;
  void stop() override;
  Context context() const override;
  [[nodiscard]] bool ended() const override { return false; }

  // Truth, for tests and the demo: severity of the running (or last) window.
  double severity() const;

 private:
  struct State;
  explicit SimulatedBearing(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace torpor
