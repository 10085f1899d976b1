// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/report_codec.h"

#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <tuple>

#include "base/cbor.h"
#include "log/segment.h"

namespace torpor {
namespace {

using cbor::Reader;
using cbor::Writer;

// --- Codecs: how one member travels. read() is false when the value does not fit. ---

struct Uint {
  static void write(Writer& w, std::uint64_t value) { w.uint(value); }
  template <class T>
  static Result<bool> read(Reader& in, T& value) {
    TORPOR_TRY(const std::uint64_t raw, in.uint());
    if (raw > std::numeric_limits<T>::max()) return false;
    value = static_cast<T>(raw);
    return true;
  }
};

// Signed numbers are checked against the member they go into: a record may hold any 64 bits.
struct Int {
  static void write(Writer& w, std::int64_t value) { w.integer(value); }
  template <class T>
  static Result<bool> read(Reader& in, T& value) {
    TORPOR_TRY(const std::int64_t raw, in.integer());
    if (raw < std::numeric_limits<T>::min() || raw > std::numeric_limits<T>::max()) return false;
    value = static_cast<T>(raw);
    return true;
  }
};

struct Bool {
  static void write(Writer& w, bool value) { w.boolean(value); }
  static Result<bool> read(Reader& in, bool& value) {
    TORPOR_TRY(value, in.boolean());
    return true;
  }
};

struct Text {
  // A text that was cut inside a character is no UTF-8 any more: its bytes beyond ASCII
  // become '?', so that a bad name never costs the record.
  template <std::size_t N>
  static void write(Writer& w, const FixedString<N>& value) {
    if (cbor::valid_utf8(as_bytes(value.view()))) return w.text(value.view());
    FixedString<N> plain;
    for (char c : value.view())
      plain.append(static_cast<unsigned char>(c) < 0x80 ? std::string_view(&c, 1) : "?");
    w.text(plain.view());
  }
  template <std::size_t N>
  static Result<bool> read(Reader& in, FixedString<N>& value) {
    TORPOR_TRY(const std::string_view raw, in.text());
    if (raw.size() > N) return false;
    value = FixedString<N>(raw);
    return true;
  }
};

struct Bytes32 {
  static void write(Writer& w, const Digest& value) { w.bytes(value); }
  static Result<bool> read(Reader& in, Digest& value) {
    TORPOR_TRY(const Bytes raw, in.bytes());
    if (raw.size() != value.size()) return false;
    std::memcpy(value.data(), raw.data(), raw.size());
    return true;
  }
};

struct Evidence {
  static void write(Writer& w, const EvidenceBytes& value) { w.bytes(value.view()); }
  static Result<bool> read(Reader& in, EvidenceBytes& value) {
    TORPOR_TRY(const Bytes raw, in.bytes());
    return value.assign(raw);
  }
};

// Durations and times are whole nanoseconds on both sides: nothing is rounded.
struct Span {
  static void write(Writer& w, Duration value) { w.integer(value.count()); }
  static Result<bool> read(Reader& in, Duration& value) {
    TORPOR_TRY(const std::int64_t raw, in.integer());
    value = Duration(raw);
    return true;
  }
};

struct Time {
  template <class T>
  static void write(Writer& w, T value) {
    w.integer(to_ns(value));
  }
  template <class T>
  static Result<bool> read(Reader& in, T& value) {
    TORPOR_TRY(const std::int64_t raw, in.integer());
    value = T(Duration(raw));
    return true;
  }
};

template <std::int64_t kScale>
struct Scaled {
  // The three integers of docs/record-log.md; a finite value never reaches them (kLargest).
  static constexpr std::int64_t kMinusInfinity = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kNotANumber = kMinusInfinity + 1;
  static constexpr std::int64_t kPlusInfinity = std::numeric_limits<std::int64_t>::max();
  static constexpr double kLargest = 9.2e18;

  static void write(Writer& w, double value) {
    const double scaled = value * static_cast<double>(kScale);
    std::int64_t raw = 0;
    if (std::isnan(value)) {
      raw = kNotANumber;
    } else if (std::isinf(value)) {
      raw = value < 0 ? kMinusInfinity : kPlusInfinity;
    } else {
      // llrint of a value beyond 64 bits is undefined: the bound comes first. To nearest, ties to even.
      raw = std::llrint(std::fmin(std::fmax(scaled, -kLargest), kLargest));
    }
    w.integer(raw);
  }
  static Result<bool> read(Reader& in, double& value) {
    TORPOR_TRY(const std::int64_t raw, in.integer());
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    value = raw == kNotANumber      ? std::numeric_limits<double>::quiet_NaN()
            : raw == kMinusInfinity ? -kInfinity
            : raw == kPlusInfinity  ? kInfinity
                                    : static_cast<double>(raw) / static_cast<double>(kScale);
    return true;
  }
};

// An enumeration counted from 0 without holes.
template <std::size_t kCount>
struct Enum {
  template <class T>
  static void write(Writer& w, T value) {
    w.uint(static_cast<std::uint64_t>(value));
  }
  template <class T>
  static Result<bool> read(Reader& in, T& value) {
    TORPOR_TRY(const std::uint64_t raw, in.uint());
    // A word of a later torpor is refused, not taken for another: a record that says "alarm" in a
    // new way must not read as "healthy".
    if (raw >= kCount) return false;
    value = static_cast<T>(raw);
    return true;
  }
};

// The lists of indicators have kMaxAxes places; more axes than that would be read beyond them.
struct Axes {
  static void write(Writer& w, std::uint32_t value) { w.uint(value); }
  static Result<bool> read(Reader& in, std::uint32_t& value) {
    TORPOR_TRY(const bool fits, Uint::read(in, value));
    return fits && value <= kMaxAxes;
  }
};

// The number of items is part of the format: another number of phases is another schema.
Result<bool> read_count(Reader& in, std::size_t want) {
  TORPOR_TRY(const std::size_t count, in.array());
  return count == want;
}

// All items of an array by one codec.
template <class Codec>
struct Each {
  template <class T, std::size_t N>
  static void write(Writer& w, const std::array<T, N>& values) {
    w.array(N);
    for (const T& value : values) Codec::write(w, value);
  }
  template <class T, std::size_t N>
  static Result<bool> read(Reader& in, std::array<T, N>& values) {
    TORPOR_TRY(bool fits, read_count(in, N));
    for (std::size_t i = 0; fits && i < N; ++i) {
      TORPOR_TRY(fits, Codec::read(in, values[i]));
    }
    return fits;
  }
};

// One member of every item of an array.
template <auto kMember, class Codec>
struct Of {
  template <class T, std::size_t N>
  static void write(Writer& w, const std::array<T, N>& items) {
    w.array(N);
    for (const T& item : items) Codec::write(w, item.*kMember);
  }
  template <class T, std::size_t N>
  static Result<bool> read(Reader& in, std::array<T, N>& items) {
    TORPOR_TRY(bool fits, read_count(in, N));
    for (std::size_t i = 0; fits && i < N; ++i) {
      TORPOR_TRY(fits, Codec::read(in, items[i].*kMember));
    }
    return fits;
  }
};

// One member of every envelope peak of every axis.
template <auto kMember, class Codec>
struct OfPeaks {
  using AxisList = std::array<AxisIndicators, kMaxAxes>;
  static void write(Writer& w, const AxisList& axes) {
    w.array(kMaxAxes * kEnvelopePeaks);
    for (const AxisIndicators& axis : axes) {
      for (const EnvelopePeak& peak : axis.peaks) Codec::write(w, peak.*kMember);
    }
  }
  static Result<bool> read(Reader& in, AxisList& axes) {
    TORPOR_TRY(bool fits, read_count(in, kMaxAxes * kEnvelopePeaks));
    for (std::size_t i = 0; fits && i < kMaxAxes * kEnvelopePeaks; ++i) {
      TORPOR_TRY(fits, Codec::read(in, axes[i / kEnvelopePeaks].peaks[i % kEnvelopePeaks].*kMember));
    }
    return fits;
  }
};

// The names report_fields.def uses.
using Micro = Scaled<1'000'000>;
using Milli = Scaled<1'000>;
using QualityCode = Enum<kWindowQualities>;
using VerdictCode = Enum<kVerdictKinds>;
using ReasonCode = Enum<kVerdictReasons>;
using ResidencyCode = Enum<3>;
using SleepCode = Enum<2>;
using CrossingCode = Enum<kCrossingCauses>;
using EachZ = Of<&ScoreEvidence::z, Micro>;
using EachE = Of<&ScoreEvidence::e, Micro>;
using EachUsed = Of<&ScoreEvidence::used, Bool>;
using EachRms = Of<&AxisIndicators::rms_g, Micro>;
using EachVelocity = Of<&AxisIndicators::velocity_rms_mm_s, Micro>;
using EachKurtosis = Of<&AxisIndicators::kurtosis, Micro>;
using EachCrest = Of<&AxisIndicators::crest, Micro>;
using EachPeakHertz = OfPeaks<&EnvelopePeak::hertz, Milli>;
using EachPeakProminence = OfPeaks<&EnvelopePeak::prominence, Micro>;

// --- The table ----------------------------------------------------------------------

constexpr std::int64_t kSchemaKey = 0;
constexpr std::int64_t kKindKey = 1;
constexpr std::int64_t kFirstKey = 2;

constexpr ReportField kFields[] = {
#define TORPOR_REPORT_FIELD(key, since, name, unit, codec, place, doc) {key, since, name, unit, doc},
#include "report/report_fields.def"
#undef TORPOR_REPORT_FIELD
};
constexpr std::size_t kFieldCount = std::size(kFields);

struct Access {
  void (*write)(Writer&, const CycleReport&);
  Result<bool> (*read)(Reader&, CycleReport&);
};
constexpr Access kAccess[] = {
#define TORPOR_REPORT_FIELD(key, since, name, unit, codec, place, doc) \
  {[](Writer& w, const CycleReport& r) { codec::write(w, place); },    \
   [](Reader& in, CycleReport& r) { return codec::read(in, place); }},
#include "report/report_fields.def"
#undef TORPOR_REPORT_FIELD
};

// Keys without holes: a row's place follows from its key.
constexpr bool keys_count_up() {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (kFields[i].key != kFirstKey + static_cast<std::int64_t>(i)) return false;
  }
  return true;
}
static_assert(keys_count_up());

Error field_error(Reason reason, std::string_view field) {
  Error error{.reason = reason};
  error.where << "report: " << field;
  return error;
}

Result<RecordHead> take_head(cbor::MapReader& map, Reader& in) {
  RecordHead head;
  for (const auto& [key, field, into] : {std::tuple{kSchemaKey, std::string_view("schema"), &head.schema},
                                         std::tuple{kKindKey, std::string_view("kind"), &head.kind}}) {
    // By place as well as by key: both heads come first, so that any reader can tell a record's kind.
    const bool there = map.next() && map.key() == key;
    TORPOR_CHECK(map.status());
    if (!there) return field_error(Reason::report_field_missing, field);
    TORPOR_TRY(*into, in.uint());
  }
  return head;
}

}  // namespace

std::span<const ReportField> report_fields() { return kFields; }

Result<RecordHead> read_head(Bytes payload) {
  Reader in(payload, "record");
  cbor::MapReader map(in);
  return take_head(map, in);
}

Result<Bytes> encode_report(const CycleReport& report, MutableBytes out) {
  Writer w(out);
  w.map(2 + kFieldCount);
  w.integer(kSchemaKey);
  w.uint(kReportSchema);
  w.integer(kKindKey);
  w.uint(static_cast<std::uint64_t>(RecordKind::cycle_report));
  // Every key of the schema, in the order of the table, is the deterministic order of CBOR.
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    w.integer(kFields[i].key);
    kAccess[i].write(w, report);
  }
  return w.finish();
}

Status decode_report(Bytes payload, CycleReport& report) {
  Reader in(payload, "report");
  cbor::MapReader map(in);
  TORPOR_TRY(const RecordHead head, take_head(map, in));
  if (head.kind != static_cast<std::uint64_t>(RecordKind::cycle_report)) {
    Error error = field_error(Reason::report_kind, "kind");
    error.found << head.kind;
    error.expected << static_cast<std::uint64_t>(RecordKind::cycle_report);
    return error;
  }
  // Keys a record of an older schema lacks keep the defaults of the struct.
  report = CycleReport{};
  std::size_t expected = 0;  // rows before it are there, or not of this record's schema
  const auto pass_until = [&](std::size_t row) -> Status {
    for (; expected < row; ++expected) {
      if (kFields[expected].since_schema <= head.schema)
        return field_error(Reason::report_field_missing, kFields[expected].name);
    }
    return {};
  };
  while (map.next()) {
    const std::int64_t row = map.key() - kFirstKey;
    if (row < 0 || row >= static_cast<std::int64_t>(kFieldCount)) {
      TORPOR_CHECK(map.skip());
      continue;
    }
    const auto i = static_cast<std::size_t>(row);
    TORPOR_CHECK(pass_until(i));
    TORPOR_TRY(const bool fits, kAccess[i].read(in, report));
    if (!fits) {
      Error error = field_error(Reason::report_field_value, kFields[i].name);
      error.expected << kFields[i].unit;
      return error;
    }
    expected = i + 1;
  }
  TORPOR_CHECK(map.status());
  TORPOR_CHECK(pass_until(kFieldCount));
  return in.finish();
}

}  // namespace torpor
