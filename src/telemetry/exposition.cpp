// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/exposition.h"

#include <fmt/format.h>

#include <cmath>

#include "notes/refusal_note.h"

namespace torpor {

void append_exposition(std::string& out, const CycleSample& sample, const Subject& subject) {
  const std::string identity =
      fmt::format("job=\"{}\",instance=\"{}\"", kJob, prom_label(subject.device.view()));
  const auto to = std::back_inserter(out);
  std::size_t at = 0;
  for (const Metric& metric : kMetrics) {
    bool headed = false;
    for (std::size_t i = 0; i < series_of(metric.labels); ++i) {
      const double value = sample.value[at++];
      if (std::isnan(value)) continue;
      if (!headed) {
        fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", metric.name, metric.help, metric.name,
                       metric.type == MetricType::counter ? "counter" : "gauge");
        headed = true;
      }
      fmt::format_to(to, "{}{{{}", metric.name, identity);
      const SeriesLabels labels = labels_of(metric, i, subject);
      for (std::size_t k = 0; k < labels.count; ++k)
        fmt::format_to(to, ",{}=\"{}\"", labels.label[k].name, prom_label(labels.label[k].value.view()));
      fmt::format_to(to, "}} {}\n", value);
    }
  }
}

}  // namespace torpor
