// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "telemetry/catalogue.h"

// Prometheus remote write 1.0: the body of one request. Another version is another builder
// beside this one; who calls knows nothing of protobuf.
namespace torpor {

// Headers that belong to the body.
inline constexpr std::string_view kRemoteWriteHeaders[] = {"Content-Type: application/x-protobuf",
                                                           "Content-Encoding: snappy",
                                                           "X-Prometheus-Remote-Write-Version: 0.1.0"};

// Builds bodies one after another for one subject at a time; what only depends on the
// subject is encoded once. Heap: only grows to the largest body so far. One thread.
class RemoteWriteBuilder {
 public:
  // The snappy-compressed WriteRequest with one time series per series that has a value in
  // any sample. Samples are in ascending order of time. No samples: an empty request, which
  // a server accepts without storing anything. Valid until the next call.
  Bytes build(const Subject& subject, std::span<const CycleSample> samples);

  // Before compression: for tests and measurements.
  Bytes uncompressed() const { return as_bytes(raw_); }

 private:
  void encode_labels(const Subject& subject);

  Subject subject_;
  bool has_labels_ = false;
  std::array<std::string, kSeries> labels_;  // the labels of each series, as in TimeSeries
  std::string raw_;
  std::string body_;
};

// A value beside the catalogue: its labels, the name as "__name__" among them, in any order.
struct LabelledValue {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::int64_t wall_ms = 0;
};
// A body of such values, each a series of its own. Labels without a value are left out.
std::string remote_write_body(std::span<const LabelledValue> values);

}  // namespace torpor
