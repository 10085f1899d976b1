// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/fake/memory_link.h"

#include <gtest/gtest.h>

#include <string>

namespace torpor {
namespace {

std::string read_all(Link& link) {
  std::string out;
  std::byte room[256];
  while (link.is_open()) {
    const auto count = link.read(room);
    if (!count || *count == 0) break;
    out += as_text(Bytes(room).first(*count));
  }
  return out;
}

class MemoryLinkTest : public testing::Test {
 protected:
  MemoryLinkPair pair_{{.capacity = 10}};
  Link& a_ = pair_.listener();
  Link& b_ = pair_.dialer();
  void connect() {
    ASSERT_TRUE(b_.open().ok());
    ASSERT_TRUE(a_.open().ok());
  }
};

TEST_F(MemoryLinkTest, connects_when_someone_listens_and_is_absent_else) {
  EXPECT_EQ(a_.open().error().reason, Reason::peer_absent);
  pair_.set_listening(false);
  EXPECT_EQ(b_.open().error().reason, Reason::peer_absent);
  pair_.set_listening(true);
  EXPECT_FALSE(pair_.readable(a_));
  ASSERT_TRUE(b_.open().ok());
  EXPECT_TRUE(pair_.readable(a_)) << "a peer waits";
  ASSERT_TRUE(a_.open().ok());
  EXPECT_FALSE(pair_.readable(a_));
}

TEST_F(MemoryLinkTest, takes_no_more_than_its_capacity) {
  connect();
  EXPECT_EQ(*a_.write(as_bytes("0123456789abc")), 10u);
  EXPECT_EQ(*a_.write(as_bytes("x")), 0u);
  EXPECT_FALSE(pair_.writable(a_));
  EXPECT_EQ(read_all(b_), "0123456789");
  EXPECT_TRUE(pair_.writable(a_));
}

TEST_F(MemoryLinkTest, gives_short_reads_and_writes_as_asked) {
  connect();
  pair_.set_pieces(2, 3);
  EXPECT_EQ(*a_.write(as_bytes("abcdef")), 3u);
  std::byte room[10];
  EXPECT_EQ(*b_.read(room), 2u);
  EXPECT_EQ(*b_.read(room), 1u);
  EXPECT_EQ(*b_.read(room), 0u);
}

TEST_F(MemoryLinkTest, a_hang_up_is_noticed_after_the_last_byte) {
  connect();
  ASSERT_TRUE(a_.write(as_bytes("last")).ok());
  a_.close();
  EXPECT_EQ(*b_.write(as_bytes("x")), 0u) << "unread bytes first";
  EXPECT_EQ(read_all(b_), "last");
  EXPECT_FALSE(b_.is_open());
}

TEST_F(MemoryLinkTest, a_cut_that_holds_delivers_in_one_burst) {
  connect();
  pair_.cut(MemoryLinkPair::Cut::hold);
  ASSERT_EQ(*a_.write(as_bytes("abc")), 3u);
  ASSERT_EQ(*a_.write(as_bytes("def")), 3u);
  EXPECT_EQ(read_all(b_), "");
  EXPECT_FALSE(pair_.readable(b_));
  pair_.restore();
  EXPECT_TRUE(pair_.readable(b_));
  EXPECT_EQ(read_all(b_), "abcdef");
}

TEST_F(MemoryLinkTest, a_cut_that_loses_takes_bytes_and_never_delivers_them) {
  connect();
  pair_.cut(MemoryLinkPair::Cut::lose);
  EXPECT_EQ(*a_.write(as_bytes("0123456789abc")), 13u);
  pair_.restore();
  EXPECT_EQ(read_all(b_), "");
  ASSERT_EQ(*a_.write(as_bytes("new")), 3u);
  EXPECT_EQ(read_all(b_), "new");
}

TEST_F(MemoryLinkTest, nobody_connects_through_a_cut) {
  pair_.cut(MemoryLinkPair::Cut::hold);
  EXPECT_EQ(b_.open().error().reason, Reason::peer_absent);
}

TEST_F(MemoryLinkTest, hang_up_ends_both_directions_and_both_can_connect_again) {
  connect();
  pair_.hang_up();
  std::byte room[4];
  EXPECT_EQ(a_.read(room).error().reason, Reason::link_closed);
  EXPECT_EQ(b_.write(as_bytes("x")).error().reason, Reason::link_closed);
  connect();
  ASSERT_TRUE(b_.write(as_bytes("hi")).ok());
  EXPECT_EQ(read_all(a_), "hi");
}

using MemoryLinkDeathTest = MemoryLinkTest;
TEST_F(MemoryLinkDeathTest, touching_an_end_that_is_not_open_traps) {
  std::byte room[4];
  EXPECT_DEATH((void)a_.read(room), "");
  EXPECT_DEATH((void)b_.write(room), "");
}

}  // namespace
}  // namespace torpor
