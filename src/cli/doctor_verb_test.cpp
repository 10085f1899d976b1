// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/fake/places.h"
#include "base/posix/process.h"

namespace torpor {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The real command on a directory that stands for the kernel's files.
class DoctorVerbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_doctor_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    std::string site = slurp(in_source("examples/site.toml"));
    const std::size_t at = site.find("root = \"\"");
    ASSERT_NE(at, std::string::npos);
    site.replace(at, 9, "root = \"" + dir_ + "/root\"");
    put("site.toml", site);
    std::filesystem::permissions(dir_ + "/site.toml", std::filesystem::perms(0644));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void put(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = dir_ + "/" + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  int doctor(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {in_build("bin/torpor"), "doctor", "--site", dir_ + "/site.toml"});
    std::filesystem::remove(dir_ + "/out");
    auto child = ChildProcess::start(flags, dir_ + "/out");
    if (!child) __builtin_trap();
    std::optional<int> code;
    while (!(code = child->exit_code())) ::usleep(2000);
    return *code;
  }
  std::string out() const { return slurp(dir_ + "/out"); }

  std::string dir_;
};

TEST_F(DoctorVerbTest, a_gpu_left_powered_is_serious_and_the_exit_code) {
  const std::string gpu = "root/sys/devices/platform/bus@0/17000000.gpu/power/";
  put(gpu + "runtime_status", "active\n");
  put(gpu + "control", "auto\n");
  EXPECT_EQ(doctor({"--json"}), 2) << out();
  const auto json = nlohmann::json::parse(out());
  EXPECT_EQ(json["worst"], "serious");
  bool found = false;
  for (const auto& finding : json["findings"])
    found |= finding["check"] == "gpu" && finding["severity"] == "serious";
  EXPECT_TRUE(found) << out();
  put(gpu + "runtime_status", "suspended\n");
  EXPECT_LE(doctor({}), 1) << out();
  EXPECT_NE(out().find("the GPU is powered down"), std::string::npos);
}

TEST_F(DoctorVerbTest, a_bundle_that_is_none_is_serious_and_help_shows_an_example) {
  put("no.bundle", "nothing of the kind");
  EXPECT_EQ(doctor({"--bundle", dir_ + "/no.bundle"}), 2) << out();
  EXPECT_EQ(doctor({"--help"}), 0);
  EXPECT_NE(out().find("example:"), std::string::npos);
  EXPECT_EQ(doctor({"--nonsense"}), 64);
}

}  // namespace
}  // namespace torpor
