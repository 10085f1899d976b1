// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "report/cycle_report.h"

// CycleReport <-> the CBOR payload of one record. The keys are the rows of
// report/report_fields.def; docs/record-log.md lists them and a test compares the two.
//
// No floats: a real number travels as an integer of the row's unit (micro-g, uJ, ..),
// rounded to nearest. Beyond 64 bits it saturates; minus and plus infinity and "not a
// number" have integers of their own (docs/record-log.md), so that nothing turns into a
// plausible value on the way.
namespace torpor {

// Raised when keys are added. A key never changes its meaning and is never used again
// for another. A record of schema s must hold every key of schema <= s; keys it holds
// beyond those known here are passed over.
inline constexpr std::uint64_t kReportSchema = 3;

// First two keys of every record in the log.
enum class RecordKind : std::uint64_t { cycle_report = 1 };

struct RecordHead {
  std::uint64_t schema = 0;
  std::uint64_t kind = 0;  // a later torpor may write others
};

// Schema and kind of any record. Errors: cbor_*, report_field_missing.
Result<RecordHead> read_head(Bytes payload);

// No heap. cbor_no_room cannot happen where out holds kMaxRecordPayload.
Result<Bytes> encode_report(const CycleReport& report, MutableBytes out);

// Writes all of `report`. Errors: cbor_*; report_field_missing and report_field_value
// with the key's name in `where`; report_kind when it is no cycle report.
Status decode_report(Bytes payload, CycleReport& report);

struct ReportField {
  std::int64_t key;
  std::uint64_t since_schema;
  std::string_view name;
  std::string_view unit;
  std::string_view doc;
};
std::span<const ReportField> report_fields();

}  // namespace torpor
