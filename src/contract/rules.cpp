// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/rules.h"

#include "base/assertion.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

constexpr std::uint64_t kHourMs = 3'600'000;
// The window that is judged, the one that comes, and one to spare for a hiccup between them.
constexpr std::uint64_t kBatchesThatMustFit = 3;
// No sound sensor has noise of 1 % of its full scale.
constexpr std::uint64_t kFloorsInFullScale = 100;

class RuleCheck {
 public:
  RuleCheck(const Terms& terms, std::string_view what) : t_(terms), what_(what) {}

  Status run() const {
    // Beyond the table's bounds these rules would divide by a period of 0, or read no sensor.
    TORPOR_ASSERT(period_ms() > 0 && t_.sensor_count <= kMaxSensors, "contract.rules_judge_bounded_terms");
    TORPOR_CHECK(times());
    TORPOR_CHECK(queue());
    for (std::size_t i = 0; i < t_.sensor_count; ++i) TORPOR_CHECK(sensor(i));
    TORPOR_CHECK(one_sensor());
    TORPOR_CHECK(energy());
    TORPOR_CHECK(alarm());
    return spool();
  }

 private:
  std::uint64_t period_ms() const { return t_.duty.period_ms(); }
  // Cycles that may begin within a span, the one at its edge included: rounded up, or an hour
  // could hold one cycle more than its energy was signed for.
  std::uint64_t cycles_in(std::uint64_t span_ms) const { return (span_ms + period_ms() - 1) / period_ms(); }

  Status times() const {
    if (t_.expires_s <= t_.not_before_s) {
      Error error = fail(Reason::rule_validity, "expires"sv);
      error.found << t_.expires_s - t_.not_before_s << " s after not_before";
      error.expected << "later than not_before";
      return error;
    }
    // From half a period on, a robot that looks twice as often as agreed would deviate by nothing.
    if (2 * std::uint64_t{t_.duty.interval_tolerance_ms} >= period_ms())
      return compare(Reason::rule_interval, "duty.interval_tolerance_ms"sv, t_.duty.interval_tolerance_ms,
                     "less than half of"sv, period_ms(), "ms, the period"sv);
    // Both are taken out of the sleep, so that the period stays what was signed.
    const std::uint64_t deadlines = std::uint64_t{t_.power.infer_deadline_ms} + t_.power.release_deadline_ms;
    if (deadlines >= t_.duty.sleep_ms)
      return compare(Reason::rule_deadlines, "power.infer_deadline_ms"sv, deadlines,
                     "together with power.release_deadline_ms less than"sv, t_.duty.sleep_ms,
                     "ms, duty.sleep_ms"sv);
    // The sampler stops a detector beyond the limit. Below what the contract itself grants it would
    // stop a sound one; of a whole period it would never strike.
    if (t_.power.awake_limit_ms < t_.duty.sample_ms + deadlines)
      return compare(Reason::rule_awake_limit, "power.awake_limit_ms"sv, t_.power.awake_limit_ms,
                     "at least"sv, t_.duty.sample_ms + deadlines, "ms, sample and deadlines"sv);
    if (t_.power.awake_limit_ms >= period_ms())
      return compare(Reason::rule_awake_limit, "power.awake_limit_ms"sv, t_.power.awake_limit_ms,
                     "less than"sv, period_ms(), "ms, the period"sv);
    return {};
  }

  Status queue() const {
    // One queue for all sensors: its bound is one number, however they share it.
    std::uint64_t window = 0;
    for (const SensorTerms& sensor : t_.sensors()) window += window_bytes(t_.duty, sensor);
    if (t_.queue.bytes < kBatchesThatMustFit * window)
      return compare(Reason::rule_queue_bytes, "queue.bytes"sv, t_.queue.bytes, "at least"sv,
                     kBatchesThatMustFit * window, "bytes, 3 windows of all sensors"sv);
    if (t_.queue.age_ms < t_.duty.sample_ms)
      return compare(Reason::rule_queue_age, "queue.age_ms"sv, t_.queue.age_ms, "at least"sv,
                     t_.duty.sample_ms, "ms, duty.sample_ms"sv);
    return {};
  }

  Status sensor(std::size_t index) const {
    const SensorTerms& sensor = t_.sensor_list[index];
    for (std::size_t k = 0; k < index; ++k) {
      if (!(t_.sensor_list[k].id == sensor.id)) continue;
      Error error = fail_sensor(Reason::rule_sensor_repeated, index, "id"sv);
      error.found << sensor.id << ", the id of sensors[" << k << "]";
      error.expected << "an id of its own";
      return error;
    }
    const std::uint64_t full_scale_ug = std::uint64_t{sensor.full_scale_mg} * 1000;
    if (sensor.noise_floor_ug * kFloorsInFullScale > full_scale_ug) {
      Error error = fail_sensor(Reason::rule_noise_floor, index, "noise_floor_ug"sv);
      error.found << sensor.noise_floor_ug;
      error.expected << "at most " << full_scale_ug / kFloorsInFullScale << " micro-g, 1 % of full scale";
      return error;
    }
    return bearing(index, sensor.bearing);
  }

  // The payload has room for several, the roles sample one: the others would be watched on paper.
  Status one_sensor() const {
    if (t_.sensor_count == 1) return {};
    Error error = fail(Reason::rule_one_sensor, "sensors"sv);
    error.found << t_.sensor_count << " sensors";
    error.expected << "one";
    return error;
  }

  Status bearing(std::size_t index, const BearingTerms& b) const {
    const bool unknown = b.rolling_elements == 0;
    const bool all_zero = b.element_diameter_um == 0 && b.pitch_diameter_um == 0 && b.contact_angle_mdeg == 0;
    if (unknown && all_zero) return {};
    if (unknown || b.element_diameter_um == 0 || b.pitch_diameter_um == 0) {
      Error error = fail_sensor(Reason::rule_bearing, index, "bearing"sv);
      error.found << b.rolling_elements << " elements of " << b.element_diameter_um << " on "
                  << b.pitch_diameter_um << " micrometre";
      error.expected << "all of them, or all 0";
      return error;
    }
    // Side by side the elements take up less than the circle they stand on: n d < 22/7 D,
    // and a single one is smaller than the circle is wide.
    const std::uint64_t room = std::uint64_t{22} * b.pitch_diameter_um;
    const std::uint64_t taken = std::uint64_t{7} * b.rolling_elements * b.element_diameter_um;
    if (taken <= room && b.element_diameter_um < b.pitch_diameter_um) return {};
    Error error = fail_sensor(Reason::rule_bearing, index, "bearing.pitch_diameter_um"sv);
    error.found << b.pitch_diameter_um;
    error.expected << "a circle with room for " << b.rolling_elements << " elements of "
                   << b.element_diameter_um << " micrometre";
    return error;
  }

  Status energy() const {
    // An hour that cannot pay for its own cycles sleeps through them: silence, signed.
    const std::uint64_t needed = cycles_in(kHourMs) * t_.power.active_mj_per_cycle;
    if (t_.power.mj_per_hour >= needed) return {};
    return compare(Reason::rule_hourly_energy, "power.mj_per_hour"sv, t_.power.mj_per_hour, "at least"sv,
                   needed, "mJ, the cycles of an hour"sv);
  }

  Status alarm() const {
    // What is learned for longer is learned from a bearing that has aged meanwhile.
    const std::uint64_t cycles = std::uint64_t{t_.alarm.fit_cycles} + t_.alarm.calibration_cycles;
    if (cycles * period_ms() <= kMaxLearningMs) return {};
    return compare(Reason::rule_learning, "alarm.calibration_cycles"sv, cycles,
                   "together with alarm.fit_cycles at most"sv, kMaxLearningMs / period_ms(),
                   "cycles, 90 days"sv);
  }

  Status spool() const {
    // Reports must live until the next contact, by age and by bytes, or are lost by contract.
    if (t_.telemetry.spool_age_ms < t_.telemetry.interval_ms)
      return compare(Reason::rule_spool_age, "telemetry.spool_age_ms"sv, t_.telemetry.spool_age_ms,
                     "at least"sv, t_.telemetry.interval_ms, "ms, telemetry.interval_ms"sv);
    const std::uint64_t needed = cycles_in(t_.telemetry.interval_ms) * kSpoolBytesPerCycle;
    if (t_.telemetry.spool_bytes < needed)
      return compare(Reason::rule_spool_bytes, "telemetry.spool_bytes"sv, t_.telemetry.spool_bytes,
                     "at least"sv, needed, "bytes, the reports of one interval"sv);
    return {};
  }

  Error fail(Reason reason, std::string_view field) const {
    Error error{.reason = reason};
    if (!what_.empty()) error.where << what_ << ": ";
    error.where << field;
    return error;
  }
  Error fail_sensor(Reason reason, std::size_t index, std::string_view field) const {
    Error error = fail(reason, "sensors["sv);
    error.where << index << "]." << field;
    return error;
  }
  Error compare(Reason reason, std::string_view field, std::uint64_t found, std::string_view relation,
                std::uint64_t bound, std::string_view bound_name) const {
    Error error = fail(reason, field);
    error.found << found;
    error.expected << relation << " " << bound << " " << bound_name;
    return error;
  }

  const Terms& t_;
  std::string_view what_;
};

}  // namespace

Status check_rules(const Terms& terms, std::string_view what) { return RuleCheck(terms, what).run(); }

}  // namespace torpor
