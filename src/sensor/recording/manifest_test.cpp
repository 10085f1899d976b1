// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/manifest.h"

#include <gtest/gtest.h>

#include "sensor/fake/pack.h"

namespace torpor {
namespace {

constexpr const char* kRow =
    "a/x.flac,set,rig,25600,2,h|v,g,0.002,5120,0.200,4000 "
    "N,1800,healthy,none,early,train_healthy,560,2560,10,"
    "\"said \"\"so\"\", twice\"\n";

Result<Manifest> parse(const std::string& rows) {
  return Manifest::parse(as_bytes(manifest_header() + rows), "pack/MANIFEST.csv");
}

// kRow with the field at `index` (from 0) replaced.
std::string row_with(std::size_t index, const std::string& value) {
  std::string out;
  std::string row = kRow;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::size_t end = i < 19 ? row.find(',') : row.find('\n');
    out += (i == index ? value : row.substr(0, end)) + (i < 19 ? "," : "\n");
    row.erase(0, end + 1);
  }
  return out;
}

void expect_refused(const std::string& rows, Reason reason, const std::string& where) {
  const auto manifest = parse(rows);
  ASSERT_FALSE(manifest.ok()) << rows;
  EXPECT_EQ(name(manifest.error().reason), name(reason)) << one_line(manifest.error()).view();
  EXPECT_EQ(manifest.error().where.view(), where) << one_line(manifest.error()).view();
}

TEST(Manifest, reads_every_field_of_a_row) {
  const auto manifest = parse(kRow);
  ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
  ASSERT_EQ(manifest->recordings().size(), 1u);
  const Recording& r = manifest->recordings()[0];
  EXPECT_EQ(r.row, 1u);
  EXPECT_EQ(r.file, "a/x.flac");
  EXPECT_EQ(r.dataset, "set");
  EXPECT_EQ(r.machine, "rig");
  EXPECT_EQ(r.rate_hz, 25600u);
  EXPECT_EQ(r.channels, 2u);
  EXPECT_EQ(r.channel_names, (std::vector<std::string>{"h", "v"}));
  EXPECT_EQ(r.units, "g");
  EXPECT_EQ(r.scale, 0.002);
  EXPECT_EQ(r.samples, 5120u);
  EXPECT_EQ(r.load, "4000 N");
  EXPECT_EQ(r.rpm, 1800);
  EXPECT_EQ(r.condition, "healthy");
  EXPECT_EQ(r.fault, "none");
  EXPECT_EQ(r.severity, "early");
  EXPECT_EQ(r.split, Split::train_healthy);
  EXPECT_EQ(r.t0_s, 560);
  EXPECT_EQ(r.block_len, 2560u);
  EXPECT_EQ(r.block_period_s, 10);
  EXPECT_EQ(r.notes, "said \"so\", twice");
  EXPECT_EQ(manifest->folder(), "pack");
}

TEST(Manifest, takes_crlf_and_a_last_line_without_an_end) {
  std::string text = manifest_header() + kRow;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
  EXPECT_TRUE(Manifest::parse(as_bytes(text), "m.csv").ok());
  text.resize(text.size() - 2);
  EXPECT_TRUE(Manifest::parse(as_bytes(text), "m.csv").ok());
}

TEST(Manifest, names_line_and_column_of_a_bad_field) {
  const std::string two = std::string("b") + kRow;
  expect_refused(two + row_with(3, "fast"), Reason::manifest_field, "pack/MANIFEST.csv:3:18 sample_rate_hz");
}

TEST(Manifest, refuses_every_field_of_the_wrong_type_or_range) {
  const struct {
    std::size_t field;
    const char* value;
  } cases[] = {
      {1, ""},       {2, ""},      {3, "0"},    {3, "1000001"},   {3, "-1"},   {3, "25600.5"},
      {3, " 25600"}, {4, "0"},     {4, "65"},   {4, "1"},         {5, "h"},    {5, "h|"},
      {6, ""},       {7, "0"},     {7, "-1"},   {7, "nan"},       {7, "inf"},  {7, "1e999"},
      {7, "0.1x"},   {7, ""},      {8, "0"},    {8, "268435456"}, {8, "1e3"},  {8, "18446744073709551616"},
      {9, "0.3"},    {9, "nan"},   {11, "-1"},  {11, "nan"},      {11, "2e6"}, {12, ""},
      {15, ""},      {15, "test"}, {16, "inf"}, {16, "-1"},       {17, "0"},   {17, "2559"},
      {17, ""},      {17, "5121"}, {18, ""},    {18, "0.01"},     {18, "nan"}};
  for (const auto& c : cases) {
    const auto manifest = parse(row_with(c.field, c.value));
    ASSERT_FALSE(manifest.ok()) << c.field << " " << c.value;
    EXPECT_EQ(manifest.error().reason, Reason::manifest_field) << c.field << " " << c.value;
  }
}

TEST(Manifest, refuses_paths_that_leave_its_folder) {
  for (const char* file : {"", "/etc/passwd", "../x.flac", "a/../../x.flac", "a/./x.flac", "a//x.flac", "a/",
                           "..", ".", "a\\..\\x.flac"}) {
    const auto manifest = parse(row_with(0, file));
    ASSERT_FALSE(manifest.ok()) << file;
    EXPECT_EQ(manifest.error().reason, Reason::manifest_path) << file;
  }
  EXPECT_TRUE(parse(row_with(0, "..a/x..flac")).ok());
}

TEST(Manifest, refuses_a_file_listed_twice) {
  expect_refused(std::string(kRow) + kRow, Reason::manifest_duplicate, "pack/MANIFEST.csv:3:1 file");
}

TEST(Manifest, refuses_other_columns) {
  for (const std::string& header : {std::string(""), std::string("file,dataset\n"), "x" + manifest_header(),
                                    manifest_header().insert(manifest_header().size() - 1, "2")}) {
    const auto manifest = Manifest::parse(as_bytes(header), "m.csv");
    ASSERT_FALSE(manifest.ok()) << header;
    EXPECT_EQ(manifest.error().reason, Reason::manifest_columns) << header;
  }
  expect_refused("a.flac,set\n", Reason::manifest_columns, "pack/MANIFEST.csv:2:8");
}

TEST(Manifest, refuses_broken_csv) {
  expect_refused("\"a.flac,set\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:1");
  expect_refused("a\"b,set\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:2");
  expect_refused("\"a\"b,set\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:4");
  expect_refused("a\tb,set\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:2");
  expect_refused(std::string("a\0b,set\n", 8), Reason::manifest_csv, "pack/MANIFEST.csv:2:2");
  expect_refused("a\rb\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:2");
  expect_refused("\xff\xfe,set\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:1");
  expect_refused("\n", Reason::manifest_csv, "pack/MANIFEST.csv:2:1");
  expect_refused(std::string(kMaxManifestField + 1, 'a') + "\n", Reason::manifest_csv,
                 "pack/MANIFEST.csv:2:1");
  expect_refused(std::string(kRow).insert(std::string(kRow).size() - 1, ",more"), Reason::manifest_csv,
                 "pack/MANIFEST.csv:2:" + std::to_string(std::string(kRow).size() + 1));
}

TEST(Manifest, bounds_rows_and_bytes) {
  std::string rows;
  for (std::size_t i = 0; i < kMaxManifestRows; ++i) rows += "f" + std::to_string(i) + kRow;
  EXPECT_TRUE(parse(rows).ok());
  expect_refused(rows + kRow, Reason::manifest_csv, "pack/MANIFEST.csv:20002:1");
  expect_refused(std::string(kMaxManifestBytes, 'a'), Reason::manifest_csv, "pack/MANIFEST.csv:1:1");
}

TEST(Manifest, keeps_line_and_column_of_an_error_under_a_long_path) {
  const auto manifest = Manifest::parse(as_bytes("x"), std::string(300, 'p') + "/M.csv");
  ASSERT_FALSE(manifest.ok());
  EXPECT_TRUE(manifest.error().where.view().ends_with("/M.csv:1:1"));
}

TEST(Manifest, selects_rows_files_and_the_run_of_a_machine) {
  std::string rows = row_with(0, "a/late.flac");
  std::string early = kRow;
  early.replace(early.find(",560,"), 5, ",10,");
  rows += early.replace(0, 8, "b/early.flac");
  std::string other = kRow;
  rows += other.replace(0, 16, "c/late.flac,set,fan");
  const auto manifest = parse(rows);
  ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();

  EXPECT_EQ(manifest->select("")->size(), 3u);
  EXPECT_EQ(manifest->select("2")->at(0).file, "b/early.flac");
  EXPECT_EQ(manifest->select("a/late.flac")->at(0).row, 1u);
  EXPECT_EQ(manifest->select("early.flac")->at(0).row, 2u);
  const auto run = manifest->select("rig");
  ASSERT_EQ(run->size(), 2u);
  EXPECT_EQ(run->at(0).file, "b/early.flac");
  EXPECT_EQ(run->at(1).file, "a/late.flac");
  for (const char* nothing : {"0", "4", "-1", "late.flac", "nobody", "18446744073709551617"}) {
    const auto none = manifest->select(nothing);
    ASSERT_FALSE(none.ok()) << nothing;
    EXPECT_EQ(none.error().reason, Reason::manifest_no_match);
  }
}

TEST(Manifest, reads_the_shared_pack) {
  if (shared_pack().empty()) GTEST_SKIP() << "the shared data pack is not here";
  const auto manifest =
      Manifest::parse(file_bytes(shared_pack() + "/MANIFEST.csv"), shared_pack() + "/MANIFEST.csv");
  ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
  EXPECT_EQ(manifest->recordings().size(), 133u);
  const auto run = manifest->select("femto-bearing1_1");
  ASSERT_TRUE(run.ok());
  ASSERT_EQ(run->size(), 5u);
  EXPECT_EQ(run->back().condition, "failing");
}

}  // namespace
}  // namespace torpor
