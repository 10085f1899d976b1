// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/system_tree.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/fake/allocations.h"
#include "base/fake/fake_system_tree.h"
#include "base/posix/posix_system_tree.h"

namespace torpor {
namespace {

class PosixTree : public testing::Test {
 protected:
  PosixTree() {
    root_ = testing::TempDir() + "tree-" + std::to_string(::getpid());
    std::filesystem::create_directories(root_ + "/sys/class/hwmon");
  }
  ~PosixTree() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, std::string_view text) { std::ofstream(root_ + path) << text; }

  std::string root_;
};

TEST_F(PosixTree, an_attribute_is_read_without_its_newline_and_without_the_heap) {
  put("/sys/power", "5012 \n");
  PosixSystemTree tree(root_);
  SystemTree::Text text;
  const std::uint64_t before = allocations_for_test();
  ASSERT_TRUE(tree.read("/sys/power", text).ok());
  EXPECT_EQ(allocations_for_test(), before);
  EXPECT_EQ(text.view(), "5012");
}

TEST_F(PosixTree, a_file_larger_than_an_attribute_is_refused_not_cut) {
  put("/sys/full", std::string(SystemTree::Text::capacity(), 'x'));
  put("/sys/over", std::string(SystemTree::Text::capacity() + 1, 'x'));
  PosixSystemTree tree(root_);
  SystemTree::Text text;
  EXPECT_TRUE(tree.read("/sys/full", text).ok());
  EXPECT_EQ(tree.read("/sys/over", text).error().reason, Reason::file_too_large);
}

TEST_F(PosixTree, what_is_not_there_is_named_below_the_root) {
  PosixSystemTree tree(root_);
  SystemTree::Text text;
  const Status read = tree.read("/sys/none", text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().reason, Reason::file_missing);
  EXPECT_EQ(read.error().where.view(), "/sys/none");
  EXPECT_EQ(tree.write("/sys/none", "1").error().reason, Reason::file_missing);
  EXPECT_EQ(tree.list("/sys/none").error().reason, Reason::file_missing);
  EXPECT_EQ(tree.read("/" + std::string(600, 'x'), text).error().reason, Reason::io_failed);
}

TEST_F(PosixTree, attributes_are_written_directories_listed_and_links_read) {
  put("/sys/state", "old and longer");
  std::filesystem::create_symlink("../../devices/x", root_ + "/sys/class/hwmon/hwmon3");
  PosixSystemTree tree(root_);
  ASSERT_TRUE(tree.write("/sys/state", "mem").ok());
  SystemTree::Text text;
  ASSERT_TRUE(tree.read("/sys/state", text).ok());
  EXPECT_EQ(text.view(), "mem");
  const auto names = tree.list("/sys");
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<std::string>{"class", "state"}));
  const auto target = tree.link_target("/sys/class/hwmon/hwmon3");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(*target, "../../devices/x");
}

TEST(SystemTree, an_integer_is_the_whole_attribute_and_in_range_or_nothing) {
  FakeSystemTree tree;
  for (const char* text : {"", "12x", "0x12", "1 2", "+5", "99999999999999999999", "1001", "-2"}) {
    tree.put("/v", text);
    const auto value = read_integer(tree, "/v", -1, 1000);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().reason, Reason::system_value) << text;
  }
  tree.put("/v", "-1\n");
  EXPECT_EQ(*read_integer(tree, "/v", -1, 1000), -1);
}

TEST(FakeSystemTree, fails_counts_moves_and_refuses_writes_nobody_foresaw) {
  FakeSystemTree tree;
  int n = 0;
  tree.put("/a/b", [&] { return std::to_string(++n); });
  EXPECT_EQ(*read_integer(tree, "/a/b", 0, 9), 1);
  EXPECT_EQ(*read_integer(tree, "/a/b", 0, 9), 2);
  EXPECT_EQ(tree.reads("/a/b"), 2u);
  EXPECT_EQ(tree.write("/a/b", "x").error().reason, Reason::file_denied);
  tree.fail("/a/b", EIO);
  const auto failed = read_integer(tree, "/a/b", 0, 9);
  EXPECT_EQ(failed.error().reason, Reason::io_failed);
  EXPECT_EQ(failed.error().os_code, EIO);
  EXPECT_EQ(*tree.list("/a"), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace torpor
