// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/cbor.h"

namespace torpor {
namespace {

struct Day {
  std::int64_t year, month, day, hour, minute, second;
};

Day split(WallTime t) {
  const std::int64_t s = unix_seconds(t);
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(s)));
  const std::chrono::year_month_day date(days);
  const std::int64_t rest = s - days.time_since_epoch().count() * 86400;
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = rest / 3600,
          .minute = rest / 60 % 60,
          .second = rest % 60};
}

}  // namespace

std::string hex(const Digest& digest) {
  return std::string(FixedString<64>{}.append_hex(digest.data(), digest.size()).view());
}

std::string short_hex(const Digest& digest) { return hex(digest).substr(0, 12); }

std::int64_t unix_seconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

std::string utc(WallTime t) {
  const Day d = split(t);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", d.year, d.month, d.day, d.hour, d.minute,
                     d.second);
}

std::string utc_clock(WallTime t) {
  const Day d = split(t);
  return fmt::format("{:02}:{:02}:{:02}", d.hour, d.minute, d.second);
}

std::string valid_text(std::string_view text) {
  std::string out(text);
  // Text of a record was cut to its bound by bytes; half a character is no UTF-8, and one such
  // name would make a whole JSON document unreadable.
  if (cbor::valid_utf8(as_bytes(text))) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

std::string human(Duration d, bool sign) {
  const double s = seconds(d);
  const double size = std::fabs(s);
  const std::string_view plus = sign && s > 0 ? "+" : "";
  if (size >= 1) return fmt::format("{}{:.3f} s", plus, s);
  // From here on "100 ms": 99.95 ms with one decimal would read "100.0 ms", five digits.
  if (size >= 0.0995) return fmt::format("{}{:.0f} ms", plus, s * 1e3);
  if (size >= 0.001) return fmt::format("{}{:.1f} ms", plus, s * 1e3);
  return fmt::format("{}{:.0f} us", plus, s * 1e6);
}

// From a cycle (mJ) to a shift (kJ): the unit is told, so the eye must not count digits.
std::string human_mj(double millijoules) {
  const double size = std::fabs(millijoules);
  if (size >= 1e6) return fmt::format("{:.2f} kJ", millijoules / 1e6);
  if (size >= 1e3) return fmt::format("{:.2f} J", millijoules / 1e3);
  return fmt::format("{:.0f} mJ", millijoules);
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// Powers of ten, as disks and links are sold; contracts count single bytes.
std::string human_bytes(std::uint64_t bytes) {
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  if (bytes >= 1'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{} B", bytes);
}

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace torpor
