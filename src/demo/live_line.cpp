// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "demo/live_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "view/trace.h"

namespace torpor {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

// Text in parts; fmt writes into memory of its own for numbers of this size.
class Line {
 public:
  explicit Line(bool colour) : colour_(colour) {}

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    // Wider than any one part: columns are clamped, so no format here gives more.
    char part[96];
    const auto end = fmt::format_to_n(part, sizeof part, format, std::forward<Args>(args)...);
    text_.append(std::string_view(part, std::min(end.size, sizeof part)));
  }
  void paint(std::string_view code) {
    if (colour_) text_.append(code);
  }
  const FixedString<256>& text() const { return text_; }

 private:
  bool colour_;
  FixedString<256> text_;
};

std::string_view code_of(const CycleReport& r) {
  // Latched before the cycle's own word: a quiet cycle after an alarm must not turn green.
  if (r.verdict.latched) return "\x1b[1;31m";
  switch (r.verdict.kind) {
    case VerdictKind::healthy:
      return "\x1b[32m";
    case VerdictKind::watch:
      return "\x1b[33m";
    case VerdictKind::alarm:
      return "\x1b[1;31m";
    // Neither good nor bad of the bearing: another hue than green, yellow and red.
    case VerdictKind::sensor_fault:
    case VerdictKind::shock:
      return "\x1b[35m";
    case VerdictKind::not_scored:
      break;
  }
  return "\x1b[2m";
}

bool learning(const Verdict& v) {
  return v.reason == VerdictReason::learning_fit || v.reason == VerdictReason::learning_calibration;
}

// 14 columns.
void add_state(Line& line, const Verdict& v) {
  if (v.latched) {
    line.add("{:14}", "ALARM");
  } else if (learning(v)) {
    char text[32];
    const auto end = fmt::format_to_n(text, sizeof text, "learn {}/{}", v.learned, v.to_learn);
    line.add("{:14.14}", std::string_view(text, std::min(end.size, sizeof text)));
  } else if (v.kind == VerdictKind::not_scored && v.reason != VerdictReason::none) {
    line.add("{:14.14}", name(v.reason));
  } else {
    line.add("{:14.14}", name(v.kind));
  }
}

// 10 columns: "+0.2 ms".
void add_deviation(Line& line, const CycleReport& r) {
  if (r.interval == Duration::zero()) {
    line.add("{:>10}", "first");
    return;
  }
  const double ms = std::chrono::duration<double, std::milli>(r.interval - r.contract.period()).count();
  // Two units, so that a missed slot does not push the columns behind it out of place.
  if (std::fabs(ms) < 1000) {
    line.add("{:>+7.1f} ms", ms);
  } else {
    line.add("{:>+8.1f} s", std::clamp(ms / 1000, -99999.0, 99999.0));
  }
}

// Width columns, whatever the value.
void add_number(Line& line, double value, int width) {
  if (!std::isfinite(value)) {
    line.add("{:>{}}", value > 0 ? "inf" : value < 0 ? "-inf" : "?", width);
  } else {
    line.add("{:>{}.1f}", std::clamp(value, -999.9, 9999.9), width);
  }
}

}  // namespace

std::string_view live_head() {
  return "   cycle  UTC          delta-t  verdict          ln R / alarm  z net   band   kurt   infer"
         "   energy  notes";
}

FixedString<256> live_line(const CycleReport& r, bool colour) {
  Line line(colour);
  const std::int64_t s = std::chrono::floor<std::chrono::seconds>(r.woke.wall.time_since_epoch()).count();
  // Twice, because % of a negative number is negative.
  const std::int64_t day = ((s % 86400) + 86400) % 86400;
  line.add("{:>8}  {:02}:{:02}:{:02}  ", r.cycle, day / 3600, day / 60 % 60, day % 60);
  const bool off = r.has(Breach::interval);
  if (off) line.paint("\x1b[31m");
  add_deviation(line, r);
  if (off) line.paint(kReset);
  line.add("  ");
  line.paint(code_of(r));
  add_state(line, r.verdict);
  line.paint(kReset);
  // Not armed: there is no evidence, and a 0 would look like a healthy bearing.
  if (r.verdict.arming_epoch == 0) {
    line.add("{:>15}{:>21}", "-", "-");
  } else {
    add_number(line, r.verdict.log_evidence, 7);
    line.add(" /");
    add_number(line, r.verdict.log_alarm_threshold, 6);
    for (const ScoreEvidence& score : r.verdict.score) {
      if (scored(r.verdict)) {
        add_number(line, score.z, 7);
      } else {
        line.add("{:>7}", "-");
      }
    }
  }
  // What the processor did took real time, whatever the clock's scale.
  // Whatever a record claims: divided by 0 the figure would be no number.
  const double speed = r.speed >= 1 ? r.speed : 1;
  const double infer_ms =
      std::chrono::duration<double, std::milli>(r.spent[static_cast<std::size_t>(Phase::infer)]).count() /
      speed;
  line.add("{:>5.0f} ms", std::clamp(infer_ms, 0.0, 99999.0));
  double mj = 0;
  for (double part : r.energy_mj) mj += part;
  line.add("{:>7.2f} J", std::isfinite(mj) ? std::clamp(mj / 1000, 0.0, 9999.99) : 0.0);
  // The one note that matters most; the report has them all.
  const bool broken = r.breaches != 0;
  line.add("  ");
  if (broken) line.paint("\x1b[31m");
  // The incident this product is about comes first, then what it did to the cycle, then the rest in the
  // order of breaches.def.
  if (r.has(Breach::residency)) {
    line.add("resident");
  } else if (r.slots_skipped > 0) {
    line.add("skip {}", std::min(r.slots_skipped, 999u));
  } else {
    for (std::size_t i = 0; i < kBreaches; ++i) {
      if (!r.has(static_cast<Breach>(i))) continue;
      line.add("{:.8}", name(static_cast<Breach>(i)));
      break;
    }
  }
  if (broken) line.paint(kReset);
  // A cut line could end within an escape and paint the terminal for good.
  TORPOR_ASSERT(line.text().size() < line.text().capacity(), "demo.a_line_fits_its_room");
  return line.text();
}

}  // namespace torpor
