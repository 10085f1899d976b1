// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/posix/posix_files.h"

namespace torpor {
namespace {

class OwnedPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_owned_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    ASSERT_TRUE(files_.make_directories(dir_ + "/etc/torpor"));
    ASSERT_TRUE(files_.replace(file(), as_bytes("content"), 0644));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string file() const { return dir_ + "/etc/torpor/trust"; }
  std::string read(const std::string& path) {
    const auto content = files_.read_owned(path, 4096, ::getuid());
    return content ? std::string(as_text(*content)) : std::string(name(content.error().reason));
  }
  // Where the refusal lies, or nothing where there is none.
  std::string fault(const std::string& path) {
    const auto content = files_.read_owned(path, 4096, ::getuid());
    if (content) return {};
    EXPECT_EQ(content.error().reason, Reason::file_unsafe) << one_line(content.error()).view();
    return std::string(content.error().where.view());
  }
  void chmod(const std::string& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }

  PosixFiles files_;
  std::string dir_;
};

TEST_F(OwnedPathTest, what_only_root_and_the_service_user_may_change_is_read) {
  EXPECT_EQ(read(file()), "content");
  const auto facts = files_.owned_facts(file(), ::getuid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(*facts, *files_.facts(file()));
  EXPECT_TRUE(files_.owned_facts(dir_ + "/etc/", ::getuid())->is_directory);
}

TEST_F(OwnedPathTest, each_part_that_others_may_write_is_named) {
  for (const std::string& part : {file(), dir_ + "/etc/torpor", dir_ + "/etc", dir_}) {
    const mode_t before = part == file() ? 0644 : 0755;
    chmod(part, before | 0002);
    EXPECT_EQ(fault(file()), part);
    const auto facts = files_.owned_facts(file(), ::getuid());
    EXPECT_FALSE(facts) << part;
    chmod(part, before);
    EXPECT_EQ(read(file()), "content");
  }
}

TEST_F(OwnedPathTest, each_part_of_another_user_is_named) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives files away";
  for (const std::string& part : {file(), dir_ + "/etc/torpor", dir_ + "/etc", dir_}) {
    ASSERT_EQ(::chown(part.c_str(), 4711, 4711), 0);
    EXPECT_EQ(fault(file()), part);
    EXPECT_TRUE(files_.read_owned(file(), 4096, 4711)) << "the service user's own";
    ASSERT_EQ(::chown(part.c_str(), 0, 0), 0);
  }
}

TEST_F(OwnedPathTest, what_root_owns_is_fine_for_whichever_user_the_service_is) {
  if (::getuid() != 0) GTEST_SKIP() << "the files are this user's own";
  for (const std::uint32_t service_uid : {0u, 997u, 65534u})
    EXPECT_TRUE(files_.read_owned(file(), 4096, service_uid)) << service_uid;
}

// /tmp: everybody may write, nobody may touch what is not theirs.
TEST_F(OwnedPathTest, a_sticky_directory_passes_and_a_sticky_file_does_not) {
  chmod(dir_ + "/etc", 01777);
  EXPECT_EQ(read(file()), "content");
  chmod(file(), 01666);
  EXPECT_EQ(fault(file()), file());
}

TEST_F(OwnedPathTest, only_an_owners_private_group_may_write_a_directory) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives files away";
  chmod(dir_ + "/etc", 0775);
  EXPECT_EQ(read(file()), "content") << "group 0 of user 0";
  ASSERT_EQ(::chown((dir_ + "/etc").c_str(), 0, 50), 0);
  EXPECT_EQ(fault(file()), dir_ + "/etc");
  chmod(dir_ + "/etc", 0755);
  chmod(file(), 0664);
  EXPECT_EQ(fault(file()), file()) << "a file is nobody's but its owner's";
}

TEST_F(OwnedPathTest, links_are_walked_and_what_they_lead_over_is_judged) {
  ASSERT_TRUE(files_.make_directories(dir_ + "/releases/7"));
  ASSERT_TRUE(files_.replace(dir_ + "/releases/7/bundle", as_bytes("seven"), 0644));
  std::filesystem::create_symlink("7", dir_ + "/releases/current");
  std::filesystem::create_symlink("../releases/current/bundle", dir_ + "/etc/bundle");
  std::filesystem::create_symlink(dir_ + "/releases", dir_ + "/absolute");
  EXPECT_EQ(read(dir_ + "/etc/bundle"), "seven");
  EXPECT_EQ(read(dir_ + "/absolute/current/bundle"), "seven");
  chmod(dir_ + "/releases", 0777);
  EXPECT_EQ(fault(dir_ + "/etc/bundle"), dir_ + "/etc/../releases");
  EXPECT_EQ(fault(dir_ + "/absolute/current/bundle"), dir_ + "/releases");
}

TEST_F(OwnedPathTest, a_link_of_another_user_is_named) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives files away";
  chmod(dir_ + "/etc", 01777);
  std::filesystem::create_symlink("torpor/trust", dir_ + "/etc/link");
  EXPECT_EQ(read(dir_ + "/etc/link"), "content");
  ASSERT_EQ(::lchown((dir_ + "/etc/link").c_str(), 4711, 4711), 0);
  EXPECT_EQ(fault(dir_ + "/etc/link"), dir_ + "/etc/link");
}

TEST_F(OwnedPathTest, a_circle_of_links_ends) {
  std::filesystem::create_symlink("b", dir_ + "/a");
  std::filesystem::create_symlink("a", dir_ + "/b");
  EXPECT_EQ(read(dir_ + "/a"), "io_failed");
}

TEST_F(OwnedPathTest, what_is_no_file_is_not_opened) {
  ASSERT_EQ(::mkfifo((dir_ + "/fifo").c_str(), 0644), 0);
  EXPECT_EQ(read(dir_ + "/fifo"), "file_missing");
  EXPECT_EQ(read(dir_), "io_failed");
  EXPECT_EQ(read("/"), "io_failed");
  EXPECT_EQ(read(""), "file_missing");
  EXPECT_EQ(read(dir_ + "/none"), "file_missing");
  EXPECT_EQ(read(file() + "/more"), "file_missing");
}

TEST_F(OwnedPathTest, a_path_without_a_root_begins_where_the_process_stands) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir_ + "/etc");
  EXPECT_EQ(read("torpor/trust"), "content");
  EXPECT_EQ(read("./torpor/../torpor//trust"), "content");
  chmod(dir_, 0777);
  EXPECT_EQ(fault("torpor/trust"), dir_) << "also above the place where the process stands";
  std::filesystem::current_path(before);
}

TEST_F(OwnedPathTest, a_large_file_is_refused_by_its_size) {
  const auto refused = files_.read_owned(file(), 6, ::getuid());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::file_too_large);
}

}  // namespace
}  // namespace torpor
