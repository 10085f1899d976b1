// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "base/posix/posix_files.h"

namespace torpor {
namespace {

std::optional<int> wait_for(ChildProcess& child) {
  std::optional<int> code;
  while (!(code = child.exit_code())) ::usleep(1000);
  return code;
}

TEST(ChildProcess, hands_back_the_exit_code_and_keeps_the_output) {
  const std::string log = ::testing::TempDir() + "torpor_child_" + std::to_string(::getpid());
  auto child = ChildProcess::start({"/bin/sh", "-c", "echo out; echo err >&2; exit 78"}, log);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(wait_for(*child), 78);
  PosixFiles files;
  EXPECT_EQ(as_text(*files.read(log, 100)), "out\nerr\n");
  ASSERT_TRUE(files.remove(log).ok());
}

TEST(ChildProcess, a_program_that_is_not_there_is_named) {
  const auto child = ChildProcess::start({"/nowhere/program"}, "/dev/null");
  EXPECT_EQ(child.error().reason, Reason::file_missing);
}

TEST(ChildProcess, the_destructor_ends_the_child) {
  int id = 0;
  {
    auto child = ChildProcess::start({"/bin/sleep", "1000"}, "/dev/null");
    ASSERT_TRUE(child.ok());
    id = child->id();
    EXPECT_EQ(::kill(id, 0), 0);
  }
  EXPECT_NE(::kill(id, 0), 0);
}

}  // namespace
}  // namespace torpor
