// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace torpor {
namespace {

class PosixFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_files_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  PosixFiles files_;
  std::string dir_;
};

TEST_F(PosixFilesTest, replace_leaves_the_new_content_its_mode_and_nothing_else) {
  ASSERT_TRUE(files_.replace(dir_ + "/a", as_bytes("one"), 0600).ok());
  ASSERT_TRUE(files_.replace(dir_ + "/a", as_bytes("two"), 0640).ok());
  EXPECT_EQ(as_text(*files_.read(dir_ + "/a", 10)), "two");
  EXPECT_EQ(files_.facts(dir_ + "/a")->mode, 0640u);
  EXPECT_EQ(*files_.list(dir_), std::vector<std::string>{"a"});
}

TEST_F(PosixFilesTest, create_never_overwrites) {
  ASSERT_TRUE(files_.create(dir_ + "/key", as_bytes("first"), 0600).ok());
  EXPECT_EQ(files_.create(dir_ + "/key", as_bytes("second"), 0600).error().reason, Reason::file_exists);
  EXPECT_EQ(as_text(*files_.read(dir_ + "/key", 10)), "first");
  EXPECT_EQ(*files_.list(dir_), std::vector<std::string>{"key"});
}

TEST_F(PosixFilesTest, read_refuses_what_is_larger_than_asked_for_and_names_the_file) {
  ASSERT_TRUE(files_.replace(dir_ + "/big", as_bytes("0123456789"), 0644).ok());
  EXPECT_TRUE(files_.read(dir_ + "/big", 10).ok());
  const auto refused = files_.read(dir_ + "/big", 9);
  EXPECT_EQ(refused.error().reason, Reason::file_too_large);
  EXPECT_NE(one_line(refused.error()).view().find("/big"), std::string_view::npos);
}

TEST_F(PosixFilesTest, read_bounds_a_file_that_says_it_is_empty_and_is_not) {
  EXPECT_EQ(files_.read("/proc/self/maps", 100).error().reason, Reason::file_too_large);
}

TEST_F(PosixFilesTest, missing_files_and_directories_are_named_apart_from_other_failures) {
  EXPECT_EQ(files_.read(dir_ + "/none", 9).error().reason, Reason::file_missing);
  EXPECT_EQ(files_.read(dir_, 9).error().reason, Reason::file_not_regular);
  EXPECT_EQ(files_.list(dir_ + "/none").error().reason, Reason::file_missing);
}

TEST_F(PosixFilesTest, append_goes_on_where_the_file_ended) {
  {
    auto file = files_.open_append(dir_ + "/log");
    ASSERT_TRUE((*file)->append(as_bytes("ab")).ok());
    ASSERT_TRUE((*file)->sync().ok());
  }
  auto file = files_.open_append(dir_ + "/log");
  EXPECT_EQ((*file)->size(), 2u);
  ASSERT_TRUE((*file)->append(as_bytes("cd")).ok());
  EXPECT_EQ(as_text(*files_.read(dir_ + "/log", 10)), "abcd");
  ASSERT_TRUE(files_.truncate(dir_ + "/log", 3).ok());
  EXPECT_EQ(as_text(*files_.read(dir_ + "/log", 10)), "abc");
}

TEST_F(PosixFilesTest, a_file_that_others_may_write_is_unsafe) {
  const std::string path = dir_ + "/trust";
  ASSERT_TRUE(files_.replace(path, as_bytes("x"), 0644).ok());
  EXPECT_TRUE(files_.owned_facts(path, ::getuid()).ok());
  ASSERT_EQ(::chmod(path.c_str(), 0664), 0);
  const auto status = files_.owned_facts(path, ::getuid());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, Reason::file_unsafe);
  EXPECT_NE(status.error().found.view().find("mode 0664"), std::string_view::npos);
}

TEST_F(PosixFilesTest, only_a_regular_file_gives_way_to_a_new_one) {
  const std::string pipe = dir_ + "/pipe", link = dir_ + "/link", target = dir_ + "/target";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
  ASSERT_TRUE(files_.replace(target, as_bytes("of others"), 0644).ok());
  ASSERT_EQ(::symlink(target.c_str(), link.c_str()), 0);
  ASSERT_TRUE(files_.make_directories(dir_ + "/directory").ok());
  for (const auto& [path, kind] :
       {std::pair(pipe, "a pipe"), std::pair(link, "a symbolic link"),
        std::pair(dir_ + "/directory", "a directory"), std::pair(std::string("/dev/null"), "a device")}) {
    const Status replaced = files_.replace(path, as_bytes("ours"), 0644);
    ASSERT_FALSE(replaced.ok()) << path;
    EXPECT_EQ(replaced.error().reason, Reason::file_not_regular) << path;
    EXPECT_EQ(replaced.error().found.view(), kind);
  }
  EXPECT_EQ(as_text(*files_.read(target, 20)), "of others");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(files_.list(dir_)->size(), 4u);  // and nothing beside them
}

TEST_F(PosixFilesTest, appending_and_cutting_are_for_regular_files_and_wait_for_nobody) {
  const std::string pipe = dir_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
  EXPECT_EQ(files_.open_append(pipe).error().reason, Reason::file_not_regular);
  EXPECT_EQ(files_.open_append("/dev/null").error().reason, Reason::file_not_regular);
  EXPECT_EQ(files_.open_append(dir_).error().reason, Reason::file_not_regular);
  EXPECT_FALSE(files_.truncate(pipe, 0).ok());
}

TEST_F(PosixFilesTest, what_is_no_regular_file_is_not_read_as_an_empty_one) {
  const std::string pipe = dir_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
  for (const auto& [path, kind] : {std::pair(pipe, "a pipe"), std::pair(dir_, "a directory"),
                                   std::pair(std::string("/dev/null"), "a device")}) {
    const auto read = files_.read(path, 20);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_EQ(read.error().reason, Reason::file_not_regular) << path;
    EXPECT_EQ(read.error().found.view(), kind);
  }
}

TEST_F(PosixFilesTest, a_directory_is_locked_by_one_until_that_one_lets_go) {
  auto first = files_.lock(dir_);
  ASSERT_TRUE(first.ok());
  const auto second = files_.lock(dir_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, Reason::directory_locked);
  EXPECT_EQ(second.error().where.view(), dir_);
  first->reset();
  EXPECT_TRUE(files_.lock(dir_).ok());
  EXPECT_TRUE(files_.list(dir_)->empty());  // a lock leaves nothing
  EXPECT_EQ(files_.lock(dir_ + "/none").error().reason, Reason::file_missing);
}

TEST_F(PosixFilesTest, the_lock_of_a_killed_process_is_gone_with_it) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    const auto held = files_.lock(dir_);
    const char byte = held ? '1' : '0';
    if (::write(ready[1], &byte, 1) == 1) ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, '1');
  EXPECT_EQ(files_.lock(dir_).error().reason, Reason::directory_locked);
  ::kill(owner, SIGKILL);
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  EXPECT_TRUE(files_.lock(dir_).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(PosixFilesTest, make_directories_makes_the_whole_path_and_refuses_a_file_in_the_way) {
  ASSERT_TRUE(files_.make_directories(dir_ + "/a/b/c").ok());
  ASSERT_TRUE(files_.make_directories(dir_ + "/a/b/c").ok());
  EXPECT_TRUE(files_.facts(dir_ + "/a/b/c")->is_directory);
  ASSERT_TRUE(files_.replace(dir_ + "/f", as_bytes("x"), 0644).ok());
  EXPECT_FALSE(files_.make_directories(dir_ + "/f/g").ok());
}

}  // namespace
}  // namespace torpor
