// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/assertion.h"
#include "base/cbor.h"
#include "contract/field_table.h"
#include "contract/payload.h"
#include "contract/table_walk.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

class Decoder {
 public:
  Decoder(Bytes payload, std::string_view what) : payload_(payload), what_(what), reader_(payload) {}

  Result<Terms> run() {
    TORPOR_CHECK(level(fields(), 0, 0));
    if (reader_.offset() != payload_.size())
      return fail(Reason::bundle_trailing, "payload"sv, "more bytes"sv, "the end"sv);
    TORPOR_CHECK(encodes_to_the_same());
    return terms_;
  }

 private:
  // One map: the rows share their first `depth` keys.
  Status level(std::span<const Field> rows, std::size_t depth, std::size_t sensor) {
    const std::string_view section = depth == 0 ? "payload"sv : section_of(rows.front(), depth);
    auto pairs = reader_.map();
    if (!pairs) return from_reader(pairs.error(), section, "map"sv);
    rows = rows_of_schema(rows, schema_);
    // Keys rise: one order, so one encoding, and a key that comes twice is seen without a list.
    std::int64_t last = -1;
    for (std::size_t i = 0; i < *pairs; ++i) {
      TORPOR_TRY(const std::int64_t key, next_key(section, last));
      last = key;
      if (rows.empty() || key < rows.front().key[depth]) return unknown(section, key);
      const std::span<const Field> group = take_group(rows, depth);
      if (key != group.front().key[depth]) return missing(group, depth, sensor);
      if (is_leaf(group.front(), depth)) {
        TORPOR_CHECK(value(group.front(), sensor));
      } else if (depth == 0 && group.front().per_sensor) {
        TORPOR_CHECK(sensors(group));
      } else {
        TORPOR_CHECK(level(group, depth + 1, sensor));
      }
      // Schema is the first field of all: what else there must be depends on it.
      if (depth == 0 && key == 1) rows = rows_of_schema(rows, schema_);
    }
    if (!rows.empty()) return missing(rows, depth, sensor);
    return {};
  }

  Result<std::int64_t> next_key(std::string_view section, std::int64_t last) {
    const std::size_t at = reader_.offset();
    auto key = reader_.integer();
    if (!key) return from_reader(key.error(), section, "integer key"sv);
    if (*key == last) {
      Error error = fail(Reason::contract_duplicate_field, section, ""sv, "each key once"sv);
      error.found << "key " << *key << " again at offset " << at;
      return error;
    }
    if (*key < last || *key < 0) {
      // Negative keys sort behind all others and no row has one.
      // In the order of CBOR, negative keys come behind all others, so this one is not out of order.
      if (*key < 0) return unknown(section, *key);
      Error error = fail(Reason::bundle_not_deterministic, section, ""sv, "ascending keys"sv);
      error.found << "key " << *key << " after " << last;
      return error;
    }
    return *key;
  }

  Status sensors(std::span<const Field> rows) {
    const std::string_view section = section_of(rows.front(), 1);
    auto count = reader_.array();
    if (!count) return from_reader(count.error(), section, "array"sv);
    if (*count < 1 || *count > kMaxSensors) {
      Error error = fail(Reason::contract_out_of_range, section, ""sv, ""sv);
      error.found << *count << " sensors";
      error.expected << "1 to " << kMaxSensors;
      return error;
    }
    terms_.sensor_count = static_cast<std::uint32_t>(*count);
    for (std::size_t i = 0; i < *count; ++i) TORPOR_CHECK(level(rows, 1, i));
    return {};
  }

  Status value(const Field& field, std::size_t sensor) {
    const FixedString<48> path = path_of(field, sensor);
    FieldValue value;
    switch (field.type) {
      case FieldType::integer:
      case FieldType::time:
      case FieldType::word: {
        auto number = reader_.integer();
        if (!number) return from_reader(number.error(), path, "integer"sv);
        value.number = *number;
        break;
      }
      case FieldType::name: {
        auto text = reader_.text();
        if (!text) return from_reader(text.error(), path, "text string"sv);
        value.text = *text;
        break;
      }
      case FieldType::digest: {
        auto bytes = reader_.bytes();
        if (!bytes) return from_reader(bytes.error(), path, "byte string"sv);
        value.bytes = *bytes;
        break;
      }
    }
    // The schema says which fields follow. It is refused by a name of its own: the remedy is another
    // binary, not another contract.
    const bool is_schema = field.key[0] == 1;
    if (is_schema) schema_ = value.number;
    if (auto checked = check_value(field, value); !checked) {
      Error error = checked.error();
      if (is_schema) error.reason = Reason::contract_schema_unsupported;
      error.where << what_ << ": " << path;
      return error;
    }
    TORPOR_ASSERT(!field.per_sensor || sensor < terms_.sensor_count,
                  "contract.only_sensors_there_are_decoded");
    field.set(terms_, sensor, value);
    return {};
  }

  // There is one payload for given terms: these very bytes. Two encodings of one contract
  // would have two digests, and two roles that agree in every number would refuse each other.
  Status encodes_to_the_same() {
    std::byte room[kMaxPayloadBytes];
    TORPOR_TRY(const Bytes again, encode_payload(terms_, room));
    if (equal(again, payload_)) return {};
    std::size_t at = 0;
    while (at < again.size() && at < payload_.size() && again[at] == payload_[at]) ++at;
    Error error =
        fail(Reason::bundle_not_deterministic, "payload"sv, ""sv, "the one encoding of these terms"sv);
    error.found << "another byte at offset " << at;
    return error;
  }

  Error fail(Reason reason, std::string_view field, std::string_view found, std::string_view expected) {
    Error error{.reason = reason};
    error.where << what_ << ": " << field;
    error.found << found;
    error.expected << expected;
    return error;
  }

  Error unknown(std::string_view section, std::int64_t key) {
    Error error = fail(Reason::contract_unknown_field, section, ""sv, ""sv);
    error.found << "key " << key;
    error.expected << "only the fields of schema " << schema_;
    return error;
  }

  Error missing(std::span<const Field> rows, std::size_t depth, std::size_t sensor) {
    const bool leaf = is_leaf(rows.front(), depth);
    Error error = fail(Reason::contract_missing_field,
                       leaf ? path_of(rows.front(), sensor).view() : section_of(rows.front(), depth + 1),
                       "nothing"sv, ""sv);
    error.expected << "key " << rows.front().key[depth];
    return error;
  }

  // An error of the reader, seen from the contract: what the bytes are at fault for keeps
  // its kind, another type is the field's fault.
  Error from_reader(const Error& cause, std::string_view field, std::string_view type) {
    Error error = fail(Reason::contract_wrong_type, field, cause.found, type);
    if (cause.reason == Reason::cbor_truncated) error.reason = Reason::bundle_truncated;
    if (cause.reason == Reason::cbor_not_deterministic) error.reason = Reason::bundle_not_deterministic;
    if (cause.reason != Reason::cbor_type) {
      error.expected.clear();
      error.expected << cause.expected;
    }
    // Where the reader stands, for whoever looks at the bytes.
    error.where << ": offset " << reader_.offset();
    return error;
  }

  Bytes payload_;
  std::string_view what_;
  cbor::Reader reader_;
  std::int64_t schema_ = kNewestSchema;
  Terms terms_{};
};

}  // namespace

Result<Terms> decode_payload(Bytes payload, std::string_view what) { return Decoder(payload, what).run(); }

}  // namespace torpor
