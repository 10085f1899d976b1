// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/breach.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "base/fake/places.h"
#include "report/cycle_report.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;

TEST(Breaches, the_documented_table_is_the_table) {
  std::ifstream file(in_source("docs/record-log.md"));
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(breaches_markdown()), std::string::npos) << breaches_markdown();
}

TEST(Breaches, have_names_of_their_own_and_fit_the_record) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kBreaches; ++i) names.insert(name(static_cast<Breach>(i)));
  EXPECT_EQ(names.size(), kBreaches);
  EXPECT_LE(kBreaches, 8 * sizeof(CycleReport::breaches));
}

// Bits are on disk for as long as anybody keeps a log, and kinds in the cursors of robots.
TEST(Breaches, keep_the_numbers_that_records_and_cursors_hold) {
  const std::vector<std::string_view> breaches = {
      "interval",  "awake",  "energy",   "residency", "infer_deadline", "drops",   "expired", "idle",
      "inference", "device", "dead_man", "budget",    "suspend",        "storage", "wiped",   "early"};
  for (std::size_t i = 0; i < breaches.size(); ++i) EXPECT_EQ(name(static_cast<Breach>(i)), breaches[i]);
  const std::vector<std::string_view> kinds = {"interval", "awake",   "energy",  "residency", "inference",
                                               "expired",  "suspend", "storage", "wiped",     "early"};
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(name(static_cast<BreachKind>(i)), kinds[i]);
}

TEST(Breaches, every_kind_is_the_kind_of_the_breach_it_is_named_after) {
  std::set<BreachKind> headed;
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    const BreachKind kind = kind_of(breach);
    if (kind != BreachKind::none && name(kind) == name(breach)) headed.insert(kind);
  }
  EXPECT_EQ(headed.size(), kBreachKinds);
}

TEST(AwakeTime, is_the_time_from_waking_to_the_end_of_release) {
  CycleReport r;
  r.spent = {milliseconds(10), milliseconds(5000), milliseconds(20),    milliseconds(600),
             milliseconds(60), milliseconds(75),   milliseconds(54'000)};
  EXPECT_EQ(awake_of(r), milliseconds(5690));
}

TEST(AwakeTime, of_a_fast_run_counts_waits_by_the_clock_and_work_as_it_was) {
  CycleReport r;
  r.spent = {
      milliseconds(10), milliseconds(5000), milliseconds(20), milliseconds(600), milliseconds(60), {}, {}};
  r.speed = 60;
  EXPECT_EQ(awake_of(r), milliseconds(5030 + 10 + 1));
}

}  // namespace
}  // namespace torpor
