// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "report/cycle_report.h"
#include "telemetry/totals.h"

// The metric catalogue (metrics.def) as data, and the values of one cycle by it. Start here.
namespace torpor {

enum class MetricType : std::uint8_t { counter, gauge };
// Which label, beside job and instance, tells the series of one metric apart.
enum class Labels : std::uint8_t {
  none,
  phase,     // phase: name(Phase)
  reason,    // reason: name(DropReason)
  kind,      // kind: name(BreachKind)
  sensor,    // sensor: its id in the contract
  contract,  // digest, sequence
};
// cycle: a function of the record log; pusher: of the moment it is sent.
enum class Origin : std::uint8_t { cycle, pusher };

struct Metric {
  std::string_view name;
  MetricType type;
  std::string_view unit;
  Labels labels;
  Origin origin;
  std::string_view help;
};

constexpr std::size_t series_of(Labels labels) {
  switch (labels) {
    case Labels::phase:
      return kPhases;
    case Labels::reason:
      return kDropReasons;
    case Labels::kind:
      return kBreachKinds;
    default:
      return 1;
  }
}

inline constexpr auto kMetrics = std::to_array<Metric>({
#define TORPOR_METRIC(name, type, unit, labels, origin, value, help) \
  {name, MetricType::type, unit, Labels::labels, Origin::origin, help},
#include "telemetry/metrics.def"
#undef TORPOR_METRIC
});

// All series of one robot, in catalogue order: what one cycle can show at most.
inline constexpr std::size_t kSeries = [] {
  std::size_t n = 0;
  for (const Metric& metric : kMetrics) n += series_of(metric.labels);
  return n;
}();

// The job label of everything that comes from torpord; `instance` is the device id.
inline constexpr std::string_view kJob = "torpor";

// A value that is not known. Never sent.
inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// Who the values are about: the label values. Requests hold samples of one subject only.
struct Subject {
  FixedString<64> device;
  FixedString<32> sensor;
  Digest digest{};
  std::uint64_t sequence = 0;
  bool operator==(const Subject&) const = default;
};
Subject subject_of(const CycleReport& report);

// The series of one cycle. 8 bytes each, no heap.
struct CycleSample {
  std::int64_t wall_ms = 0;  // when the cycle began: the timestamp of every value
  std::array<double, kSeries> value{};
};

// `totals` include the report. The pusher's series are absent until they are added, which
// only the newest cycle may have.
CycleSample sample_of(const CycleReport& report, const Totals& totals);
void add_pusher(CycleSample& sample, const PusherFacts& pusher);

// One label of a series beside job and instance; at most two ("contract").
struct Label {
  std::string_view name;
  FixedString<64> value;
};
struct SeriesLabels {
  std::array<Label, 2> label{};
  std::size_t count = 0;
};
// Of series `i` of a metric, 0 <= i < series_of(metric.labels). In order of name.
SeriesLabels labels_of(const Metric& metric, std::size_t i, const Subject& subject);

// The table of docs/metrics.md.
std::string catalogue_markdown();

}  // namespace torpor
