// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/framing.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace torpor {
namespace {

using Buffer = std::vector<std::byte>;

Buffer raw(std::initializer_list<int> values) {
  Buffer out;
  for (int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}
Buffer framed(Bytes payload) {
  Buffer out(wire_bytes(payload.size()));
  const auto size = frame_payload(payload, out);
  EXPECT_TRUE(size.ok());
  out.resize(*size);
  return out;
}
// All payloads of a stream given in pieces of the sizes `piece()` says.
template <class Piece>
std::vector<Buffer> unframed(Deframer& deframer, const Buffer& stream, Piece piece) {
  std::vector<Buffer> out;
  Bytes rest = stream;
  while (!rest.empty()) {
    Bytes now = rest.first(std::min<std::size_t>(rest.size(), piece()));
    rest = rest.subspan(now.size());
    while (auto payload = deframer.next(now)) out.emplace_back(payload->begin(), payload->end());
  }
  return out;
}
Buffer random_payload(std::mt19937& random, std::size_t size, unsigned alphabet) {
  Buffer out(size);
  for (auto& b : out) b = static_cast<std::byte>(random() % alphabet);
  return out;
}

TEST(Framing, puts_cobs_around_payload_and_checksum) {
  // CRC-32C of 11 00 22 is 0x2efe9d21, little-endian 21 9d fe 2e.
  const Buffer got = framed(raw({0x11, 0x00, 0x22}));
  ASSERT_EQ(got.size(), 9u);
  EXPECT_EQ(got[0], std::byte{2});
  EXPECT_EQ(got[1], std::byte{0x11});
  EXPECT_EQ(got[2], std::byte{6});
  EXPECT_EQ(got[3], std::byte{0x22});
  EXPECT_EQ(got[8], std::byte{0});
  const Buffer checked = raw({0x11, 0x00, 0x22});
  EXPECT_EQ(load_le<std::uint32_t>(got.data() + 4), crc32c(checked));
}

TEST(Framing, refuses_a_payload_over_the_cap_and_a_room_too_small) {
  Buffer big(kMaxMessageBytes + 1), room(kMaxWireBytes + 16);
  EXPECT_EQ(frame_payload(big, room).error().reason, Reason::message_too_long);
  EXPECT_EQ(frame_payload(raw({1, 2, 3}), MutableBytes(room).first(wire_bytes(3) - 1)).error().reason,
            Reason::message_too_long);
}

TEST(Framing, every_length_and_any_chunking_come_back_unchanged) {
  std::mt19937 random(1);
  for (const unsigned alphabet : {1u, 2u, 256u}) {
    Buffer stream;
    std::vector<Buffer> sent;
    for (std::size_t size = 1; size < 1200; size += 1 + size / 40) {
      sent.push_back(random_payload(random, size, alphabet));
      const Buffer wire = framed(sent.back());
      EXPECT_LE(wire.size(), wire_bytes(size));
      stream.insert(stream.end(), wire.begin(), wire.end());
    }
    sent.push_back(random_payload(random, kMaxMessageBytes, alphabet));
    const Buffer last = framed(sent.back());
    stream.insert(stream.end(), last.begin(), last.end());
    for (int run = 0; run < 4; ++run) {
      Deframer deframer;
      const auto got = unframed(deframer, stream, [&] { return run == 0 ? 1 : 1 + random() % 700; });
      EXPECT_EQ(got, sent);
      EXPECT_EQ(deframer.counts().garbled + deframer.counts().bad_crc + deframer.counts().too_long, 0u);
    }
  }
}

// Where a block is full just before a zero, and just before and after it.
TEST(Framing, a_zero_behind_any_run_without_one_comes_back) {
  for (std::size_t run = 1; run < 3 * 254 + 3; ++run) {
    for (const std::size_t behind : {0u, 1u, 5u, 254u}) {
      Buffer payload(run, std::byte{7});
      payload.push_back(std::byte{0});
      payload.resize(payload.size() + behind, std::byte{9});
      const Buffer wire = framed(payload);
      EXPECT_LE(wire.size(), wire_bytes(payload.size()));
      EXPECT_EQ(std::count(wire.begin(), wire.end(), std::byte{0}), 1);
      Deframer deframer;
      const auto got = unframed(deframer, wire, [] { return 4096; });
      ASSERT_EQ(got.size(), 1u) << run << " bytes, a zero, " << behind;
      ASSERT_EQ(got[0], payload) << run << " bytes, a zero, " << behind;
    }
  }
}

TEST(Framing, finds_the_next_message_after_any_garbage) {
  std::mt19937 random(2);
  const Buffer payload = random_payload(random, 100, 256);
  const Buffer wire = framed(payload);
  for (int run = 0; run < 500; ++run) {
    Buffer stream = random_payload(random, random() % 6000, 256);
    stream.push_back(std::byte{0});
    stream.insert(stream.end(), wire.begin(), wire.end());
    Deframer deframer;
    const auto got = unframed(deframer, stream, [&] { return 1 + random() % 300; });
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.back(), payload);
  }
}

TEST(Framing, no_single_bit_flip_passes_for_a_message) {
  std::mt19937 random(3);
  const Buffer payload = random_payload(random, 60, 4);
  const Buffer wire = framed(payload);
  for (std::size_t bit = 0; bit < wire.size() * 8; ++bit) {
    Buffer flipped = wire;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    flipped.push_back(std::byte{0});
    Deframer deframer;
    const auto got = unframed(deframer, flipped, [] { return 4096; });
    // Only the closing zero may be hit without harm: the message is then ended by the next.
    for (const Buffer& g : got) EXPECT_EQ(g, payload) << "bit " << bit;
  }
}

TEST(Framing, a_message_cut_short_is_lost_and_the_next_is_not) {
  std::mt19937 random(4);
  const Buffer payload = random_payload(random, 300, 256);
  const Buffer wire = framed(payload);
  for (std::size_t cut = 1; cut + 1 < wire.size(); ++cut) {
    Buffer stream(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(cut));
    stream.push_back(std::byte{0});
    stream.insert(stream.end(), wire.begin(), wire.end());
    Deframer deframer;
    const auto got = unframed(deframer, stream, [] { return 4096; });
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(deframer.counts().garbled + deframer.counts().bad_crc, 1u);
  }
}

TEST(Framing, an_endless_message_is_counted_once_and_holds_no_more_than_the_cap) {
  Deframer deframer;
  Buffer endless(100'000, std::byte{7});
  endless.push_back(std::byte{0});
  const Buffer payload = raw({1, 2, 3});
  const Buffer wire = framed(payload);
  endless.insert(endless.end(), wire.begin(), wire.end());
  const auto got = unframed(deframer, endless, [] { return 1000; });
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0], payload);
  EXPECT_EQ(deframer.counts().too_long, 1u);
}

TEST(Framing, zeros_between_messages_mean_nothing) {
  Deframer deframer;
  Buffer stream(50, std::byte{0});
  EXPECT_TRUE(unframed(deframer, stream, [] { return 7; }).empty());
  EXPECT_EQ(deframer.counts().garbled, 0u);
}

}  // namespace
}  // namespace torpor
