// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/host/unix_link.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "link/fake/own_side.h"
#include "link/peer.h"

namespace torpor {
namespace {

class UnixLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/torpor-link-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/link";
  }
  void TearDown() override {
    ::unlink(path_.c_str());
    EXPECT_EQ(::rmdir(directory_.c_str()), 0);
  }
  std::unique_ptr<UnixLink> listen(UnixLink::Options options = {}) {
    options.path = path_;
    auto link = UnixLink::listen(options);
    EXPECT_TRUE(link.ok()) << one_line(link.error()).view();
    return link ? *std::move(link) : nullptr;
  }
  std::unique_ptr<UnixLink> dial(UnixLink::Options options = {}) {
    options.path = path_;
    return *UnixLink::dial(options);
  }
  Reason listen_refusal() {
    auto link = UnixLink::listen({.path = path_});
    EXPECT_FALSE(link.ok());
    return link ? Reason::internal : link.error().reason;
  }
  static bool readable(const UnixLink& link) {
    pollfd watched{link.poll_fd(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
  }

  std::string directory_, path_;
};

TEST_F(UnixLinkTest, carries_bytes_both_ways_without_ever_blocking) {
  auto a = listen();
  auto b = dial();
  EXPECT_EQ(a->open().error().reason, Reason::peer_absent);
  EXPECT_FALSE(readable(*a));
  ASSERT_TRUE(b->open().ok());
  EXPECT_TRUE(readable(*a)) << "a peer waits";
  ASSERT_TRUE(a->open().ok());
  EXPECT_FALSE(readable(*a));
  std::byte room[16];
  EXPECT_EQ(*a->read(room), 0u);
  ASSERT_EQ(*b->write(as_bytes("hello")), 5u);
  EXPECT_TRUE(readable(*a));
  ASSERT_EQ(*a->read(room), 5u);
  EXPECT_EQ(as_text(Bytes(room).first(5)), "hello");
  ASSERT_EQ(*a->write(as_bytes("you")), 3u);
  ASSERT_EQ(*b->read(room), 3u);
}

TEST_F(UnixLinkTest, the_socket_file_is_private_and_goes_away_with_the_listener) {
  struct stat facts {};
  {
    auto a = listen();
    ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  }
  EXPECT_NE(::stat(path_.c_str(), &facts), 0);
  auto shared = listen({.path = {}, .peer_uids = {}, .buffer_bytes = 0, .group_access = true});
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0660u);
}

TEST_F(UnixLinkTest, kills_the_process_at_the_other_end_and_only_while_it_is_there) {
  auto a = listen();
  EXPECT_EQ(a->kill_peer().error().reason, Reason::link_closed);
  int connected[2];
  ASSERT_EQ(::pipe(connected), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto b = UnixLink::dial({.path = path_});
    const bool open = b && (*b)->open().ok();
    if (::write(connected[1], open ? "y" : "n", 1) != 1) ::_exit(2);
    for (;;) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(connected[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  ASSERT_TRUE(a->open().ok());
  EXPECT_EQ(a->peer_pid(), child);
  ASSERT_TRUE(a->kill_peer().ok());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  std::byte room[1];
  EXPECT_EQ(a->read(room).error().reason, Reason::link_closed);
  EXPECT_EQ(a->peer_pid(), 0);
  EXPECT_EQ(a->kill_peer().error().reason, Reason::link_closed);
  ::close(connected[0]);
  ::close(connected[1]);
}

TEST_F(UnixLinkTest, nobody_there_is_absent) {
  auto b = dial();
  EXPECT_EQ(b->open().error().reason, Reason::peer_absent);
  EXPECT_EQ(b->poll_fd(), -1);
}

TEST_F(UnixLinkTest, replaces_the_file_of_a_listener_that_died) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ::close(fd);  // as kill -9 does: the file stays
  auto b = dial();
  EXPECT_EQ(b->open().error().reason, Reason::peer_absent);
  auto a = listen();
  EXPECT_TRUE(b->open().ok());
}

TEST_F(UnixLinkTest, leaves_a_live_listener_alone) {
  auto a = listen();
  EXPECT_EQ(listen_refusal(), Reason::link_in_use);
  struct stat facts {};
  EXPECT_EQ(::stat(path_.c_str(), &facts), 0);
}

TEST_F(UnixLinkTest, does_not_overwrite_what_is_not_a_socket) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(listen_refusal(), Reason::file_exists);
  std::string content;
  std::ifstream(path_) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(UnixLinkTest, a_path_too_long_for_a_socket_is_refused) {
  const std::string path(200, 'x');
  EXPECT_EQ(UnixLink::listen({.path = path}).error().reason, Reason::link_path_too_long);
  EXPECT_EQ(UnixLink::dial({.path = path}).error().reason, Reason::link_path_too_long);
}

TEST_F(UnixLinkTest, a_peer_of_another_user_is_turned_away_on_both_ends) {
  const std::uint32_t someone_else = ::geteuid() + 1;
  auto a = listen({.path = {}, .peer_uids = {someone_else}});
  auto b = dial();
  ASSERT_TRUE(b->open().ok());
  const auto status = a->open();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, Reason::file_denied);
  EXPECT_FALSE(a->is_open());
  auto picky = dial({.path = {}, .peer_uids = {someone_else}});
  EXPECT_EQ(picky->open().error().reason, Reason::file_denied);
}

TEST_F(UnixLinkTest, the_kernel_holds_no_more_than_the_stated_bytes_for_a_peer_that_never_reads) {
  for (const std::uint32_t asked : {0u, 20'000u, 64'000u}) {
    auto a = listen({.path = {}, .peer_uids = {}, .buffer_bytes = asked});
    auto b = dial();
    ASSERT_TRUE(b->open().ok());
    ASSERT_TRUE(a->open().ok());
    EXPECT_EQ(a->buffer_bytes(), std::max(asked, UnixLink::kLeastBuffer));
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{100}, std::size_t{4000}, std::size_t{1'000'000}}) {
      const std::vector<std::byte> bytes(piece);
      std::size_t taken = 0;
      while (const std::size_t count = *a->write(bytes)) taken += count;
      EXPECT_LE(taken, a->buffer_bytes()) << piece << " bytes a write";
      if (piece >= 4000) {
        EXPECT_GE(taken, a->buffer_bytes() / 8);
      }
      std::vector<std::byte> room(1'000'000);
      while (*b->read(room) > 0) {
      }
    }
  }
}

TEST_F(UnixLinkTest, the_last_words_of_a_peer_are_read_before_its_hang_up_is_noticed) {
  auto a = listen();
  auto b = dial();
  ASSERT_TRUE(b->open().ok());
  ASSERT_TRUE(a->open().ok());
  ASSERT_EQ(*a->write(as_bytes("never read")), 10u);
  ASSERT_EQ(*b->write(as_bytes("bye")), 3u);
  b->close();  // with unread bytes: the kernel then says reset, not end
  EXPECT_EQ(*a->write(as_bytes("too late")), 0u);
  std::byte room[16];
  EXPECT_EQ(*a->read(room), 3u);
  EXPECT_EQ(a->read(room).error().reason, Reason::link_closed);
  EXPECT_FALSE(a->is_open());
  EXPECT_EQ(a->write(as_bytes("x")).error().reason, Reason::link_closed);
}

TEST_F(UnixLinkTest, the_next_peer_waits_until_the_first_is_gone) {
  auto a = listen();
  auto first = dial(), second = dial();
  ASSERT_TRUE(first->open().ok());
  ASSERT_TRUE(a->open().ok());
  ASSERT_TRUE(second->open().ok());
  ASSERT_TRUE(second->write(as_bytes("me")).ok());
  EXPECT_FALSE(readable(*a));
  first->close();
  std::byte room[4];
  EXPECT_EQ(a->read(room).error().reason, Reason::link_closed);
  ASSERT_TRUE(readable(*a));
  ASSERT_TRUE(a->open().ok());
  EXPECT_EQ(*a->read(room), 2u);
}

TEST_F(UnixLinkTest, two_roles_agree_over_a_real_socket) {
  SideForTest sampler_side(LinkRole::sampler), detector_side(LinkRole::detector);
  auto a = listen();
  auto b = dial();
  const BootTime now{std::chrono::seconds(5)};
  Peer sampler(*a, sampler_side.own(), Peer::End::listens, now);
  Peer detector(*b, detector_side.own(), Peer::End::dials, now);
  for (int i = 0; i < 3; ++i) {
    detector.step(now);
    EXPECT_EQ(detector.receive(now), nullptr);
    sampler.step(now);
    EXPECT_EQ(sampler.receive(now), nullptr);
  }
  EXPECT_TRUE(sampler.agreed());
  EXPECT_TRUE(detector.agreed());
}

// The file is gone or replaced under a listener that goes on: by hand, or by a supervisor that
// makes the directory anew before the old process has ended.
TEST_F(UnixLinkTest, an_ending_listener_leaves_its_successors_socket_alone) {
  auto old = listen();
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  auto successor = listen();
  ASSERT_NE(successor, nullptr);
  old.reset();
  auto dialer = dial();
  EXPECT_TRUE(dialer->open().ok()) << "the successor can be reached";
  EXPECT_TRUE(successor->open().ok());
  successor.reset();
  EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "its own file is taken away";
}

}  // namespace
}  // namespace torpor
