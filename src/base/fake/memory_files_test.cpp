// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/fake/memory_files.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

std::string text(Files& files, const std::string& path) {
  auto bytes = files.read(path, 1000);
  return bytes ? std::string(as_text(*bytes)) : "<" + std::string(name(bytes.error().reason)) + ">";
}

class MemoryFilesTest : public testing::Test {
 protected:
  MemoryFilesTest() { EXPECT_TRUE(files_.make_directories("d").ok()); }
  MemoryFiles files_;
};

TEST_F(MemoryFilesTest, keeps_synced_bytes_and_loses_the_rest_in_a_crash) {
  auto file = *files_.open_append("d/a");
  ASSERT_TRUE(file->append(as_bytes("durable")).ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(file->append(as_bytes("volatile")).ok());
  EXPECT_EQ(text(files_, "d/a"), "durablevolatile");
  files_.crash();
  EXPECT_EQ(text(files_, "d/a"), "durable");
  EXPECT_FALSE(file->append(as_bytes("x")).ok());
}

TEST_F(MemoryFilesTest, lets_a_part_of_unsynced_bytes_survive_a_crash) {
  auto file = *files_.open_append("d/a");
  ASSERT_TRUE(file->append(as_bytes("abc")).ok());
  files_.crash(2);
  EXPECT_EQ(text(files_, "d/a"), "ab");
}

TEST_F(MemoryFilesTest, replace_is_old_or_new_at_every_point_of_power_loss) {
  for (std::uint64_t n = 1; n <= 5; ++n) {
    MemoryFiles files;
    files.put("d/a", as_bytes("old"));
    files.lose_power_at(n);
    const Status replaced = files.replace("d/a", as_bytes("new"), 0600);
    EXPECT_EQ(replaced.ok(), n == 5) << n;
    files.crash();
    EXPECT_EQ(text(files, "d/a"), n == 5 ? "new" : "old") << n;
  }
}

TEST_F(MemoryFilesTest, an_unsynced_rename_is_seen_and_yet_lost) {
  files_.put("d/a", as_bytes("old"));
  files_.fail_operation(4);
  EXPECT_EQ(files_.replace("d/a", as_bytes("new"), 0600).error().reason, Reason::io_failed);
  EXPECT_EQ(text(files_, "d/a"), "new");
  files_.crash();
  EXPECT_EQ(text(files_, "d/a"), "old");
}

TEST_F(MemoryFilesTest, a_failed_replace_leaves_no_temporary_file) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    files_.fail_operation(n);
    EXPECT_FALSE(files_.replace("d/a", as_bytes("new"), 0600).ok());
    EXPECT_TRUE(files_.list("d")->empty()) << n;
  }
}

TEST_F(MemoryFilesTest, create_never_overwrites) {
  ASSERT_TRUE(files_.create("d/a", as_bytes("one"), 0600).ok());
  EXPECT_EQ(files_.create("d/a", as_bytes("two"), 0600).error().reason, Reason::file_exists);
  EXPECT_EQ(text(files_, "d/a"), "one");
  EXPECT_EQ(files_.facts("d/a")->mode, 0600u);
}

TEST_F(MemoryFilesTest, a_full_disk_takes_what_fits_and_says_so) {
  files_.set_capacity(5);
  auto file = *files_.open_append("d/a");
  ASSERT_TRUE(file->append(as_bytes("abc")).ok());
  const Status full = file->append(as_bytes("defg"));
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().os_code, 0);
  EXPECT_EQ(text(files_, "d/a"), "abcde");
}

TEST_F(MemoryFilesTest, fails_exactly_the_operation_that_was_asked_for) {
  files_.put("d/a", as_bytes("x"));
  files_.fail_operation(2);
  EXPECT_TRUE(files_.read("d/a", 10).ok());
  EXPECT_FALSE(files_.read("d/a", 10).ok());
  EXPECT_TRUE(files_.read("d/a", 10).ok());
}

TEST_F(MemoryFilesTest, a_removal_that_was_not_synced_is_undone_by_a_crash) {
  files_.put("d/a", as_bytes("x"));
  files_.fail_operation(2);
  EXPECT_FALSE(files_.remove("d/a").ok());
  EXPECT_FALSE(files_.exists("d/a"));
  files_.crash();
  EXPECT_TRUE(files_.exists("d/a"));
  ASSERT_TRUE(files_.remove("d/a").ok());
  files_.crash();
  EXPECT_FALSE(files_.exists("d/a"));
}

TEST_F(MemoryFilesTest, refuses_paths_without_their_directory) {
  EXPECT_EQ(files_.open_append("no/a").error().reason, Reason::file_missing);
  EXPECT_EQ(files_.replace("no/a", {}, 0600).error().reason, Reason::file_missing);
  EXPECT_EQ(files_.list("no").error().reason, Reason::file_missing);
  EXPECT_EQ(files_.read("d/none", 10).error().reason, Reason::file_missing);
}

TEST_F(MemoryFilesTest, refuses_a_file_larger_than_the_bound_and_cuts_on_request) {
  files_.put("d/a", as_bytes("abcdef"));
  EXPECT_EQ(files_.read("d/a", 5).error().reason, Reason::file_too_large);
  ASSERT_TRUE(files_.truncate("d/a", 2).ok());
  files_.crash();
  EXPECT_EQ(text(files_, "d/a"), "ab");
  EXPECT_EQ(files_.list("d")->size(), 1u);
}

TEST_F(MemoryFilesTest, judges_the_whole_path_as_a_disk_does) {
  files_.put("/etc/torpor/trust", as_bytes("x"), 0644);
  EXPECT_TRUE(files_.read_owned("/etc/torpor/trust", 10, 1000)) << "root's";
  for (const char* part : {"/etc", "/etc/torpor", "/etc/torpor/trust"}) {
    files_.give_away(part, 4711, 4711, 0755);
    const auto refused = files_.read_owned("/etc/torpor/trust", 10, 1000);
    ASSERT_FALSE(refused) << part;
    EXPECT_EQ(refused.error().reason, Reason::file_unsafe);
    EXPECT_EQ(refused.error().where.view(), part);
    EXPECT_FALSE(files_.owned_facts("/etc/torpor/trust", 1000));
    files_.give_away(part, 0, 0, 0755);
  }
  files_.give_away("/etc", 0, 0, 01777);
  EXPECT_TRUE(files_.read_owned("/etc/torpor/trust", 10, 1000)) << "sticky";
  files_.give_away("/etc", 0, 50, 0775);
  EXPECT_FALSE(files_.read_owned("/etc/torpor/trust", 10, 1000)) << "a group that is not its owner's own";
}

TEST_F(MemoryFilesTest, equal_facts_are_an_unchanged_file) {
  files_.put("/a", as_bytes("one"));
  const FileFacts before = *files_.facts("/a");
  EXPECT_EQ(*files_.facts("/a"), before);
  files_.put("/a", as_bytes("two"));
  EXPECT_NE(*files_.facts("/a"), before) << "the same size, another content";
}

TEST_F(MemoryFilesTest, a_locked_directory_is_refused_until_its_lock_or_the_power_goes) {
  EXPECT_EQ(files_.lock("none").error().reason, Reason::file_missing);
  auto first = files_.lock("d");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(files_.lock("d").error().reason, Reason::directory_locked);
  first->reset();
  auto of_an_earlier_life = files_.lock("d");
  ASSERT_TRUE(of_an_earlier_life.ok());
  files_.crash();
  const auto now = files_.lock("d");
  ASSERT_TRUE(now.ok());
  of_an_earlier_life->reset();
  EXPECT_EQ(files_.lock("d").error().reason, Reason::directory_locked);
}

TEST_F(MemoryFilesTest, a_directory_gives_way_to_no_file) {
  ASSERT_TRUE(files_.make_directories("d/e").ok());
  EXPECT_EQ(files_.replace("d/e", {}, 0600).error().reason, Reason::file_not_regular);
  EXPECT_EQ(files_.open_append("d/e").error().reason, Reason::file_not_regular);
}

}  // namespace
}  // namespace torpor
