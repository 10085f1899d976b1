// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/dead_man.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"

namespace torpor {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr Offence kOverdue{.cause = StopCause::asleep, .after = seconds(9), .limit = seconds(4), .window = 7};

// A real link with a real process at its other end.
class DeadManTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_dead_man_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    auto link = UnixLink::listen({.path = directory_ + "/link"});
    ASSERT_TRUE(link.ok());
    link_ = *std::move(link);
    ASSERT_TRUE(files_.make_directories("state").ok());
  }
  void TearDown() override {
    link_.reset();
    std::filesystem::remove_all(directory_);
  }

  // A child that connects and then does nothing, as a detector that hangs.
  pid_t connect_child() {
    const pid_t child = ::fork();
    if (child == 0) {
      auto link = UnixLink::dial({.path = directory_ + "/link"});
      if (!link || !(*link)->open()) ::_exit(1);
      for (;;) ::pause();
    }
    while (!link_->is_open()) {
      if (!link_->open()) ::usleep(1000);
    }
    return child;
  }
  Status stop() {
    DeadMan dead_man({.link = *link_, .files = files_, .clock = clock_},
                     {.state = "state", .device = "amr-7", .contract = {.digest = {}, .sequence = 3}});
    testing::internal::CaptureStderr();
    const Status stopped = dead_man.stop(kOverdue);
    said_ = testing::internal::GetCapturedStderr();
    return stopped;
  }

  std::string directory_, said_;
  MemoryFiles files_;
  FakeClock clock_;
  std::unique_ptr<UnixLink> link_;
};

TEST_F(DeadManTest, ends_the_peer_says_so_and_leaves_a_note) {
  const pid_t child = connect_child();
  ASSERT_TRUE(stop().ok());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_THAT(said_, HasSubstr("torpor-sampler: stopped the detector (pid " + std::to_string(child) + ")"));
  const auto note = files_.read("state/stopped.json", 4096);
  ASSERT_TRUE(note.ok());
  EXPECT_THAT(std::string(as_text(*note)), HasSubstr("\"pid\": " + std::to_string(child)));
  EXPECT_THAT(std::string(as_text(*note)), HasSubstr("amr-7"));
  EXPECT_THAT(std::string(as_text(*note)), HasSubstr("\"state\": \"asleep\""));
}

TEST_F(DeadManTest, without_a_peer_there_is_an_error_and_no_note) {
  const Status stopped = stop();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().reason, Reason::link_closed);
  EXPECT_THAT(said_, HasSubstr("torpor-sampler: link_closed"));
  EXPECT_EQ(files_.read("state/stopped.json", 4096).error().reason, Reason::file_missing);
}

}  // namespace
}  // namespace torpor
