// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"

// The numbers both roles obey. Freestanding: no heap, no file, no clock.
//
// Each member of Terms is one row of contract/fields.def, which gives its TOML name, CBOR
// key, unit, bounds and meaning; docs/bundle.md is made from it. Nowhere else in the code is
// there a number of the contract, and no default.
namespace torpor {

inline constexpr std::size_t kMaxSensors = 4;
inline constexpr std::size_t kMaxAxes = 3;

// Their words, in the order of their CBOR numbers: contract/words.def.
enum class SleepLevel : std::uint8_t {
#define TORPOR_SLEEP_LEVEL(word) word,
#include "contract/words.def"
};
enum class Residency : std::uint8_t {
#define TORPOR_RESIDENCY(word) word,
#include "contract/words.def"
};

struct DutyTerms {
  std::uint32_t sample_ms;
  std::uint32_t sleep_ms;
  std::uint32_t interval_tolerance_ms;  // |start-to-start - period| above this is a deviation

  // From start to start. Nobody else adds the two: they fit 32 bits each, not together.
  constexpr std::uint64_t period_ms() const { return std::uint64_t{sample_ms} + sleep_ms; }
  constexpr Duration period() const { return std::chrono::milliseconds(period_ms()); }
};

struct QueueTerms {
  std::uint32_t batches;  // one batch = one window's worth of frames
  std::uint32_t bytes;    // sample bytes held, kernel buffers included
  std::uint32_t age_ms;   // older frames are dropped
};

// Rolling-element bearing on the monitored shaft; all zero rolling_elements = 0: unknown,
// then no defect is named.
struct BearingTerms {
  std::uint32_t rolling_elements;
  std::uint32_t element_diameter_um;
  std::uint32_t pitch_diameter_um;
  std::uint32_t contact_angle_mdeg;
};

struct SensorTerms {
  FixedString<32> id;
  std::uint32_t rate_mhz;        // milli-Hz per axis
  std::uint32_t axes;            // 1..3
  std::uint32_t full_scale_mg;   // saturation is judged against it
  std::uint32_t noise_floor_ug;  // RMS below it: the sensor is stuck
  BearingTerms bearing;
};

struct ModelTerms {
  Digest digest;  // SHA-256 of the model file
  std::uint32_t feature_version;
};

struct PowerTerms {
  SleepLevel sleep_level;
  std::uint32_t failed_resumes;  // allowed before suspend is given up
  Residency residency;
  std::uint32_t idle_mw;              // rail below this: the compute device is released
  std::uint32_t active_mj_per_cycle;  // attributed to us
  std::uint32_t awake_limit_ms;       // the dead-man's bound on one wake
  std::uint32_t infer_deadline_ms;
  std::uint32_t release_deadline_ms;
  std::uint32_t mj_per_hour;
};

struct AlarmTerms {
  std::uint64_t cycles_between_false_alarms;  // A
  std::uint32_t calibration_delta_ppm;
  std::uint32_t score_tolerance_mmad;  // m, milli-MAD
  std::uint32_t fit_cycles;
  std::uint32_t calibration_cycles;
  std::uint32_t shock_cycles;  // shock verdicts in a row that raise the alarm
};

struct TelemetryTerms {
  std::uint32_t interval_ms;
  std::uint32_t spool_bytes;
  std::uint32_t spool_age_ms;
};

struct Terms {
  std::uint32_t schema;
  FixedString<64> contract_id;
  std::uint64_t sequence;
  std::int64_t not_before_s;  // seconds since 1970-01-01 UTC
  std::int64_t expires_s;
  FixedString<32> target_class;
  DutyTerms duty;
  QueueTerms queue;
  std::uint32_t sensor_count;  // 1..kMaxSensors
  SensorTerms sensor_list[kMaxSensors];
  ModelTerms model;
  PowerTerms power;
  AlarmTerms alarm;
  TelemetryTerms telemetry;

  std::span<const SensorTerms> sensors() const { return {sensor_list, sensor_count}; }
};

// Terms that were signed by a trusted key and passed every rule. Only verify() makes
// one (contract/verify.h); tests use contract/fake/example_contract.h, which signs and
// verifies too. Copyable plain data; safe to share between threads once made.
class Contract {
 public:
  const Terms& terms() const { return terms_; }
  const Digest& digest() const { return digest_; }  // SHA-256 of the payload
  std::uint64_t sequence() const { return terms_.sequence; }

  Duration sample() const { return std::chrono::milliseconds(terms_.duty.sample_ms); }
  Duration sleep() const { return std::chrono::milliseconds(terms_.duty.sleep_ms); }
  Duration period() const { return terms_.duty.period(); }

 private:
  friend class ContractMaker;  // contract/verify.cpp
  Contract() = default;
  Terms terms_{};
  Digest digest_{};
};

// Suspend failed as often as the contract allows, and at least once: from then on the sleep
// level is block. Both roles judge by this.
[[nodiscard]] inline bool suspend_given_up(const PowerTerms& power, std::uint32_t failed) {
  return failed > 0 && failed >= power.failed_resumes;
}

// Samples per axis in one window of this sensor, and its bytes (int16, interleaved).
inline std::uint64_t window_samples(const DutyTerms& duty, const SensorTerms& sensor) {
  return std::uint64_t{duty.sample_ms} * sensor.rate_mhz / 1'000'000;
}
inline std::uint64_t window_bytes(const DutyTerms& duty, const SensorTerms& sensor) {
  return window_samples(duty, sensor) * sensor.axes * 2;
}

}  // namespace torpor
