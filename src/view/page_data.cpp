// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/assertion.h"
#include "view/page_parts.h"
#include "view/text.h"
#include "view/trace_writers.h"

// What page.js draws. Two axes of cycles: `bx`, one entry per bucket (`t` its wall time in
// seconds, `kind` its worst state, sums and dearest cycles); `x`, one entry per bucket or,
// where a bucket holds several cycles, two: every line then runs through the bucket's least
// and greatest value in the order they came. null: not known.
namespace torpor {

using Json = nlohmann::ordered_json;

namespace {

// Enough digits for a plot, few enough for a page.
Json rounded(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  // log10 has no value there.
  if (value == 0) return 0;
  const double scale = std::pow(10.0, digits - 1 - std::floor(std::log10(std::fabs(value))));
  // A value near the least a double holds would give an infinite scale, and infinity times it no number.
  const double close = std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
  // "5" for "5.0": the JSON is most of the page. Below 1e15 a double is exactly that integer.
  if (close == std::floor(close) && std::fabs(close) < 1e15) return static_cast<std::int64_t>(close);
  return close;
}

// How bad, which is not the order of the enum: a bucket shows its worst cycle.
int severity(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::not_scored:
      return 1;
    case VerdictKind::sensor_fault:
      return 2;
    case VerdictKind::watch:
      return 3;
    case VerdictKind::shock:
      return 4;
    case VerdictKind::alarm:
      return 5;
    case VerdictKind::healthy:
      break;
  }
  return 0;
}

}  // namespace

class PageData {
 public:
  PageData(const PageBuilder& page, const PageFacts& facts)
      : page_(page), facts_(facts), points_(page.points_), size_(points_.size()) {
    // Rounded up, so that all cycles fit; the last bucket may hold fewer.
    per_bucket_ = (size_ + kPageBuckets - 1) / kPageBuckets;
    TORPOR_ASSERT(size_ > 0 && bucket_count() <= kPageBuckets,
                  "view.a_page_has_rows_and_they_fit_its_buckets");
  }

  std::string json() const {
    const CycleReport& last = page_.story().last;
    const Verdict& v = last.verdict;
    Json out;
    out["state"] = state_words(v, page_.story().state);
    out["cycles"] = size_;
    out["n"] = per_bucket_;
    out["dated"] = page_.dated_;
    out["axes"] = page_.axes_;
    out["alarm"] = rounded(v.log_alarm_threshold, 5);
    out["watch"] = rounded(v.log_watch_threshold, 5);
    out["crossing"] = page_.story().alarm.cycle;
    // Limits are those of the newest contract, for all cycles: who reads wants to know how it is held now.
    out["period_s"] = seconds(last.contract.period());
    out["tolerance_ms"] = last.contract.interval_tolerance_ms;
    out["energy_limit_mj"] = last.contract.active_mj_per_cycle;
    out["energy_source"] = valid_text(last.energy_source);
    out["interval_words"] = interval_words();
    out["energy_words"] = energy_words();
    out["drop_words"] = drop_words();
    buckets(out);
    lines(out);
    out["runs"] = runs();
    return closed(json_text(out));
  }

 private:
  using Point = PageBuilder::Point;

  // No text of a report may end the script element the JSON stands in.
  static std::string closed(const std::string& json) {
    std::string out;
    // Within JSON a '<' stands only in strings, where the escape means the same.
    for (char c : json) c == '<' ? out += "\\u003c" : out += c;
    return out;
  }

  std::size_t bucket_count() const { return (size_ + per_bucket_ - 1) / per_bucket_; }
  std::size_t begin_of(std::size_t bucket) const { return bucket * per_bucket_; }
  std::size_t end_of(std::size_t bucket) const { return std::min(size_, (bucket + 1) * per_bucket_); }

  static double cost(const Point& p) {
    double sum = 0;
    for (float part : p.energy_mj) sum += static_cast<double>(part);
    return sum;
  }

  void buckets(Json& out) const {
    Json bx = Json::array();
    Json t = Json::array();
    Json kind = Json::array();
    Json energy(kPhases, Json::array());
    Json drops(kDropReasons, Json::array());
    for (std::size_t b = 0; b < bucket_count(); ++b) {
      const auto from = points_.begin() + static_cast<std::ptrdiff_t>(begin_of(b));
      const auto to = points_.begin() + static_cast<std::ptrdiff_t>(end_of(b));
      bx.push_back(from->cycle);
      t.push_back(std::llround(from->wall_s));
      kind.push_back(static_cast<int>(worst(from, to)));
      // One real cycle, not a mean of several: its phases then add up to a bar that happened.
      const auto dearest =
          std::max_element(from, to, [](const Point& a, const Point& c) { return cost(a) < cost(c); });
      for (std::size_t i = 0; i < kPhases; ++i)
        energy[i].push_back(rounded(static_cast<double>(dearest->energy_mj[i]), 4));
      for (std::size_t i = 0; i < kDropReasons; ++i) {
        // A sum, unlike the energy above: drops are rare, and one in a hundred cycles must show.
        std::uint64_t sum = 0;
        for (auto p = from; p != to; ++p) sum += p->drops[i];
        drops[i].push_back(sum);
      }
    }
    // Moved in at the end: a reference into an ordered object does not outlive its next key.
    out["bx"] = std::move(bx);
    out["t"] = std::move(t);
    out["kind"] = std::move(kind);
    out["energy"] = std::move(energy);
    out["drops"] = std::move(drops);
  }

  template <class Iterator>
  static VerdictKind worst(Iterator from, Iterator to) {
    return std::max_element(
               from, to, [](const Point& a, const Point& b) { return severity(a.state) < severity(b.state); })
        ->state;
  }

  void lines(Json& out) const {
    Json x = Json::array();
    for (std::size_t b = 0; b < bucket_count(); ++b) {
      x.push_back(points_[begin_of(b)].cycle);
      // Two points a bucket, as in line(): the lengths of all lines must agree.
      if (per_bucket_ > 1) x.push_back(half_of(b));
    }
    out["x"] = std::move(x);
    out["deviation_ms"] = line([](const Point& p) { return p.deviation_ms; });
    out["evidence"] = line([](const Point& p) { return p.evidence; });
    for (std::size_t i = 0; i < kScores; ++i)
      out["z"].push_back(line([i](const Point& p) { return static_cast<double>(p.z[i]); }));
    const auto axes = [&](const char* name, auto member) {
      Json list = Json::array();
      for (std::size_t i = 0; i < page_.axes_; ++i)
        list.push_back(line([i, member](const Point& p) { return static_cast<double>((p.*member)[i]); }));
      out[name] = std::move(list);
    };
    axes("rms", &Point::rms);
    axes("velocity", &Point::velocity);
    axes("kurtosis", &Point::kurtosis);
    axes("crest", &Point::crest);
  }

  // Between this bucket's first cycle and the next one's: x must rise.
  double half_of(std::size_t bucket) const {
    const auto first = static_cast<double>(points_[begin_of(bucket)].cycle);
    return first +
           static_cast<double>(points_[end_of(bucket) - 1].cycle - points_[begin_of(bucket)].cycle + 1) / 2;
  }

  template <class Value>
  Json line(Value value) const {
    Json list = Json::array();
    for (std::size_t b = 0; b < bucket_count(); ++b) {
      if (per_bucket_ == 1) {
        list.push_back(rounded(value(points_[begin_of(b)]), 5));
        continue;
      }
      std::size_t least = size_;
      std::size_t most = size_;
      for (std::size_t i = begin_of(b); i < end_of(b); ++i) {
        const double here = value(points_[i]);
        if (!std::isfinite(here)) continue;
        if (least == size_ || here < value(points_[least])) least = i;
        if (most == size_ || here > value(points_[most])) most = i;
      }
      // Nothing known in the whole bucket: the line is broken here, twice null.
      if (least == size_) {
        list.push_back(nullptr);
        list.push_back(nullptr);
        continue;
      }
      // In the order they came, so that a rise is drawn as a rise.
      list.push_back(rounded(value(points_[std::min(least, most)]), 5));
      list.push_back(rounded(value(points_[std::max(least, most)]), 5));
    }
    return list;
  }

  // Runs of equal worst state: [from, to, kind], half a bucket beyond on either side.
  Json runs() const {
    Json list = Json::array();
    for (std::size_t b = 0; b < bucket_count();) {
      const auto kind_of = [&](std::size_t at) {
        return worst(points_.begin() + static_cast<std::ptrdiff_t>(begin_of(at)),
                     points_.begin() + static_cast<std::ptrdiff_t>(end_of(at)));
      };
      const VerdictKind kind = kind_of(b);
      std::size_t end = b + 1;
      // O(cycles): the end of one run is the begin of the next.
      while (end < bucket_count() && kind_of(end) == kind) ++end;
      list.push_back({static_cast<double>(points_[begin_of(b)].cycle) - 0.5,
                      static_cast<double>(points_[end_of(end - 1) - 1].cycle) + 0.5, static_cast<int>(kind)});
      b = end;
    }
    return list;
  }

  // The text under each plot, so that its figures can be read without seeing it.
  std::string interval_words() const {
    const TraceSummary& s = facts_.summary;
    if (s.intervals == 0) return "";
    return fmt::format("|deviation| p50 {}, p95 {}, p99 {}, most {}; {} of {} beyond the tolerance.",
                       human(s.p50), human(s.p95), human(s.p99), human(s.max), s.deviating, s.intervals);
  }

  std::string energy_words() const {
    const std::string source = valid_text(page_.story().last.energy_source);
    // A model must not look like a measurement.
    if (source == "declared model")
      return "A declared model (time in each state x declared watts), not a measurement. Attributed to us: "
             "rail minus idle.";
    return "Source: " + source + ". Attributed to us: rail minus idle." +
           (page_.story().last.sleep_interpolated ? " Sleep is interpolated from readings at its ends." : "");
  }

  std::string drop_words() const {
    return fmt::format("{} frames in {} cycles. Over its bound the queue keeps the newest.",
                       facts_.summary.drops, facts_.summary.cycles);
  }

  const PageBuilder& page_;
  const PageFacts& facts_;
  const std::vector<Point>& points_;
  std::size_t size_;
  std::size_t per_bucket_;
};

std::string PageBuilder::data_json(const PageFacts& facts) const { return PageData(*this, facts).json(); }

}  // namespace torpor
