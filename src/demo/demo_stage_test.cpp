// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "demo/demo_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fake/places.h"
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"

namespace torpor {
namespace {

using testing::HasSubstr;

class DemoStageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_demo_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    out_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(out_); }

  Result<DemoStage> stage() {
    return set_stage({.out = out_,
                      .contract = in_source("examples/demo.toml"),
                      .model = in_source("data/detector.model"),
                      .site = in_source("examples/site.toml"),
                      .speed = 60},
                     files_, clock_);
  }
  void put(const std::string& name) { std::ofstream(out_ + "/" + name) << "the user's"; }
  bool there(const std::string& name) const { return std::filesystem::exists(out_ + "/" + name); }

  std::string out_;
  PosixFiles files_;
  PosixClock clock_ = PosixClock::unscaled();
};

TEST_F(DemoStageTest, is_set_in_an_empty_directory_and_in_a_new_one) {
  EXPECT_TRUE(stage().ok());
  EXPECT_TRUE(there(std::string(kDemoMarker)));
  out_ += "/below/two";
  const auto set = stage();
  ASSERT_TRUE(set.ok()) << one_line(set.error()).view();
  EXPECT_TRUE(there("keys/" + set->key_id + ".pub"));
  EXPECT_TRUE(set->contract.has_value());
  out_.resize(out_.size() - std::string("/below/two").size());
}

TEST_F(DemoStageTest, is_not_set_where_something_of_others_lies) {
  put("holiday.jpg");
  const auto set = stage();
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().reason, Reason::file_exists);
  EXPECT_THAT(std::string(set.error().found.view()), HasSubstr("holiday.jpg"));
  EXPECT_FALSE(there("keys"));
  EXPECT_FALSE(there(std::string(kDemoMarker)));
}

TEST_F(DemoStageTest, clears_an_earlier_demo_and_nothing_else) {
  ASSERT_TRUE(stage().ok());
  put("reports/old.log");
  put("holiday.jpg");
  ASSERT_TRUE(stage().ok());
  EXPECT_FALSE(there("reports/old.log"));
  EXPECT_TRUE(there("holiday.jpg"));
  // One key, not the earlier one too: torpor trusts by file, people by glob.
  std::size_t keys = 0;
  for (const auto& entry : std::filesystem::directory_iterator(out_ + "/keys"))
    keys += entry.path().extension() == ".key" ? 1 : 0;
  EXPECT_EQ(keys, 1u);
}

TEST_F(DemoStageTest, a_link_that_stands_for_a_leftover_is_removed_not_followed) {
  ASSERT_TRUE(stage().ok());
  const std::string elsewhere = out_ + "_own";
  std::filesystem::create_directory(elsewhere);
  std::ofstream(elsewhere + "/fleet.key") << "the user's";
  std::filesystem::remove_all(out_ + "/keys");
  std::filesystem::create_directory_symlink(elsewhere, out_ + "/keys");
  ASSERT_TRUE(stage().ok());
  EXPECT_TRUE(std::filesystem::exists(elsewhere + "/fleet.key"));
  std::filesystem::remove_all(elsewhere);
}

}  // namespace
}  // namespace torpor
