// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/spec/source_spec.h"

#include <gtest/gtest.h>

#include "base/posix/posix_files.h"
#include "contract/fake/example_contract.h"
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
  EXPECT_EQ((*sim)->describe().axes, contract.terms().sensors()[0].axes);
  EXPECT_FALSE(make_source(*parse_source_spec("sim:1"), contract, 9, files).ok());
  EXPECT_EQ(make_source(*parse_source_spec("sim:1,rpm=0"), contract, 0, files).error().reason,
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

}  // namespace
}  // namespace torpor
