// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/report_log.h"

#include <algorithm>

#include "base/assertion.h"
#include "log/segment_walk.h"
#include "report/report_codec.h"

namespace torpor {
namespace {

// What a robot of one cycle a second reaches in 285 million years. A number above it is not
// ours, and to count on from one near 2^64 would begin again at 0.
constexpr std::uint64_t kMostCycles = std::uint64_t{1} << 53;

// The report of the highest cycle of one segment; none where it holds no report.
std::optional<CycleReport> newest_of(Bytes segment) {
  std::optional<CycleReport> newest;
  CycleReport report;
  SegmentWalk walk(segment);
  for (;;) {
    const RecordAt record = walk.next();
    if (record.kind == RecordAt::Kind::end) return newest;
    if (record.kind == RecordAt::Kind::record && decode_report(record.payload, report) && report.cycle != 0 &&
        report.cycle <= kMostCycles && (!newest || report.cycle > newest->cycle)) {
      newest = report;
    }
  }
}

// Looks from the newest segment backwards: usually one is enough, and a segment that was
// begun and never written to, or is damaged, must not start the count again.
Result<std::optional<CycleReport>> find_newest(Files& files, const std::string& directory) {
  TORPOR_TRY(const std::vector<std::string> names, files.list(directory));
  std::vector<SegmentName> segments;
  for (const std::string& text : names) {
    if (const auto name = SegmentName::parse(text)) segments.push_back(*name);
  }
  std::sort(segments.rbegin(), segments.rend());
  for (const SegmentName& name : segments) {
    auto content = files.read(directory + "/" + name.text(), kMaxSegmentBytes);
    // No segment of ours is that large: what it is, it holds no cycle number.
    if (!content && content.error().reason == Reason::file_too_large) continue;
    if (!content) return content.error();
    if (auto newest = newest_of(*content)) return newest;
  }
  return std::optional<CycleReport>();
}

// Before a record becomes durable: would the next start, and everyone after it, read what is
// meant here? Real numbers are rounded on the way and are left out.
bool reads_back(Bytes payload, const CycleReport& report) {
  CycleReport again;
  return decode_report(payload, again) && again.cycle == report.cycle && again.window == report.window &&
         again.woke.boot == report.woke.boot && again.contract.digest == report.contract.digest &&
         again.verdict.kind == report.verdict.kind && again.verdict.latched == report.verdict.latched &&
         again.breaches == report.breaches && equal(again.evidence.view(), report.evidence.view()) &&
         equal(again.fallback_evidence.view(), report.fallback_evidence.view());
}

}  // namespace

LogBounds log_bounds(const TelemetryTerms& terms) {
  return {.bytes = terms.spool_bytes, .age = std::chrono::milliseconds(terms.spool_age_ms)};
}

Result<ReportLog> ReportLog::open(Files& files, std::string directory, LogBounds bounds) {
  TORPOR_TRY(RecordLog log, RecordLog::open(files, std::move(directory), bounds));
  TORPOR_TRY(const std::optional<CycleReport> newest, find_newest(files, log.directory()));
  return ReportLog(std::move(log), newest);
}

Status ReportLog::append(const CycleReport& report) {
  TORPOR_TRY(const Bytes payload, encode_report(report, payload_));
  TORPOR_ASSERT(report.cycle > last_cycle_, "report.no_cycle_number_comes_twice");
  TORPOR_ASSERT(reads_back(payload, report), "report.a_record_reads_back");
  TORPOR_CHECK(log_.append(payload, report.woke));
  last_cycle_ = report.cycle;
  return {};
}

Result<ReportReader> ReportReader::open(Files& files, std::string directory) {
  TORPOR_TRY(RecordReader reader, RecordReader::open(files, std::move(directory)));
  return ReportReader(std::move(reader));
}

Result<bool> ReportReader::next(CycleReport& report) {
  for (;;) {
    TORPOR_TRY(const RecordReader::Next record, reader_.next());
    if (!record.found) return false;
    const auto head = read_head(record.payload);
    // A record of a later torpor is no damage, and must not be counted as such.
    if (head && head->kind != static_cast<std::uint64_t>(RecordKind::cycle_report)) {
      ++counters_.other_kinds;
      continue;
    }
    const Status decoded = decode_report(record.payload, report);
    if (decoded) {
      ++counters_.reports;
      return true;
    }
    if (counters_.unreadable++ == 0) counters_.first_unreadable = one_line(decoded.error());
  }
}

ReadCounters ReportReader::counters() const {
  ReadCounters counters = counters_;
  counters.damage = reader_.damage();
  return counters;
}

}  // namespace torpor
