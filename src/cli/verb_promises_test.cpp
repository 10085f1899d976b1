// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What single verbs promised and did not keep; through the real command.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/fake/places.h"
#include "cli/fake/torpor_call.h"

namespace torpor {
namespace {

using testing::HasSubstr;

class VerbPromisesTest : public TorporCallTest {
 protected:
  // The example's site, in which telemetry is off, with one line of it replaced.
  void put_site(const std::string& from, const std::string& to) {
    std::ifstream in(in_source("examples/site.toml"));
    std::string text(std::istreambuf_iterator<char>(in), {});
    ASSERT_NE(text.find(from), std::string::npos);
    put("site.toml", text.replace(text.find(from), from.size(), to));
  }
};

TEST_F(VerbPromisesTest, baseline_of_a_path_that_is_none_is_a_missing_file_and_of_a_new_robot_is_absent) {
  const Ended wrong = torpor({"baseline", "show", "--state", "nowhere"});
  EXPECT_EQ(wrong.code, 74);
  EXPECT_THAT(wrong.err, HasSubstr("file_missing: nowhere"));
  std::filesystem::create_directory(at("state"));
  const Ended fresh = torpor({"baseline", "show", "--state", "state"});
  EXPECT_EQ(fresh.code, 69);
  EXPECT_THAT(fresh.err, HasSubstr("baseline_none"));
}

TEST_F(VerbPromisesTest, decommission_does_not_claim_what_it_did_not_do) {
  put_site("textfile = \"\"", "textfile = \"\"");
  const Ended none = torpor({"telemetry", "decommission", "--site", "site.toml"});
  EXPECT_EQ(none.code, 64);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("nothing was forgotten"));

  put_site("textfile = \"\"", "textfile = \"" + at("torpor.prom") + "\"");
  put("torpor.prom", "torpor_up 1\n");
  const Ended done = torpor({"telemetry", "decommission", "--site", "site.toml", "--json"});
  EXPECT_EQ(done.code, 0) << done.out;
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["textfile"], at("torpor.prom"));
  EXPECT_EQ(json["pushgateway"], "");
  EXPECT_FALSE(std::filesystem::exists(at("torpor.prom")));
}

TEST_F(VerbPromisesTest, what_is_no_file_is_never_replaced_by_one) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0644), 0);
  put("contract.toml", "");
  std::filesystem::copy_file(in_source("examples/demo.toml"), at("contract.toml"),
                             std::filesystem::copy_options::overwrite_existing);
  ASSERT_EQ(torpor({"key", "new", "--out", "keys"}).code, 0);
  std::string key;
  for (const auto& entry : std::filesystem::directory_iterator(at("keys")))
    if (entry.path().extension() == ".key") key = entry.path();
  const Ended ended = torpor({"contract", "sign", "contract.toml", "--key", key, "--sequence", "1",
                              "--not-before", "now", "--expires", "+90d", "--out", "pipe"});
  EXPECT_EQ(ended.code, 74);
  EXPECT_THAT(ended.err, HasSubstr("file_exists: pipe: found something that is no bundle"));
  EXPECT_TRUE(std::filesystem::is_fifo(at("pipe")));
}

TEST_F(VerbPromisesTest, the_demo_leaves_a_directory_alone_that_it_did_not_make) {
  for (const char* own : {"out/keys/fleet.key", "out/reports/000001.log", "out/trust", "out/detector.bundle"})
    put(own, "the user's");
  const Ended ended = torpor({"demo", "--out", "out", "--contract", in_source("examples/demo.toml"), "--site",
                              in_source("examples/site.toml"), "--model", in_source("data/detector.model")});
  EXPECT_EQ(ended.code, 74);
  EXPECT_THAT(ended.err, HasSubstr("file_exists: out: found detector.bundle, and no .torpor-demo"));
  for (const char* own : {"out/keys/fleet.key", "out/reports/000001.log", "out/trust", "out/detector.bundle"})
    EXPECT_EQ(get(own), "the user's") << own;
  EXPECT_FALSE(std::filesystem::exists(at("out/.torpor-demo")));
}

}  // namespace
}  // namespace torpor
