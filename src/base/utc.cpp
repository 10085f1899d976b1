// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/utc.h"

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::int64_t kDay = 86'400;
// Seconds since 1970 of 0000-01-01 and of 10000-01-01 (proleptic Gregorian): between them every date has
// four digits, and fixed-width text sorts as time does.
constexpr std::int64_t kYear0 = -62'167'219'200;
constexpr std::int64_t kYear10000 = 253'402'300'800;

// `width` digits with leading zeros.
template <std::size_t N>
void digits(FixedString<N>& out, unsigned value, unsigned width) {
  // By hand: this room is freestanding, and FixedString has no padding.
  unsigned unit = 1;
  for (unsigned i = 1; i < width; ++i) unit *= 10;
  for (; unit != 0; unit /= 10) out << value / unit % 10;
}

template <std::size_t N>
void put_date(FixedString<N>& out, const CivilTime& t) {
  digits(out, static_cast<unsigned>(t.year), 4);
  out << "-";
  digits(out, t.month, 2);
  out << "-";
  digits(out, t.day, 2);
}

template <std::size_t N>
void put_clock(FixedString<N>& out, const CivilTime& t) {
  digits(out, t.hour, 2);
  out << ":";
  digits(out, t.minute, 2);
  out << ":";
  digits(out, t.second, 2);
}

}  // namespace

CivilTime civil_of(std::int64_t seconds) {
  TORPOR_ASSERT(seconds >= kYear0 && seconds < kYear10000, "utc.the_year_has_four_digits");
  // Towards the past, so that a time before 1970 has a time of day that is not negative.
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds));
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const auto rest = static_cast<unsigned>(seconds - days.count() * kDay);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = rest / 3600,
          .minute = rest / 60 % 60,
          .second = rest % 60};
}

std::optional<std::int64_t> unix_seconds(const CivilTime& t) {
  const std::chrono::year_month_day date(std::chrono::year(t.year), std::chrono::month(t.month),
                                         std::chrono::day(t.day));
  if (t.year < 0 || t.year > 9999 || !date.ok()) return {};
  // Second 60 is refused, too: POSIX time has no leap second to give back.
  if (t.hour > 23 || t.minute > 59 || t.second > 59) return {};
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kDay + t.hour * 3600 + t.minute * 60 + t.second;
}

std::int64_t unix_seconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

FixedString<24> utc_text(std::int64_t seconds) {
  FixedString<24> out;
  // A contract may hold any 64-bit number here; what is no date is shown as the number it is, not asserted.
  if (seconds < 0 || seconds >= kYear10000) return out << seconds;
  const CivilTime t = civil_of(seconds);
  put_date(out, t);
  out << "T";
  put_clock(out, t);
  return out << "Z";
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
  // One form and no other, so that equal times have equal text: no lower-case t or z, no offset, no
  // fraction. A 0 stands for any digit.
  constexpr std::string_view kForm("0000-00-00T00:00:00Z", 20);
  unsigned parts[6] = {};
  std::size_t part = 0;
  if (text.size() != kForm.size()) return {};
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '0') {
      if (text[i] != kForm[i]) return {};
      ++part;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return {};
    parts[part] = parts[part] * 10 + static_cast<unsigned>(text[i] - '0');
  }
  // Whether there is such a day (29 February, month 13) is judged by the calendar, not here.
  return unix_seconds(CivilTime{.year = static_cast<int>(parts[0]),
                                .month = parts[1],
                                .day = parts[2],
                                .hour = parts[3],
                                .minute = parts[4],
                                .second = parts[5]});
}

FixedString<23> utc(WallTime t) {
  FixedString<23> out;
  const CivilTime parts = civil_of(unix_seconds(t));
  put_date(out, parts);
  out << " ";
  put_clock(out, parts);
  return out << " UTC";
}

FixedString<8> utc_clock(WallTime t) {
  FixedString<8> out;
  put_clock(out, civil_of(unix_seconds(t)));
  return out;
}

}  // namespace torpor
