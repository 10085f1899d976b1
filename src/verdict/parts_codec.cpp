// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/parts_codec.h"

#include <cmath>
#include <limits>

#include "base/sealed.h"
#include "verdict/raw_values.h"

namespace torpor {
namespace {

void put_score(cbor::Writer& w, const ScoreCalibration& c) {
  // The four in one order with take_score(); doubles bit for bit, or a restart would move a threshold.
  w.array(4);
  w.bytes(raw_bytes(std::span(&c.median, 1)));
  w.bytes(raw_bytes(std::span(&c.mad, 1)));
  w.bytes(raw_bytes(std::span(c.q)));
  w.bytes(raw_bytes(std::span(&c.phi, 1)));
}

Status take_score(cbor::Reader& in, ScoreCalibration& c, std::uint32_t ranks) {
  TORPOR_CHECK(take_array(in, 4, "calibration"));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(&c.median, 1)));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(&c.mad, 1)));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(c.q)));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(&c.phi, 1)));
  // Asked although the CRC fits: a file may come from a version with a fault, and a MAD of 0 would divide.
  bool sound = std::isfinite(c.median) && std::isfinite(c.mad) && c.mad > 0 && std::isfinite(c.phi);
  for (std::uint32_t i = 0; i < ranks; ++i)
    sound = sound && std::isfinite(c.q[i]) && (i == 0 || c.q[i] <= c.q[i - 1]);
  return sound ? Status{} : Status{impossible("calibration", "numbers that cannot be")};
}

}  // namespace

Error impossible(std::string_view member, std::string_view found) {
  Error e{Reason::baseline_damaged, {}, found, {}};
  e.where << "baseline: " << member;
  return e;
}

Result<std::uint32_t> take_uint32(cbor::Reader& in) {
  TORPOR_TRY(const std::uint64_t value, in.uint());
  // Refused and not cut: a number that does not fit was not written by us.
  if (value > std::numeric_limits<std::uint32_t>::max()) return impossible("number", "too large");
  return static_cast<std::uint32_t>(value);
}

Status take_array(cbor::Reader& in, std::size_t items, std::string_view member) {
  TORPOR_TRY(const std::size_t found, in.array());
  if (found != items) return impossible(member, "another number of items");
  return {};
}

void put_key(cbor::Writer& w, const BaselineKey& key) {
  w.array(7);
  w.bytes(Bytes(key.model));
  w.uint(key.feature_version);
  w.text(key.backend);
  w.text(key.sensor);
  w.uint(key.rate_mhz);
  w.uint(key.axes);
  w.uint(key.window_ms);
}

Result<BaselineKey> take_key(cbor::Reader& in) {
  BaselineKey key;
  TORPOR_CHECK(take_array(in, 7, "key"));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(key.model)));
  TORPOR_TRY(key.feature_version, take_uint32(in));
  TORPOR_TRY(const std::string_view backend, in.text());
  TORPOR_TRY(const std::string_view sensor, in.text());
  // Refused, not cut: a shortened name could equal another key's.
  if (backend.size() > key.backend.capacity() || sensor.size() > key.sensor.capacity())
    return impossible("key", "a name that is too long");
  key.backend = backend;
  key.sensor = sensor;
  TORPOR_TRY(key.rate_mhz, take_uint32(in));
  TORPOR_TRY(key.axes, take_uint32(in));
  TORPOR_TRY(key.window_ms, take_uint32(in));
  return key;
}

void put_sequential(cbor::Writer& w, const SequentialState& s) {
  w.array(3);
  w.uint(s.detectors);
  w.uint(s.last_cycle);
  w.bytes(raw_bytes(std::span(s.log_r)));
}

Result<SequentialState> take_sequential(cbor::Reader& in) {
  SequentialState s;
  TORPOR_CHECK(take_array(in, 3, "evidence"));
  TORPOR_TRY(s.detectors, take_uint32(in));
  TORPOR_TRY(s.last_cycle, in.uint());
  TORPOR_CHECK(take_raw(in.bytes(), std::span(s.log_r)));
  // Cycles are counted modulo this number: 0 would divide, and more than eight would leave log_r.
  if (s.detectors != 1 && s.detectors != kInterleaved) return impossible("evidence", "detectors");
  // Minus infinity is R = 0 and allowed.
  for (double v : s.log_r)
    if (std::isnan(v) || v == std::numeric_limits<double>::infinity())
      return impossible("evidence", "not a number");
  return s;
}

void put_calibration(cbor::Writer& w, const Calibration& c) {
  w.array(7 + kScores);
  w.uint(c.n);
  w.uint(c.ranks);
  w.uint(c.pairs);
  w.uint(c.detectors);
  w.uint(c.delta_ppm);
  w.uint(c.tolerance_mmad);
  w.bytes(raw_bytes(std::span(c.u)));
  for (const auto& score : c.score) put_score(w, score);
}

// From here on the numbers are used unasked: all that an index or a shift hangs on is held first.
Result<Calibration> take_calibration(cbor::Reader& in) {
  Calibration c;
  TORPOR_CHECK(take_array(in, 7 + kScores, "calibration"));
  TORPOR_TRY(c.n, take_uint32(in));
  TORPOR_TRY(c.ranks, take_uint32(in));
  TORPOR_TRY(c.pairs, take_uint32(in));
  TORPOR_TRY(c.detectors, take_uint32(in));
  TORPOR_TRY(c.delta_ppm, take_uint32(in));
  TORPOR_TRY(c.tolerance_mmad, take_uint32(in));
  TORPOR_CHECK(take_raw(in.bytes(), std::span(c.u)));
  // In this order: the shift below needs the ranks' bounds.
  bool sound = c.n >= kMinCalibrationCycles && c.ranks >= 1 && c.ranks <= kMaxRanks &&
               (1u << (c.ranks - 1)) <= c.n / 4 && c.pairs < c.n &&
               (c.detectors == 1 || c.detectors == kInterleaved);
  for (double u : c.u) sound = sound && u >= 0 && u < 1;
  if (!sound) return impossible("calibration", "numbers that cannot be");
  for (auto& score : c.score) TORPOR_CHECK(take_score(in, score, c.ranks));
  return c;
}

}  // namespace torpor
