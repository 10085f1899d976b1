// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/report_codec.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/cbor.h"
#include "log/segment.h"
#include "report/fake/reports.h"

namespace torpor {
namespace {

std::vector<std::byte> encoded(const CycleReport& report) {
  std::vector<std::byte> room(kMaxRecordPayload);
  const auto payload = encode_report(report, room);
  EXPECT_TRUE(payload.ok());
  room.resize(payload->size());
  return room;
}

// The payload again, pair by pair, with a hand on each.
template <class Edit>
std::vector<std::byte> edited(const std::vector<std::byte>& payload, std::size_t pairs, Edit edit) {
  std::vector<std::byte> out(2 * kMaxRecordPayload);
  cbor::Writer w(out);
  w.map(pairs);
  cbor::Reader in(payload);
  std::size_t size = w.size();
  for (std::size_t left = *in.map(); left > 0; --left) {
    const std::size_t from = in.offset();
    const std::int64_t key = *in.integer();
    EXPECT_TRUE(in.skip().ok());
    if (!edit(key, out, size)) continue;
    std::copy(payload.begin() + static_cast<std::ptrdiff_t>(from),
              payload.begin() + static_cast<std::ptrdiff_t>(in.offset()),
              out.begin() + static_cast<std::ptrdiff_t>(size));
    size += in.offset() - from;
  }
  edit(-1, out, size);
  out.resize(size);
  return out;
}

TEST(ReportCodec, any_report_comes_back_as_the_same_bytes) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto first = encoded(arbitrary_report_for_test(seed));
    CycleReport back;
    const Status decoded = decode_report(first, back);
    ASSERT_TRUE(decoded.ok()) << seed << " " << one_line(decoded.error()).view();
    ASSERT_EQ(encoded(back), first) << seed;
  }
}

TEST(ReportCodec, a_plausible_report_comes_back_within_half_a_unit) {
  for (const CycleReport& report : reports_for_test({.healthy = 300, .damaged = 60})) {
    CycleReport back;
    ASSERT_TRUE(decode_report(encoded(report), back).ok());
    EXPECT_EQ(back.device, report.device);
    EXPECT_EQ(back.cycle, report.cycle);
    EXPECT_EQ(back.woke.boot, report.woke.boot);
    EXPECT_EQ(back.interval, report.interval);
    EXPECT_EQ(back.spent, report.spent);
    EXPECT_EQ(back.verdict.explanation, report.verdict.explanation);
    EXPECT_EQ(back.breaches, report.breaches);
    for (std::size_t i = 0; i < kScores; ++i)
      EXPECT_NEAR(back.verdict.score[i].z, report.verdict.score[i].z, 0.51e-6);
    for (std::size_t i = 0; i < kPhases; ++i) EXPECT_NEAR(back.energy_mj[i], report.energy_mj[i], 0.51e-3);
    EXPECT_NEAR(back.indicators.axis[1].rms_g, report.indicators.axis[1].rms_g, 0.51e-6);
    EXPECT_NEAR(back.indicators.axis[1].peaks[0].hertz, report.indicators.axis[1].peaks[0].hertz, 0.51e-3);
  }
}

TEST(ReportCodec, what_is_not_finite_stays_so_and_what_is_too_large_stays_large) {
  CycleReport report;
  report.verdict.log_evidence = -std::numeric_limits<double>::infinity();
  report.verdict.log_alarm_threshold = std::numeric_limits<double>::infinity();
  report.verdict.log_watch_threshold = std::nan("");
  report.speed = 1e300;
  CycleReport back;
  ASSERT_TRUE(decode_report(encoded(report), back).ok());
  EXPECT_EQ(back.verdict.log_evidence, report.verdict.log_evidence);
  EXPECT_EQ(back.verdict.log_alarm_threshold, report.verdict.log_alarm_threshold);
  EXPECT_TRUE(std::isnan(back.verdict.log_watch_threshold));
  EXPECT_GT(back.speed, 9e12);
}

TEST(ReportCodec, every_missing_key_is_refused_by_its_name) {
  const auto payload = encoded(arbitrary_report_for_test(7));
  const std::size_t pairs = report_fields().size() + 2;
  for (const ReportField& field : report_fields()) {
    const auto without =
        edited(payload, pairs - 1, [&](std::int64_t key, auto&, std::size_t&) { return key != field.key; });
    CycleReport back;
    const Status decoded = decode_report(without, back);
    ASSERT_FALSE(decoded.ok()) << field.name;
    EXPECT_EQ(decoded.error().reason, Reason::report_field_missing);
    EXPECT_EQ(decoded.error().where.view(), "report: " + std::string(field.name));
  }
}

TEST(ReportCodec, keys_of_a_later_torpor_are_passed_over) {
  const auto payload = encoded(arbitrary_report_for_test(7));
  const auto more =
      edited(payload, report_fields().size() + 3, [](std::int64_t key, auto& out, std::size_t& size) {
        if (key != -1) return true;
        cbor::Writer w(MutableBytes(out).subspan(size));
        w.integer(900);
        w.array(2);
        w.text("later");
        w.boolean(true);
        size += w.size();
        return true;
      });
  CycleReport back;
  const Status decoded = decode_report(more, back);
  ASSERT_TRUE(decoded.ok()) << one_line(decoded.error()).view();
  EXPECT_EQ(encoded(back), payload);
}

TEST(ReportCodec, a_value_that_does_not_fit_is_refused_by_its_name) {
  CycleReport report;
  report.indicators.axes = kMaxAxes + 1;
  CycleReport back;
  const Status decoded = decode_report(encoded(report), back);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().reason, Reason::report_field_value);
  EXPECT_EQ(decoded.error().where.view(), "report: axes");
}

TEST(ReportCodec, another_kind_of_record_is_no_report) {
  std::byte room[32];
  cbor::Writer w(room);
  w.map(2);
  w.integer(0), w.uint(1), w.integer(1), w.uint(77);
  CycleReport back;
  EXPECT_EQ(decode_report(*w.finish(), back).error().reason, Reason::report_kind);
  EXPECT_EQ(read_head(*w.finish())->kind, 77u);
}

TEST(ReportCodec, a_text_cut_inside_a_character_does_not_cost_the_record) {
  CycleReport report;
  report.sensor = "lager-\xc3";
  CycleReport back;
  ASSERT_TRUE(decode_report(encoded(report), back).ok());
  EXPECT_EQ(back.sensor.view(), "lager-?");
}

TEST(ReportCodec, the_longest_report_fits_a_record) {
  CycleReport report;
  const auto fill = [](auto& text) {
    while (text.size() < text.capacity()) text.append("x");
  };
  fill(report.device), fill(report.boot_id), fill(report.sensor), fill(report.contract.id);
  fill(report.verdict.explanation), fill(report.energy_source), fill(report.residency_note);
  fill(report.sleep_note), fill(report.energy_coverage), fill(report.backend), fill(report.backend_note);
  for (auto& axis : report.indicators.axis) {
    axis = {1e300, 1e300, 1e300, 1e300, {}};
    for (auto& peak : axis.peaks) peak = {1e300, 1e300};
  }
  report.energy_mj.fill(-1e300);
  report.spent.fill(Duration::max());
  report.drops.fill(~std::uint64_t{0});
  EXPECT_LT(encoded(report).size(), kMaxRecordPayload / 2);
}

TEST(ReportCodec, the_page_on_the_format_lists_every_key_as_it_is) {
  std::ifstream file(in_source("docs/record-log.md"));
  std::stringstream text;
  text << file.rdbuf();
  std::string page = text.str();
  for (const ReportField& field : report_fields()) {
    std::ostringstream row;
    row << "| " << field.key << " | `" << field.name << "` | " << field.unit << " | " << field.doc << " |";
    EXPECT_NE(page.find(row.str()), std::string::npos) << row.str();
  }
}

}  // namespace
}  // namespace torpor
