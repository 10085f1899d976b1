// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/spec/source_spec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "contract/fake/example_contract.h"
#include "contract/host/clock_speed.h"
#include "sensor/fake/pack.h"

namespace torpor {
namespace {

template <class T>
T parsed(std::string_view text) {
  const auto spec = parse_source_spec(text);
  EXPECT_TRUE(spec.ok()) << text << ": " << one_line(spec.error()).view();
  return std::get<T>(*spec);
}

TEST(SourceSpec, names_a_manifest_and_what_to_play_of_it) {
  auto spec = parsed<RecordingSpec>("recording:/data/MANIFEST.csv");
  EXPECT_EQ(spec.manifest, "/data/MANIFEST.csv");
  EXPECT_EQ(spec.selection, "");
  spec = parsed<RecordingSpec>("recording:a#b/M.csv#rig-1");
  EXPECT_EQ(spec.manifest, "a#b/M.csv");
  EXPECT_EQ(spec.selection, "rig-1");
}

TEST(SourceSpec, names_a_simulated_machine_and_its_fate) {
  EXPECT_EQ(parsed<SimConfig>("sim:18446744073709551615").seed, UINT64_MAX);
  const auto config =
      parsed<SimConfig>("sim:7,fault=outer,from=240,grow=60,severity=8.5,rpm=1200,ramp=-0.1,bumps=2");
  EXPECT_EQ(config.seed, 7u);
  EXPECT_EQ(config.fault, BearingFault::outer);
  EXPECT_EQ(config.fault_from, 240u);
  EXPECT_EQ(config.fault_grow, 60u);
  EXPECT_EQ(config.severity, 8.5);
  EXPECT_EQ(config.rpm, 1200);
  EXPECT_EQ(config.ramp, -0.1);
  EXPECT_EQ(config.bumps_per_s, 2);
}

TEST(SourceSpec, names_how_a_simulated_machine_drives_and_parks) {
  const auto config = parsed<SimConfig>("sim:7,park=300/60,parkfrom=500,speeds=900/1800.5/2700,tacho=off");
  EXPECT_EQ(config.park_windows, 300u);
  EXPECT_EQ(config.drive_windows, 60u);
  EXPECT_EQ(config.park_from, 500u);
  EXPECT_EQ(config.speeds, (std::array<double, kSimSpeeds>{900, 1800.5, 2700}));
  EXPECT_FALSE(config.states_speed);
  EXPECT_TRUE(parsed<SimConfig>("sim:7,tacho=on").states_speed);
  EXPECT_EQ(parsed<SimConfig>("sim:7,rpm=0").rpm, 0);
}

// The table of docs/recordings.md against what is read: the same names, and the defaults it gives.
TEST(SourceSpec, the_document_names_every_option_and_what_holds_without_it) {
  std::ifstream file(in_source("docs/recordings.md"));
  const std::regex row("\\| `([a-z]+)` \\| .* \\| `?([a-z0-9]+)`?[^|]*\\|");
  std::string names;
  bool simulated = false;
  for (std::string line; std::getline(file, line);) {
    simulated = simulated || line == "## A simulated machine";
    std::smatch part;
    if (!simulated || !std::regex_match(line, part, row)) continue;
    names += (names.empty() ? "" : " ") + part[1].str();
    if (part[1] == "fault") {
      EXPECT_EQ(part[2].str(), name(SimConfig{}.fault));
      continue;
    }
    if (part[1] == "speeds" || part[1] == "park") continue;  // lists: without them there is none
    const std::string needs = part[1] == "parkfrom" ? "park=1/1," : "";
    const auto given = parsed<SimConfig>("sim:1,fault=inner," + needs + part[1].str() + "=" + part[2].str());
    const SimConfig otherwise;
    EXPECT_EQ(std::tie(given.severity, given.fault_from, given.fault_grow, given.rpm, given.ramp,
                       given.bumps_per_s, given.park_from, given.states_speed),
              std::tie(otherwise.severity, otherwise.fault_from, otherwise.fault_grow, otherwise.rpm,
                       otherwise.ramp, otherwise.bumps_per_s, otherwise.park_from, otherwise.states_speed))
        << line;
  }
  EXPECT_EQ(names, "fault severity from grow rpm ramp bumps speeds park parkfrom tacho");
  EXPECT_EQ(parse_source_spec("sim:1,x=1").error().expected.view(),
            "fault, severity, from, grow, rpm, ramp, bumps, speeds, park, parkfrom or tacho");
}

TEST(SourceSpec, refuses_everything_else_by_name) {
  for (const std::string_view text : {"",
                                      "sim",
                                      "sim:",
                                      "sim:x",
                                      "sim:-1",
                                      "sim:1.5",
                                      "sim:18446744073709551616",
                                      "sim:1,",
                                      "sim:1,,rpm=5",
                                      "sim:1,rpm",
                                      "sim:1,rpm=",
                                      "sim:1,rpm=fast",
                                      "sim:1,rpm=nan",
                                      "sim:1,rpm=inf",
                                      "sim:1,park=5",
                                      "sim:1,park=5/",
                                      "sim:1,park=/5",
                                      "sim:1,park=5/6/7",
                                      "sim:1,parkfrom=5",
                                      "sim:1,tacho=yes",
                                      "sim:1,speeds=",
                                      "sim:1,speeds=0/900",
                                      "sim:1,speeds=900/",
                                      "sim:1,speeds=1/2/3/4/5/6/7/8/9",
                                      "sim:1,rpm=1,rpm=2",
                                      "sim:1,fault=cage",
                                      "sim:1,fault=none",
                                      "sim:1,fault=",
                                      "sim:1,from=3",
                                      "sim:1,fault=ball,from=-3",
                                      "sim:1,fault=ball,from=1e3",
                                      "sim:1,seed=3",
                                      "sim:1 ",
                                      "Sim:1",
                                      "recording",
                                      "recording:",
                                      "recording:#3",
                                      "recording:M.csv#",
                                      "file:M.csv",
                                      "iio:device0"}) {
    const auto spec = parse_source_spec(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.error().reason, Reason::source_spec) << text;
    EXPECT_FALSE(spec.error().found.empty()) << text;
    EXPECT_FALSE(spec.error().expected.empty()) << text;
    EXPECT_EQ(exit_code(spec.error().reason), 64) << text;
  }
  EXPECT_EQ(parse_source_spec("sim:1,rpm=12,colour=red").error().found.view(), "colour=red");
}

TEST(SourceSpec, makes_the_source_for_the_contracts_sensor) {
  const Contract contract = contract_for_test();
  PosixFiles files;
  const auto sim = make_source(*parse_source_spec("sim:1,fault=inner"), contract, 0, files);
  ASSERT_TRUE(sim.ok());
  EXPECT_EQ(sim->source->describe().axes, contract.terms().sensors()[0].axes);
  EXPECT_FALSE(make_source(*parse_source_spec("sim:1"), contract, 9, files).ok());
  EXPECT_EQ(make_source(*parse_source_spec("sim:1,rpm=5"), contract, 0, files).error().reason,
            Reason::sim_config);

  const TempPack pack;
  const Recording r = pack.add("a.wav", 3200, 3, std::vector<std::int16_t>(3 * 16'000, 9));
  const std::string text = manifest_header() + manifest_row(r);
  const Bytes bytes = as_bytes(text);
  pack.write("MANIFEST.csv", {bytes.begin(), bytes.end()});
  const auto make = [&](const std::string& selection) {
    return make_source(*parse_source_spec("recording:" + pack.folder() + "/MANIFEST.csv" + selection),
                       contract, 0, files);
  };
  EXPECT_TRUE(make("").ok()) << one_line(make("").error()).view();
  EXPECT_TRUE(make("#1").ok());
  EXPECT_TRUE(make("#a.wav").ok());
  EXPECT_TRUE(make("#rig").ok());
  EXPECT_EQ(make("#2").error().reason, Reason::manifest_no_match);
  const auto absent = make_source(*parse_source_spec("recording:/nowhere/M.csv"), contract, 0, files);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().reason, Reason::file_missing);
}

TEST(SourceSpec, tells_what_is_missing_of_a_recording_and_what_one_value_costs) {
  const Contract contract = contract_for_test();
  PosixFiles files;
  const TempPack pack;
  const std::vector<std::int16_t> values(3 * 40'000, 9);
  Recording slow = pack.add("a.wav", 3200, 3, values);
  Recording fast = pack.add("b.wav", 25'600, 3, std::vector<std::int16_t>(3 * 25'600 * 6, 9));
  auto cut = wav_bytes(3200, 3, values);
  cut.resize(cut.size() - 7);
  pack.write("a.wav", cut);
  const std::string text = manifest_header() + manifest_row(slow) + manifest_row(fast);
  const Bytes bytes = as_bytes(text);
  pack.write("MANIFEST.csv", {bytes.begin(), bytes.end()});
  const auto make = [&](const std::string& selection) {
    return make_source(*parse_source_spec("recording:" + pack.folder() + "/MANIFEST.csv" + selection),
                       contract, 0, files);
  };
  const auto own_rate = make("#a.wav");
  ASSERT_TRUE(own_rate.ok()) << one_line(own_rate.error()).view();
  EXPECT_EQ(own_rate->remarks,
            std::vector<std::string>{
                "a.wav: 39998 of 40000 samples per channel are there: the file has lost its end"});
  EXPECT_EQ(own_rate->ns_per_value, kValueNs);
  const auto resampled = make("#b.wav");
  ASSERT_TRUE(resampled.ok()) << one_line(resampled.error()).view();
  EXPECT_TRUE(resampled->remarks.empty());
  EXPECT_EQ(resampled->ns_per_value, kValueNs + 8 * 1000);
  EXPECT_EQ(make_source(*parse_source_spec("sim:1"), contract, 0, files)->ns_per_value, kValueNs);
}

}  // namespace
}  // namespace torpor
