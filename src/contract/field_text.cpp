// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/field_table.h"

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kYear10000 = 253'402'300'800;

bool leap(unsigned year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : kDays[month - 1];
}

template <std::size_t N>
void two_digits(FixedString<N>& out, unsigned value) {
  out << (value < 10 ? "0" : "") << value;
}

}  // namespace

FixedString<24> utc_text(std::int64_t seconds) {
  FixedString<24> out;
  if (seconds < 0 || seconds >= kYear10000) return out << seconds;
  // Counting year by year is slow and evident; this runs for people only.
  auto day = static_cast<unsigned>(seconds / kDay);
  unsigned year = 1970;
  while (day >= (leap(year) ? 366u : 365u)) day -= leap(year++) ? 366 : 365;
  unsigned month = 1;
  while (day >= days_in_month(year, month)) day -= days_in_month(year, month++);
  const auto rest = static_cast<unsigned>(seconds % kDay);
  out << year << "-";
  two_digits(out, month);
  out << "-";
  two_digits(out, day + 1);
  out << "T";
  two_digits(out, rest / 3600);
  out << ":";
  two_digits(out, rest / 60 % 60);
  out << ":";
  two_digits(out, rest % 60);
  return out << "Z";
}

std::string_view section_of(const Field& field, std::size_t depth) {
  std::size_t end = 0;
  for (std::size_t dots = 0; end < field.name.size(); ++end)
    if (field.name[end] == '.' && ++dots >= depth) break;
  return {field.name.data(), depth == 0 ? 0 : end};
}

FixedString<48> path_of(const Field& field, std::size_t sensor) {
  FixedString<48> path;
  if (!field.per_sensor) return path << field.name;
  TORPOR_ASSERT(sensor < kMaxSensors, "contract.a_path_names_a_sensor");
  const std::string_view list = section_of(field, 1);
  std::string_view rest = field.name;
  rest.remove_prefix(list.size());
  return path << list << "[" << sensor << "]" << rest;
}

FixedString<72> to_text(const Field& field, const FieldValue& value) {
  FixedString<72> out;
  switch (field.type) {
    case FieldType::integer:
      out << value.number;
      if (!field.unit.empty()) out << " " << field.unit;
      break;
    case FieldType::time:
      out << utc_text(value.number);
      break;
    case FieldType::word: {
      const auto i = static_cast<std::size_t>(value.number);
      // Total: a number that no word stands for is shown as it is.
      if (value.number >= 0 && i < field.words.size()) {
        out << field.words[i];
      } else {
        out << value.number;
      }
      break;
    }
    case FieldType::name:
      out << value.text;
      break;
    case FieldType::digest:
      out.append_hex(value.bytes.data(), value.bytes.size());
      break;
  }
  return out;
}

}  // namespace torpor
