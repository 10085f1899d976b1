// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "base/sealed.h"
#include "verdict/explain/explanation.h"
#include "verdict/raw_values.h"

namespace torpor {
namespace {

// Version 1 had no count of the looks behind its lines: all looks stood for them.
constexpr SealKind kSeal = {"TPEN", 2, Reason::envelope_damaged, Reason::envelope_damaged, 1};
constexpr std::size_t kItems = 7;
constexpr std::size_t kItemsOfVersion1 = 6;

// One decimal; no libc formatting, which would ask the locale.
void tenths(FixedString<200>& out, double value) {
  const auto t = static_cast<std::int64_t>(std::llround(value * 10));
  out << t / 10 << "." << t % 10;
}

void band_range(FixedString<200>& out, double rate_hz, std::uint32_t band) {
  const double low = kEnvelopeBand[band].low * rate_hz / 2, high = kEnvelopeBand[band].high * rate_hz / 2;
  if (high >= 2000) {
    tenths(out, low / 1000), out << "-", tenths(out, high / 1000), out << " kHz band";
  } else {
    out << std::llround(low) << "-" << std::llround(high) << " Hz band";
  }
}

// "x1..x5" for consecutive harmonics, else "x1,x3,x4".
void harmonics(FixedString<200>& out, std::uint32_t bits) {
  std::uint32_t first = 0, last = 0, count = 0;
  for (std::uint32_t h = 1; h <= kHarmonics; ++h) {
    if (!(bits >> (h - 1) & 1)) continue;
    if (count++ == 0) first = h;
    last = h;
  }
  // Consecutive exactly if nothing between first and last is missing.
  if (count == last - first + 1) {
    out << "x" << first << "..x" << last;
    return;
  }
  std::string_view comma;
  for (std::uint32_t h = 1; h <= kHarmonics; ++h) {
    if (!(bits >> (h - 1) & 1)) continue;
    out << comma << "x" << h;
    comma = ",";
  }
}

}  // namespace

std::string_view name(Defect defect) {
  switch (defect) {
    case Defect::outer_race:
      return "outer race";
    case Defect::inner_race:
      return "inner race";
    case Defect::ball:
      return "ball";
  }
  return "unknown";
}

FixedString<200> Explainer::text(const Explanation& e) const {
  FixedString<200> out;
  const double rate_hz = sensor_.rate_mhz * 1e-3;
  switch (e.kind) {
    case Explanation::Kind::nothing:
      return out;
    case Explanation::Kind::defect:
      out << name(e.defect) << ", ";
      tenths(out, e.hertz), out << " Hz ";
      harmonics(out, e.harmonics), out << ", ";
      band_range(out, rate_hz, e.band);
      break;
    case Explanation::Kind::period:
      out << "repeats at ";
      tenths(out, e.hertz), out << " Hz (";
      tenths(out, 1000 / e.hertz), out << " ms) ";
      harmonics(out, e.harmonics), out << ", ";
      band_range(out, rate_hz, e.band);
      break;
    case Explanation::Kind::band:
      // strength is a natural logarithm of power.
      out << "louder by " << std::llround(10 * e.strength / std::log(10.0)) << " dB in the ";
      band_range(out, rate_hz, e.band);
      break;
  }
  constexpr std::string_view kAxis[kMaxAxes] = {"x", "y", "z"};
  out << ", axis " << kAxis[e.axis];
  if (e.kind == Explanation::Kind::band) out << ", nothing new repeats";
  return out;
}

Result<Bytes> Explainer::encode(MutableBytes out) const {
  cbor::Writer w(payload_room(out));
  // All of kMaxAxes, whatever the sensor has: one length for every file.
  const Reference& r = reference_;
  w.array(kItems);
  w.uint(sensor_.axes);
  w.uint(r.looks);
  w.bytes(raw_bytes(std::span(&r.line, 1)));
  w.bytes(raw_bytes(std::span(&r.log_level, 1)));
  w.uint(r.periods);
  w.bytes(raw_bytes(std::span(r.period)));
  w.uint(r.line_looks);
  return seal(out, kSeal, w);
}

Status Explainer::decode(Bytes bytes) {
  TORPOR_TRY(const Bytes body, unseal(bytes, kSeal, "envelope"));
  const auto parse = [&]() -> Result<Reference> {
    Reference r;
    cbor::Reader in(body, "envelope");
    TORPOR_TRY(const std::size_t items, in.array());
    TORPOR_TRY(const std::uint64_t axes, in.uint());
    TORPOR_TRY(const std::uint64_t looks, in.uint());
    TORPOR_CHECK(take_raw(in.bytes(), std::span(&r.line, 1)));
    TORPOR_CHECK(take_raw(in.bytes(), std::span(&r.log_level, 1)));
    TORPOR_TRY(const std::uint64_t periods, in.uint());
    TORPOR_CHECK(take_raw(in.bytes(), std::span(r.period)));
    std::uint64_t line_looks = looks;
    if (items == kItems) {
      TORPOR_TRY(line_looks, in.uint());
    }
    TORPOR_CHECK(in.finish());
    bool sound = (items == kItems || items == kItemsOfVersion1) && line_looks <= looks &&
                 axes == sensor_.axes && periods <= kMaxPeriods && looks <= ~0u;
    const auto finite = [&](const Moments& m) {
      sound = sound && std::isfinite(m.mean) && std::isfinite(m.square);
    };
    for (const auto& axis : r.line)
      for (const auto& band : axis)
        for (const auto& defect : band) std::for_each(defect.begin(), defect.end(), finite);
    for (const auto& axis : r.log_level) std::for_each(axis.begin(), axis.end(), finite);
    for (const float p : r.period) sound = sound && std::isfinite(p);
    if (!sound) return Error{Reason::envelope_damaged, "envelope", "numbers that cannot be", {}};
    r.looks = static_cast<std::uint32_t>(looks);
    r.line_looks = static_cast<std::uint32_t>(line_looks);
    r.periods = static_cast<std::uint32_t>(periods);
    return r;
  };
  const auto taken = parse();
  // One word for all that the reader can stumble over.
  if (!taken) {
    Error e = taken.error();
    e.reason = Reason::envelope_damaged;
    return e;
  }
  // Only now: a reference is taken whole or not at all.
  reference_ = *taken;
  return {};
}

}  // namespace torpor
