// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/field_table.h"

#include <type_traits>

#include "base/assertion.h"

namespace torpor {
namespace {

// A member is a digest, a number (integer, time or word) or a text.
template <class T>
FieldValue load(const T& from) {
  if constexpr (std::is_same_v<T, Digest>) {
    return {.number = 0, .text = {}, .bytes = Bytes(from)};
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return {.number = static_cast<std::int64_t>(from), .text = {}, .bytes = {}};
  } else {
    return {.number = 0, .text = from.view(), .bytes = {}};
  }
}

template <class T>
void store(T& to, const FieldValue& value) {
  if constexpr (std::is_same_v<T, Digest>) {
    TORPOR_ASSERT(value.bytes.size() == to.size(), "contract.a_stored_digest_has_32_bytes");
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = value.bytes[i];
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    to = static_cast<T>(value.number);
    // A bound of the table above what its member holds would sign one number and obey another.
    TORPOR_ASSERT(static_cast<std::int64_t>(to) == value.number, "contract.a_member_holds_its_field");
  } else {
    TORPOR_ASSERT(value.text.size() <= T::capacity(), "contract.a_member_holds_its_text");
    to = T(value.text);
  }
}

constexpr std::string_view kSleepLevels[] = {
#define TORPOR_SLEEP_LEVEL(word) #word,
#include "contract/words.def"
};
constexpr std::string_view kResidencies[] = {
#define TORPOR_RESIDENCY(word) #word,
#include "contract/words.def"
};

// By the type of the member, so that a row cannot name the words of another field.
template <class Member>
constexpr std::span<const std::string_view> words_of() {
  if constexpr (std::is_same_v<Member, SleepLevel>) {
    return kSleepLevels;
  } else if constexpr (std::is_same_v<Member, Residency>) {
    return kResidencies;
  } else {
    static_assert(!std::is_enum_v<Member>, "a word needs its list in contract/words.def");
    return {};
  }
}

constexpr std::array<std::uint8_t, 3> key(std::uint8_t first, std::uint8_t second = 0,
                                          std::uint8_t third = 0) {
  return {first, second, third};
}

// A time outside of these is another unit, or the clock of a computer without a battery.
constexpr std::int64_t kYear2020 = 1'577'836'800;
constexpr std::int64_t kYear2100 = 4'102'444'800;

// Two functions without state a row: constant data, nothing for firmware to run before its main.
constexpr Field kFields[] = {
#define TORPOR_FIELD(name, keys, type, unit, min, max, since, member, doc) \
  {name,                                                                   \
   keys,                                                                   \
   FieldType::type,                                                        \
   unit,                                                                   \
   min,                                                                    \
   max,                                                                    \
   since,                                                                  \
   words_of<decltype(Terms::member)>(),                                    \
   doc,                                                                    \
   false,                                                                  \
   [](const Terms& terms, std::size_t) { return load(terms.member); },     \
   [](Terms& terms, std::size_t, const FieldValue& value) { store(terms.member, value); }},
#define TORPOR_SENSOR_FIELD(name, keys, type, unit, min, max, since, member, doc)       \
  {name,                                                                                \
   keys,                                                                                \
   FieldType::type,                                                                     \
   unit,                                                                                \
   min,                                                                                 \
   max,                                                                                 \
   since,                                                                               \
   words_of<decltype(SensorTerms::member)>(),                                           \
   doc,                                                                                 \
   true,                                                                                \
   [](const Terms& terms, std::size_t i) { return load(terms.sensor_list[i].member); }, \
   [](Terms& terms, std::size_t i, const FieldValue& value) { store(terms.sensor_list[i].member, value); }},
#include "contract/fields.def"
#undef TORPOR_FIELD
#undef TORPOR_SENSOR_FIELD
};

constexpr bool sorted_by_key() {
  for (std::size_t i = 1; i < std::size(kFields); ++i)
    if (!(kFields[i - 1].key < kFields[i].key)) return false;
  return true;
}
static_assert(sorted_by_key(), "encoder and decoder walk the rows in key order");

// Fields of a schema to come stand in the table only once this binary knows that schema.
constexpr bool bounded() {
  for (const Field& field : kFields) {
    if (field.min > field.max || field.since < 1 || field.since > kNewestSchema) return false;
    const bool word = field.type == FieldType::word;
    if (word == field.words.empty()) return false;
    if (word && (field.min != 0 || field.max + 1 != static_cast<std::int64_t>(field.words.size())))
      return false;
  }
  return true;
}
static_assert(bounded(), "bounds in order, a schema this binary knows, and all words of a word");

// path_of() writes "[0]" into the name of a sensor's field.
constexpr bool paths_fit() {
  for (const Field& field : kFields)
    if (field.name.size() + 3 > FixedString<48>::capacity()) return false;
  return true;
}
static_assert(paths_fit(), "no path of a field may be cut");

}  // namespace

std::span<const Field> fields() { return kFields; }

}  // namespace torpor
