// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/catalogue.h"

#include "base/hex.h"

namespace torpor {
namespace {

double count(std::uint64_t n) { return static_cast<double>(n); }
double flag(bool set) { return set ? 1.0 : 0.0; }
double from_milli(std::uint64_t n) { return static_cast<double>(n) / 1e3; }
double from_micro(std::uint64_t n) { return static_cast<double>(n) / 1e6; }
double from_nano(std::uint64_t n) { return static_cast<double>(n) / 1e9; }

std::int64_t wall_ms(const CycleReport& r) {
  return std::chrono::floor<std::chrono::milliseconds>(r.woke.wall.time_since_epoch()).count();
}
double wall_s(const CycleReport& r) { return static_cast<double>(wall_ms(r)) / 1e3; }
double interval_s(const CycleReport& r) {
  return r.interval > Duration::zero() ? seconds_of(r.interval) : kAbsent;
}
double period_s(const CycleReport& r) { return seconds_of(r.contract.period()); }
double cycle_s(const CycleReport& r) {
  return r.interval > Duration::zero() ? seconds_of(r.interval) : period_s(r);
}
double awake_s(const CycleReport& r) { return seconds_of(awake_of(r)); }
double alarm_state(const CycleReport& r) {
  if (r.verdict.latched || r.verdict.kind == VerdictKind::alarm) return 2;
  return flag(r.verdict.kind == VerdictKind::watch);
}

}  // namespace

Subject subject_of(const CycleReport& r) {
  return {
      .device = r.device, .sensor = r.sensor, .digest = r.contract.digest, .sequence = r.contract.sequence};
}

namespace {

// Fills the series of one origin; the others stay as they are.
void fill(CycleSample& sample, Origin which, const CycleReport& r, const Totals& t, const PusherFacts& p) {
  double* out = sample.value.data();
#define TORPOR_METRIC(name, type, unit, labels, origin, expression, help) \
  for (std::size_t i = 0; i < series_of(Labels::labels); ++i, ++out) {    \
    if (Origin::origin == which) *out = (expression);                     \
  }
#include "telemetry/metrics.def"
#undef TORPOR_METRIC
}

}  // namespace

CycleSample sample_of(const CycleReport& report, const Totals& totals) {
  CycleSample sample{.wall_ms = wall_ms(report)};
  sample.value.fill(kAbsent);
  fill(sample, Origin::cycle, report, totals, {});
  return sample;
}

void add_pusher(CycleSample& sample, const PusherFacts& pusher) {
  fill(sample, Origin::pusher, CycleReport{}, {}, pusher);
}

SeriesLabels labels_of(const Metric& metric, std::size_t i, const Subject& subject) {
  SeriesLabels out;
  const auto add = [&](std::string_view name, std::string_view value) {
    out.label[out.count++] = {name, FixedString<64>(value)};
  };
  switch (metric.labels) {
    case Labels::none:
      break;
    case Labels::phase:
      add("phase", name(static_cast<Phase>(i)));
      break;
    case Labels::reason:
      add("reason", name(static_cast<DropReason>(i)));
      break;
    case Labels::kind:
      add("kind", name(static_cast<BreachKind>(i)));
      break;
    case Labels::sensor:
      add("sensor", subject.sensor.view());
      break;
    case Labels::contract: {
      FixedString<64> sequence;
      sequence << subject.sequence;
      add("digest", hex(subject.digest).view());
      add("sequence", sequence.view());
      break;
    }
  }
  return out;
}

namespace {

std::string_view label_text(Labels labels) {
  constexpr std::string_view kTexts[] = {"",       "`phase`",  "`reason`",
                                         "`kind`", "`sensor`", "`digest`, `sequence`"};
  return kTexts[static_cast<std::size_t>(labels)];
}

}  // namespace

std::string catalogue_markdown() {
  std::string out = "| metric | type | unit | labels | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const Metric& metric : kMetrics) {
    out += "| `" + std::string(metric.name) + "` | ";
    out += metric.type == MetricType::counter ? "counter" : "gauge";
    out += " | " + std::string(metric.unit) + " | " + std::string(label_text(metric.labels)) + " | " +
           std::string(metric.help) + " |\n";
  }
  return out;
}

}  // namespace torpor
