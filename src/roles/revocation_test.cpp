// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A key that is revoked while both roles work, as real processes: each looks for itself.
#include <nlohmann/json.hpp>

#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class RevocationTest : public RolesTest {
 protected:
  void SetUp() override {
    RolesTest::SetUp();
    sign("examples/demo.toml", at("detector.bundle"));
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
    // The next key, as in a rotation: a file without any trusted key is none.
    run({bin("torpor"), "key", "new", "--out", at("next")});
    std::string both = slurp(at("trust"));
    for (const auto& entry : std::filesystem::directory_iterator(at("next")))
      if (entry.path().extension() == ".pub") both += slurp(entry.path());
    for (const char* name : {"detector", "sampler"}) put_trust(name, both);
  }
  std::string trust_of(const std::string& name) const { return at("trust." + name); }
  ChildProcess start(std::vector<std::string> command, const std::string& name,
                     const std::vector<std::string>& more) {
    for (std::string& word : command)
      if (word == at("trust")) word = trust_of(name);
    command.insert(command.end(), more.begin(), more.end());
    auto child = ChildProcess::start(command, at(name + ".log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  // Both, each with a trust file of its own.
  std::pair<ChildProcess, ChildProcess> start_both() {
    ChildProcess sampler = start(role("torpor-sampler", "sampler", "10"), "sampler", {"--source", "sim:7"});
    ChildProcess detector = start(
        role("torpord", "detector", "10"), "detector",
        {"--model", source_file("data/detector.model"), "--reports", at("reports"), "--cycles", "100000"});
    while (reports().size() < 2 && !detector.exit_code() && !sampler.exit_code()) ::usleep(2000);
    return {std::move(sampler), std::move(detector)};
  }
  // The first line's, which signed the bundles.
  void revoke(const std::string& name) {
    const std::string text = slurp(trust_of(name));
    put_trust(name, text + "revoked " + text.substr(text.find(' ') + 1, 16) + "\n");
  }
  // As an operator's tool does: the file is whole at each moment.
  void put_trust(const std::string& name, const std::string& text) {
    std::ofstream(at("new")) << text;
    std::filesystem::permissions(at("new"), std::filesystem::perms(0644));
    std::filesystem::rename(at("new"), trust_of(name));
  }
  // What a role left behind for people.
  std::string refusal(const std::string& name) const {
    const std::string note = at(name + "/refusal.json");
    return std::filesystem::exists(note) ? nlohmann::json::parse(slurp(note)).value("reason", "") : "none";
  }
};

TEST_F(RevocationTest,
       a_key_revoked_for_the_sampler_ends_it_with_78_and_the_detector_hears_that_it_is_final) {
  auto [sampler, detector] = start_both();
  revoke("sampler");
  EXPECT_EQ(wait_for(sampler), 78) << logs();
  EXPECT_EQ(wait_for(detector), 78) << logs();
  EXPECT_EQ(refusal("sampler"), "bundle_key_revoked");
  EXPECT_EQ(refusal("detector"), "peer_refused");
  EXPECT_NE(slurp(at("sampler.log")).find("bundle_key_revoked: " + trust_of("sampler")), std::string::npos)
      << logs();
  const auto all = reports();
  for (const CycleReport& report : all)
    EXPECT_TRUE(report.window_complete) << "cycle " << report.cycle << ": the end came behind the report";
}

TEST_F(RevocationTest,
       a_key_revoked_for_the_detector_ends_it_with_78_and_the_sampler_hears_that_it_is_final) {
  auto [sampler, detector] = start_both();
  revoke("detector");
  EXPECT_EQ(wait_for(detector), 78) << logs();
  EXPECT_EQ(wait_for(sampler), 78) << logs();
  EXPECT_EQ(refusal("detector"), "bundle_key_revoked");
  EXPECT_EQ(refusal("sampler"), "peer_refused");
}

TEST_F(RevocationTest, a_trust_file_that_is_gone_for_a_moment_ends_nobody_and_is_said_once_by_each) {
  auto [sampler, detector] = start_both();
  for (const char* name : {"detector", "sampler"})
    std::filesystem::rename(trust_of(name), at(name) + ".away");
  const std::size_t before = reports().size();
  while (reports().size() < before + 3 && !detector.exit_code() && !sampler.exit_code()) ::usleep(2000);
  EXPECT_FALSE(detector.exit_code().has_value()) << logs();
  EXPECT_FALSE(sampler.exit_code().has_value()) << logs();
  for (const char* name : {"detector", "sampler"}) {
    const std::string said = slurp(at(name) + ".log");
    const std::size_t first = said.find("trust_missing");
    ASSERT_NE(first, std::string::npos) << said;
    EXPECT_EQ(said.find("trust_missing", first + 1), std::string::npos) << said;
  }
  for (const char* name : {"detector", "sampler"})
    std::filesystem::rename(at(name) + ".away", trust_of(name));
  detector.terminate();
  EXPECT_EQ(wait_for(detector), 0) << logs();
  sampler.terminate();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
}

}  // namespace
}  // namespace torpor
