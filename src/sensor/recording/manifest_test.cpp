// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/fake/places.h"
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

TEST(Manifest, an_rpm_of_0_is_a_machine_that_stands_and_an_empty_one_is_not_stated) {
  constexpr std::size_t kRpm = 11;
  const auto stopped = [&](const char* rpm) { return parse(row_with(kRpm, rpm))->recordings()[0].stopped; };
  EXPECT_TRUE(stopped("0"));
  EXPECT_FALSE(stopped(""));
  EXPECT_FALSE(stopped("900"));
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
  EXPECT_EQ(r.unit.word, "g");
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

TEST(Manifest, passes_over_what_a_spreadsheet_adds_and_nobody_sees) {
  const std::string header = manifest_header().substr(0, manifest_header().size() - 1);
  std::string quoted = row_with(1, "\"set\"");
  const std::string plain = std::string(kRow).substr(0, std::string(kRow).size() - 1);
  for (const std::string& text :
       {"\xef\xbb\xbf" + header + "\r\n" + plain + "\r\n", header + "\n" + quoted,
        header + ",,\n" + plain + ",,\n" + "b" + plain + ",\n",
        header + "\n" + plain + "\n,,,,,,,,,,,,,,,,,,,\n", header + "\r\n" + plain + "\r\n\r\n\r\n"}) {
    const auto manifest = Manifest::parse(as_bytes(text), "m.csv");
    ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view() << "\n" << text;
    EXPECT_EQ(manifest->recordings()[0].dataset, "set");
    EXPECT_EQ(manifest->recordings()[0].notes, "said \"so\", twice");
  }
  // What is empty at a row's end is left out as well.
  const auto shorter = parse("x.flac,set,rig,8000,1,h,g,0.002,8000,1,,,healthy,,,unlabelled\n");
  ASSERT_TRUE(shorter.ok()) << one_line(shorter.error()).view();
  EXPECT_EQ(shorter->recordings()[0].block_len, 0u);
  expect_refused(std::string(kRow).insert(std::string(kRow).size() - 1, ",,x"), Reason::manifest_csv,
                 "pack/MANIFEST.csv:2:" + std::to_string(std::string(kRow).size() + 1));
}

TEST(Manifest, says_what_it_does_not_take_from_a_spreadsheet) {
  const auto refusal = [](const std::string& text) {
    const auto manifest = Manifest::parse(as_bytes(text), "m.csv");
    return manifest.ok() ? std::string("accepted") : std::string(one_line(manifest.error()).view());
  };
  std::string semicolons = manifest_header();
  std::replace(semicolons.begin(), semicolons.end(), ',', ';');
  EXPECT_EQ(
      refusal(semicolons),
      "manifest_columns: m.csv:1:1: found fields parted by semicolons, expected commas, and '.' in numbers");
  EXPECT_EQ(refusal(std::string("\xff\xfe"
                                "f\0i\0l\0e\0",
                                10)),
            "manifest_csv: m.csv:1:1: found UTF-16, expected UTF-8, as \"CSV UTF-8\" is saved");
  // A zero-width space: the eye sees the right word.
  EXPECT_EQ(refusal("file\xe2\x80\x8b,dataset\n"),
            "manifest_columns: m.csv:1:1: found file\\u200b, expected file");
  EXPECT_EQ(refusal("file ,dataset\n"), "manifest_columns: m.csv:1:1: found file\\x20, expected file");
}

TEST(Manifest, names_line_and_column_of_a_bad_field) {
  const std::string two = std::string("b") + kRow;
  expect_refused(two + row_with(3, "fast"), Reason::manifest_field, "pack/MANIFEST.csv:3:18 sample_rate_hz");
}

TEST(Manifest, refuses_every_field_of_the_wrong_type_or_range) {
  const struct {
    std::size_t field;
    const char* value;
  } cases[] = {{1, ""},           {2, ""},           {3, "0"},      {3, "1000001"},
               {3, "-1"},         {3, "25600.5"},    {3, " 25600"}, {4, "0"},
               {4, "65"},         {4, "1"},          {5, "h"},      {5, "h|"},
               {6, ""},           {7, "0"},          {7, "-1"},     {7, "nan"},
               {7, "inf"},        {7, "1e999"},      {7, "0.1x"},   {7, ""},
               {8, "0"},          {8, "268435456"},  {8, "1e3"},    {8, "18446744073709551616"},
               {9, "0.3"},        {9, "nan"},        {11, "-1"},    {11, "nan"},
               {11, "2e6"},       {12, ""},          {15, ""},      {15, "test"},
               {16, "inf"},       {16, "-1"},        {17, "0"},     {17, "2559"},
               {17, ""},          {17, "5121"},      {18, ""},      {18, "0.01"},
               {18, "nan"},       {6, "V"},          {6, "G"},      {6, "g "},
               {6, "g(nominal)"}, {6, "g (nominal"}, {6, "mm/s"},   {5, "h|h"}};
  for (const auto& c : cases) {
    const auto manifest = parse(row_with(c.field, c.value));
    ASSERT_FALSE(manifest.ok()) << c.field << " " << c.value;
    EXPECT_EQ(manifest.error().reason, Reason::manifest_field) << c.field << " " << c.value;
  }
}

TEST(Manifest, knows_each_unit_in_g_and_passes_over_a_remark_on_it) {
  const struct {
    const char* word;
    double g;
  } cases[] = {{"g", 1},
               {"mg", 1e-3},
               {"ug", 1e-6},
               {"m/s2", 1 / 9.80665},
               {"m/s^2", 1 / 9.80665},
               {"m/s²", 1 / 9.80665},
               {"g (3.9 mg per LSB nominal)", 1},
               {"mg (from the data sheet)", 1e-3}};
  for (const auto& c : cases) {
    const auto manifest = parse(row_with(6, c.word));
    ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
    EXPECT_DOUBLE_EQ(manifest->recordings()[0].lsb(), 0.002 * c.g) << c.word;
  }
  const auto raw = parse(row_with(6, "raw (volt or g)"));
  ASSERT_TRUE(raw.ok());
  EXPECT_FALSE(raw->recordings()[0].unit.stated());
  EXPECT_EQ(raw->recordings()[0].lsb(), 0.002);
}

TEST(Manifest, names_an_unknown_unit_and_those_it_knows) {
  const auto manifest = parse(row_with(6, "mm/s"));
  ASSERT_FALSE(manifest.ok());
  EXPECT_EQ(
      one_line(manifest.error()).view(),
      "manifest_field: pack/MANIFEST.csv:2:30 units: found mm/s, expected g, mg, ug, m/s2, m/s^2, m/s², raw");
}

TEST(Manifest, lists_its_units_as_the_document_does) {
  std::string table;
#define TORPOR_UNIT(word, g, meaning) table += "| `" word "` | " meaning " |\n";
#include "sensor/recording/units.def"
#undef TORPOR_UNIT
  std::ifstream file(in_source("docs/recordings.md"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find(table), std::string::npos) << "docs/recordings.md should hold:\n" << table;
}

// Each column that a row must fill is used, or held against the others.
TEST(Manifest, refuses_a_row_that_contradicts_itself_about_its_state) {
  const auto refused = [](const char* condition, const char* fault, const char* split) {
    const std::string row = std::string("x.flac,set,rig,8000,1,h,g,0.002,8000,1,,,") + condition + "," +
                            fault + ",," + split + ",,,,\n";
    const auto manifest = parse(row);
    return manifest.ok() ? std::string("accepted") : std::string(manifest.error().where.view().substr(20));
  };
  EXPECT_EQ(refused("healthy", "none", "train_healthy"), "accepted");
  EXPECT_EQ(refused("healthy", "", "unlabelled"), "accepted");
  EXPECT_EQ(refused("failing", "natural", "test_fault"), "accepted");
  EXPECT_EQ(refused("aging", "none", "unlabelled"), "accepted");
  EXPECT_EQ(refused("fault", "ball", "train_healthy").substr(3), "split") << "a fault would be learned";
  EXPECT_EQ(refused("aging", "natural", "test_healthy").substr(3), "split");
  EXPECT_EQ(refused("healthy", "none", "test_fault").substr(3), "split");
  EXPECT_EQ(refused("healthy", "ball", "train_healthy").substr(3), "fault");
  EXPECT_EQ(refused("fault", "none", "test_fault").substr(3), "fault");
}

TEST(Manifest, rows_of_one_machine_have_the_same_channels_and_a_stated_unit_or_none) {
  const auto row = [](const char* file, const char* dataset, const char* channels, const char* units) {
    return std::string(file) + "," + dataset + ",rig,8000," + (std::string(channels) == "v" ? "1," : "2,") +
           channels + "," + units + ",0.002,8000,1,,,healthy,,,unlabelled,,,,\n";
  };
  const std::string first = row("a.flac", "set", "h|v", "g");
  expect_refused(first + row("b.flac", "set", "v|h", "g"), Reason::manifest_field,
                 "pack/MANIFEST.csv:3:23 channel_names");
  expect_refused(first + row("b.flac", "set", "v", "g"), Reason::manifest_field,
                 "pack/MANIFEST.csv:3:23 channel_names");
  expect_refused(first + row("b.flac", "set", "h|v", "raw"), Reason::manifest_field,
                 "pack/MANIFEST.csv:3:27 units");
  EXPECT_TRUE(parse(first + row("b.flac", "set", "h|v", "mg")).ok()) << "both are known in g";
  EXPECT_TRUE(parse(first + row("b.flac", "other", "v|h", "raw")).ok()) << "another data set's machine";
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
  expect_refused(std::string("\n") + kRow, Reason::manifest_csv, "pack/MANIFEST.csv:2:1");
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

TEST(Manifest, never_makes_one_run_of_two_data_sets) {
  std::string rows = row_with(0, "a.flac");
  std::string other = row_with(0, "b.flac");
  rows += other.replace(other.find("set"), 3, "test");
  const auto manifest = parse(rows);
  ASSERT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
  const auto both = manifest->select("rig");
  ASSERT_FALSE(both.ok());
  EXPECT_EQ(
      one_line(both.error()).view(),
      "manifest_no_match: pack/MANIFEST.csv: found a rig in two data sets, expected set/rig or test/rig");
  EXPECT_EQ(manifest->select("test/rig")->at(0).file, "b.flac");
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
