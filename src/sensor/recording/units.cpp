// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/units.h"

namespace torpor {
namespace {

constexpr Unit kUnits[] = {
#define TORPOR_UNIT(word, g, meaning) {word, g},
#include "sensor/recording/units.def"
#undef TORPOR_UNIT
};

}  // namespace

bool find_unit(std::string_view text, Unit& unit) {
  // Packs say beside the unit how sure of it they are; what stands in parentheses is for people.
  const std::size_t remark = text.find(" (");
  if (remark != std::string_view::npos && text.ends_with(')')) text = text.substr(0, remark);
  for (const Unit& known : kUnits) {
    if (known.word != text) continue;
    unit = known;
    return true;
  }
  return false;
}

std::string unit_words(bool only_stated) {
  std::string words;
  for (const Unit& known : kUnits) {
    if (only_stated && !known.stated()) continue;
    if (!words.empty()) words += ", ";
    words += known.word;
  }
  return words;
}

}  // namespace torpor
