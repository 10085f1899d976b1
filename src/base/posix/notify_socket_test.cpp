// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/notify_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fake/notified.h"

namespace torpor {
namespace {

using std::chrono::seconds;

TEST(NotifySocket, ready_says_it_and_how_long_a_pause_may_be) {
  Notified systemd;
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  ASSERT_TRUE(supervisor.ok());
  EXPECT_TRUE(supervisor->ready(seconds(240), "waiting for the sampler").ok());
  EXPECT_EQ(systemd.take(), "READY=1\nWATCHDOG_USEC=240000000\nSTATUS=waiting for the sampler");
}

TEST(NotifySocket, without_a_measure_of_its_own_the_supervisors_holds) {
  Notified systemd;
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  EXPECT_TRUE(supervisor->ready(std::nullopt, "refused").ok());
  EXPECT_EQ(systemd.take(), "READY=1\nSTATUS=refused");
}

TEST(NotifySocket, progress_feeds_the_watchdog_and_an_end_is_said) {
  Notified systemd;
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  EXPECT_TRUE(supervisor->progressed("cycle 12: healthy").ok());
  EXPECT_TRUE(supervisor->stopping().ok());
  EXPECT_EQ(systemd.take(), "WATCHDOG=1\nSTATUS=cycle 12: healthy");
  EXPECT_EQ(systemd.take(), "STOPPING=1");
}

TEST(NotifySocket, an_abstract_name_is_found) {
  Notified systemd("@torpor-notify-" + std::to_string(::getpid()));
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  EXPECT_TRUE(supervisor->stopping().ok());
  EXPECT_EQ(systemd.take(), "STOPPING=1");
}

TEST(NotifySocket, a_status_cannot_say_another_word_of_the_protocol) {
  Notified systemd;
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  EXPECT_TRUE(supervisor->progressed("fine\nMAINPID=1").ok());
  EXPECT_EQ(systemd.take(), "WATCHDOG=1\nSTATUS=fine");
}

TEST(NotifySocket, where_nobody_watches_all_is_well) {
  auto supervisor = NotifySocket::make(nullptr);
  ASSERT_TRUE(supervisor.ok());
  EXPECT_TRUE(supervisor->ready(seconds(1), "").ok());
  EXPECT_TRUE(supervisor->progressed("").ok());
  EXPECT_TRUE(supervisor->stopping().ok());
}

TEST(NotifySocket, an_address_that_is_none_is_refused_and_one_that_is_gone_is_named) {
  const auto refused = NotifySocket::make("vsock:2:1234");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, Reason::usage);
  EXPECT_EQ(refused.error().where.view(), "NOTIFY_SOCKET");
  auto gone = NotifySocket::make("/nowhere/notify");
  ASSERT_TRUE(gone.ok());
  const Status lost = gone->progressed("");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().os_code, ENOENT);
}

// A supervisor that reads nothing: a role must not wait for it between two looks.
TEST(NotifySocket, progress_that_is_not_taken_is_an_error_and_no_wait) {
  Notified systemd;
  auto supervisor = NotifySocket::make(systemd.address().c_str());
  Status last;
  for (int i = 0; i < 100'000 && last.ok(); ++i) last = supervisor->progressed("cycle");
  ASSERT_FALSE(last.ok());
  EXPECT_EQ(last.error().os_code, EAGAIN);
}

}  // namespace
}  // namespace torpor
