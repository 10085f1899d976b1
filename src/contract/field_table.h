// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "contract/contract.h"

// The one table of the contract's fields: contract/fields.def as data. The TOML reader, the
// CBOR encoder and decoder, the difference of two contracts, docs/bundle.md and
// docs/bundle.cddl all walk it, so a field is added by one row there and one member in Terms.
// Freestanding.
namespace torpor {

// Integers of the schema this binary accepts. A row with `since` above the schema of a
// bundle does not belong in that bundle.
inline constexpr std::int64_t kOldestSchema = 1;
inline constexpr std::int64_t kNewestSchema = 1;

enum class FieldType : std::uint8_t {
  integer,  // TOML integer; CBOR integer
  time,     // TOML offset date-time, whole seconds; CBOR integer, seconds since 1970-01-01 UTC
  word,     // TOML string, one of `words`; CBOR unsigned integer, its index
  name,     // string of [A-Za-z0-9._-], min..max characters; also safe in paths and logs
  digest,   // TOML string of 64 lower-case hex digits; CBOR byte string of 32; never all zero
};
std::string_view name(FieldType type);

// One value on its way between two forms. Views belong to whoever made it.
struct FieldValue {
  std::int64_t number = 0;  // integer, time, word
  std::string_view text{};  // name
  Bytes bytes{};            // digest
};

struct Field {
  std::string_view name;  // TOML path; `sensors.x` stands for each element of [[sensors]]
  // CBOR map keys from the top, 0 = none. Rows are sorted by them, and rows with the same
  // first keys stand together: they form one nested map.
  std::array<std::uint8_t, 3> key;
  FieldType type;
  std::string_view unit;
  std::int64_t min;  // of the number, or of the length in characters
  std::int64_t max;
  std::int64_t since;                       // first schema with this field
  std::span<const std::string_view> words;  // FieldType::word only
  std::string_view doc;
  bool per_sensor;
  FieldValue (*get)(const Terms& terms, std::size_t sensor);
  // The value must have passed check_value().
  void (*set)(Terms& terms, std::size_t sensor, const FieldValue& value);

  std::size_t depth() const { return key[1] == 0 ? 1 : key[2] == 0 ? 2 : 3; }
};

std::span<const Field> fields();

// The field's TOML path: "duty.sleep_ms", "sensors[1].bearing.rolling_elements".
FixedString<48> path_of(const Field& field, std::size_t sensor);
// The name of the map around it: "sensors.bearing" at depth 2, "" at depth 0.
std::string_view section_of(const Field& field, std::size_t depth);

// contract_out_of_range or contract_bad_text, with empty `where`, unless the value is one
// this field may have.
Status check_value(const Field& field, const FieldValue& value);

// As a person reads it: "5000 ms", "block", "2026-01-31T00:00:00Z", hex. Cut to fit.
FixedString<72> to_text(const Field& field, const FieldValue& value);

}  // namespace torpor
