// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/remote_write.h"

#include <snappy.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/assertion.h"

// The messages, from prometheus/prompb (types.proto, remote.proto):
//   WriteRequest { repeated TimeSeries timeseries = 1; }
//   TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
//   Label        { string name = 1; string value = 2; }
//   Sample       { double value = 1; int64 timestamp = 2; }  // ms since 1970-01-01 UTC
namespace torpor {
namespace {

constexpr char tag(unsigned field, unsigned wire_type) { return static_cast<char>(field << 3 | wire_type); }
constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kLength = 2;

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_text(std::string& out, unsigned field, std::string_view text) {
  out.push_back(tag(field, kLength));
  put_varint(out, text.size());
  out.append(text);
}

void put_label(std::string& out, std::string_view name, std::string_view value) {
  out.push_back(tag(1, kLength));
  put_varint(out, 2 + varint_size(name.size()) + name.size() + varint_size(value.size()) + value.size());
  put_text(out, 1, name);
  put_text(out, 2, value);
}

std::size_t sample_size(std::int64_t wall_ms) {
  return 1 + sizeof(double) + 1 + varint_size(static_cast<std::uint64_t>(wall_ms));
}

void put_sample(std::string& out, double value, std::int64_t wall_ms) {
  out.push_back(tag(2, kLength));
  put_varint(out, sample_size(wall_ms));
  out.push_back(tag(1, kFixed64));
  std::byte bits[sizeof value];
  store_le(bits, std::bit_cast<std::uint64_t>(value));
  out.append(as_text(bits));
  out.push_back(tag(2, kVarint));
  put_varint(out, static_cast<std::uint64_t>(wall_ms));
}

}  // namespace

// The specification wants labels in order of name.
void RemoteWriteBuilder::encode_labels(const Subject& subject) {
  if (has_labels_ && subject == subject_) return;
  subject_ = subject;
  has_labels_ = true;
  std::size_t at = 0;
  for (const Metric& metric : kMetrics) {
    for (std::size_t i = 0; i < series_of(metric.labels); ++i) {
      const SeriesLabels own = labels_of(metric, i, subject);
      std::array<std::pair<std::string_view, std::string_view>, 5> all = {
          {{"__name__", metric.name}, {"instance", subject.device.view()}, {"job", kJob}, {}, {}}};
      for (std::size_t k = 0; k < own.count; ++k) all[3 + k] = {own.label[k].name, own.label[k].value.view()};
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(3 + own.count);
      std::sort(all.begin(), end);
      std::string& out = labels_[at++];
      out.clear();
      std::for_each(all.begin(), end, [&](const auto& label) { put_label(out, label.first, label.second); });
    }
  }
}

Bytes RemoteWriteBuilder::build(const Subject& subject, std::span<const CycleSample> samples) {
  encode_labels(subject);
  raw_.clear();
  for (std::size_t series = 0; series < kSeries; ++series) {
    std::size_t size = labels_[series].size();
    bool any = false;
    for (const CycleSample& sample : samples) {
      if (std::isnan(sample.value[series])) continue;
      any = true;
      const std::size_t inner = sample_size(sample.wall_ms);
      size += 1 + varint_size(inner) + inner;
    }
    if (!any) continue;
    raw_.push_back(tag(1, kLength));
    put_varint(raw_, size);
    raw_.append(labels_[series]);
    const std::size_t end = raw_.size() + size - labels_[series].size();
    for (const CycleSample& sample : samples) {
      if (!std::isnan(sample.value[series])) put_sample(raw_, sample.value[series], sample.wall_ms);
    }
    // A length that lies makes the server refuse, or misread, all that follows.
    TORPOR_ASSERT(raw_.size() == end, "remote_write.a_series_is_as_long_as_it_says");
  }
  snappy::Compress(raw_.data(), raw_.size(), &body_);
  return as_bytes(body_);
}

std::string remote_write_body(std::span<const LabelledValue> values) {
  std::string raw;
  for (const LabelledValue& one : values) {
    auto labels = one.labels;
    std::sort(labels.begin(), labels.end());
    std::string series;
    for (const auto& [name, value] : labels) {
      if (!value.empty()) put_label(series, name, value);
    }
    put_sample(series, one.value, one.wall_ms);
    put_text(raw, 1, series);
  }
  std::string body;
  snappy::Compress(raw.data(), raw.size(), &body);
  return body;
}

}  // namespace torpor
