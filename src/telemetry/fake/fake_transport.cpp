// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/fake/fake_transport.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <bit>
#include <set>

namespace torpor {
namespace {

// As much of protobuf as the messages need.
class Protobuf {
 public:
  explicit Protobuf(std::string_view in) : in_(in) {}
  bool next() {
    if (in_.empty()) return false;
    const std::uint64_t tag = varint();
    field = static_cast<unsigned>(tag >> 3);
    switch (tag & 7) {
      case 0:
        number = varint();
        break;
      case 1:
        number = load_le<std::uint64_t>(as_bytes(take(8)).data());
        break;
      case 2:
        text = take(varint());
        break;
      default:
        ADD_FAILURE() << "wire type " << (tag & 7);
        return false;
    }
    return true;
  }
  unsigned field = 0;
  std::uint64_t number = 0;
  std::string_view text;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !in_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ADD_FAILURE() << "varint";
    return 0;
  }
  std::string_view take(std::uint64_t n) {
    if (n > in_.size()) {
      ADD_FAILURE() << "length";
      n = in_.size();
    }
    const std::string_view part = in_.substr(0, static_cast<std::size_t>(n));
    in_.remove_prefix(part.size());
    return part;
  }
  std::string_view in_;
};

std::pair<std::string, std::string> decode_label(std::string_view message) {
  std::pair<std::string, std::string> label;
  for (Protobuf part(message); part.next();) (part.field == 1 ? label.first : label.second) = part.text;
  EXPECT_FALSE(label.first.empty());
  EXPECT_FALSE(label.second.empty()) << label.first;
  return label;
}

std::pair<std::int64_t, double> decode_sample(std::string_view message) {
  std::pair<std::int64_t, double> sample;
  for (Protobuf part(message); part.next();) {
    if (part.field == 1) sample.second = std::bit_cast<double>(part.number);
    if (part.field == 2) sample.first = static_cast<std::int64_t>(part.number);
  }
  return sample;
}

DecodedSeries decode_series(std::string_view message) {
  DecodedSeries series;
  std::string name;
  std::string rest;
  std::string before;
  for (Protobuf part(message); part.next();) {
    if (part.field == 2) {
      const auto sample = decode_sample(part.text);
      if (!series.samples.empty()) {
        EXPECT_LT(series.samples.back().first, sample.first);
      }
      series.samples.push_back(sample);
      continue;
    }
    const auto [label, value] = decode_label(part.text);
    EXPECT_LT(before, label) << "labels in order, none twice";
    before = label;
    if (label == "__name__") {
      name = value;
    } else {
      rest += (rest.empty() ? "" : ",") + label + "=" + value;
    }
  }
  EXPECT_FALSE(series.samples.empty()) << name;
  series.id = name + "{" + rest + "}";
  return series;
}

}  // namespace

std::vector<DecodedSeries> decode_remote_write(Bytes body) {
  std::string raw;
  EXPECT_TRUE(snappy::Uncompress(as_text(body).data(), body.size(), &raw));
  std::vector<DecodedSeries> all;
  std::set<std::string> ids;
  for (Protobuf part(raw); part.next();) {
    EXPECT_EQ(part.field, 1u);
    all.push_back(decode_series(part.text));
    EXPECT_TRUE(ids.insert(all.back().id).second) << "twice: " << all.back().id;
  }
  return all;
}

Outcome FakeTransport::answer(int status, std::string_view said) const {
  Outcome outcome;
  outcome.status = status;
  outcome.answer = answer_of(status);
  outcome.said = FixedString<160>(said);
  if (gives_date) outcome.date = clock_.now().wall + server_ahead;
  return outcome;
}

Outcome FakeTransport::send(const Request& request, Duration deadline) {
  EXPECT_GT(deadline, Duration::zero());
  const std::string url = request.to->url + std::string(request.path);
  sent.push_back(
      {.method = std::string(request.method), .url = url, .body = std::string(as_text(request.body))});
  sent.back().deadline = deadline;
  if (request.path.empty()) return write(request);
  if (request.path.starts_with("/api/v2")) return alertmanager_down ? Outcome{} : answer(alertmanager_status);
  return answer(request.path.starts_with("/metrics") ? gateway_status : 200);
}

Outcome FakeTransport::write(const Request& request) {
  const auto all = decode_remote_write(request.body);
  std::set<std::int64_t> moments;
  for (const DecodedSeries& series : all) {
    for (const auto& [ms, value] : series.samples) moments.insert(ms);
  }
  sent.back().samples = moments.size();
  sent.back().oldest_ms = moments.empty() ? 0 : *moments.begin();
  if (mode == Mode::down) return {};
  if (mode == Mode::hang) {
    clock_.advance(sent.back().deadline);
    return {};
  }
  if (mode == Mode::unavailable) return answer(unavailable_status);
  if (!moments.empty() && *moments.begin() < refuse_before_ms) return answer(400, "out of bounds");
  if (moments.contains(poison_ms)) return answer(500, "out of bounds");
  for (const DecodedSeries& series : all) {
    for (const auto& [ms, value] : series.samples) {
      const auto [at, fresh] = stored[series.id].emplace(ms, value);
      EXPECT_TRUE(fresh || at->second == value)
          << series.id << " at " << ms << ": " << at->second << " and then " << value;
    }
  }
  return mode == Mode::takes_but_answer_is_lost ? Outcome{} : answer(204);
}

std::map<std::int64_t, double> FakeTransport::of(const std::string& name) const {
  std::map<std::int64_t, double> moments;
  for (const auto& [id, samples] : stored) {
    if (id.starts_with(name + "{")) moments.insert(samples.begin(), samples.end());
  }
  return moments;
}

std::size_t FakeTransport::count(const std::string& part_of_url) const {
  std::size_t n = 0;
  for (const Sent& one : sent) n += one.url.find(part_of_url) != std::string::npos ? 1 : 0;
  return n;
}

}  // namespace torpor
