// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/owned_directory.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"

namespace torpor {
namespace {

class OwnedDirectoryTest : public testing::Test {
 protected:
  void put(const std::string& path) { files_.put(path, as_bytes("x")); }
  MemoryFiles files_;
};

TEST_F(OwnedDirectoryTest, is_made_where_there_is_none_and_refused_to_a_second_owner) {
  const auto owner = OwnedDirectory::take(files_, "state");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(OwnedDirectory::take(files_, "state").error().reason, Reason::directory_locked);
}

TEST_F(OwnedDirectoryTest, what_killed_writes_left_is_swept_in_it_and_one_below) {
  put("state/refusal.json");
  put("state/refusal.json.new.77");
  put("state/contract/current.new.1234567");
  put("state/contract/current");
  const auto owner = OwnedDirectory::take(files_, "state");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->strays().removed, 2u);
  EXPECT_FALSE(owner->strays().left);
  EXPECT_EQ(*files_.list("state"), (std::vector<std::string>{"contract", "refusal.json"}));
  EXPECT_EQ(*files_.list("state/contract"), std::vector<std::string>{"current"});
}

TEST_F(OwnedDirectoryTest, a_file_that_only_resembles_a_stray_stays) {
  for (const char* name : {"plan.new", "plan.new.", "plan.new.12a", ".new.12", "plan.12", "plan.new.1.txt"})
    put(std::string("state/") + name);
  const auto owner = OwnedDirectory::take(files_, "state");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->strays().removed, 0u);
  EXPECT_EQ(files_.list("state")->size(), 6u);
}

TEST_F(OwnedDirectoryTest, nothing_is_touched_where_another_writes) {
  put("state/current.new.5");  // a write in progress, for all that a second process can know
  const auto lock = files_.lock("state");
  ASSERT_TRUE(lock.ok());
  EXPECT_FALSE(OwnedDirectory::take(files_, "state").ok());
  EXPECT_TRUE(files_.exists("state/current.new.5"));
}

TEST_F(OwnedDirectoryTest, a_stray_that_cannot_be_removed_is_named_and_ends_nothing) {
  put("state/a.new.1");
  put("state/b.new.2");
  files_.fail_operation(4);  // mkdir, lock, list, the first removal
  const auto owner = OwnedDirectory::take(files_, "state");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->strays().removed, 1u);
  ASSERT_TRUE(owner->strays().left);
  EXPECT_EQ(owner->strays().left->where.view(), "state/a.new.1");
}

TEST_F(OwnedDirectoryTest, of_a_file_among_others_only_its_own_strays_go) {
  for (const char* name : {"torpor.prom", "torpor.prom.new.3", "torpor.prom.new.44", "other.prom.new.3"})
    put(std::string("collector/") + name);
  EXPECT_EQ(sweep_strays_of(files_, "collector/torpor.prom").removed, 2u);
  EXPECT_EQ(*files_.list("collector"), (std::vector<std::string>{"other.prom.new.3", "torpor.prom"}));
}

}  // namespace
}  // namespace torpor
