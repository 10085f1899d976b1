// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/assertion.h"
#include "base/cbor.h"
#include "contract/field_table.h"
#include "contract/payload.h"
#include "contract/table_walk.h"

namespace torpor {
namespace {

class Encoder {
 public:
  Encoder(const Terms& terms, MutableBytes out) : terms_(terms), writer_(out) {}

  Result<Bytes> run() {
    TORPOR_CHECK(level(fields(), 0, 0));
    return writer_.finish();
  }

 private:
  // One map: the rows share their first `depth` keys. Its size comes first in CBOR, so the
  // groups are counted before they are written.
  Status level(std::span<const Field> rows, std::size_t depth, std::size_t sensor) {
    rows = rows_of_schema(rows, terms_.schema);
    writer_.map(count_groups(rows, depth));
    while (!rows.empty()) {
      const std::span<const Field> group = take_group(rows, depth);
      writer_.uint(group.front().key[depth]);
      if (is_leaf(group.front(), depth)) {
        TORPOR_CHECK(value(group.front(), sensor));
      } else if (depth == 0 && group.front().per_sensor) {
        TORPOR_CHECK(sensors(group));
      } else {
        TORPOR_CHECK(level(group, depth + 1, sensor));
      }
    }
    return {};
  }

  Status sensors(std::span<const Field> rows) {
    // Terms may be filled in by anyone: what cannot be decoded again is not encoded.
    if (terms_.sensor_count < 1 || terms_.sensor_count > kMaxSensors) {
      Error error{.reason = Reason::contract_out_of_range};
      error.where << section_of(rows.front(), 1);
      error.found << terms_.sensor_count << " sensors";
      error.expected << "1 to " << kMaxSensors;
      return error;
    }
    writer_.array(terms_.sensor_count);
    for (std::size_t i = 0; i < terms_.sensor_count; ++i) TORPOR_CHECK(level(rows, 1, i));
    return {};
  }

  Status value(const Field& field, std::size_t sensor) {
    TORPOR_ASSERT(!field.per_sensor || sensor < terms_.sensor_count,
                  "contract.only_sensors_there_are_encoded");
    const FieldValue value = field.get(terms_, sensor);
    // The same bounds on both ways: a payload that was written can be read.
    if (auto checked = check_value(field, value); !checked) {
      Error error = checked.error();
      error.where << path_of(field, sensor);
      return error;
    }
    switch (field.type) {
      case FieldType::integer:
      case FieldType::time:
      case FieldType::word:
        writer_.integer(value.number);
        break;
      case FieldType::name:
        writer_.text(value.text);
        break;
      case FieldType::digest:
        writer_.bytes(value.bytes);
        break;
    }
    return {};
  }

  const Terms& terms_;
  cbor::Writer writer_;
};

}  // namespace

Result<Bytes> encode_payload(const Terms& terms, MutableBytes out) { return Encoder(terms, out).run(); }

}  // namespace torpor
