// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/message.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <vector>

#include "base/cbor.h"
#include "base/fake/places.h"

namespace torpor {
namespace {

std::array<std::byte, kMaxMessageBytes> g_payload;
std::array<std::int16_t, kMaxFrameSamples> g_room;

template <class M>
Bytes payload_of(const M& message) {
  const auto payload = encode(message, g_payload);
  EXPECT_TRUE(payload.ok());
  return payload ? *payload : Bytes{};
}
// Encodes and decodes again.
template <class M>
Message round(const M& message) {
  Message out;
  const auto known = decode(payload_of(message), g_room, out);
  EXPECT_TRUE(known.ok()) << one_line(known.error()).view();
  EXPECT_TRUE(known.ok() && *known);
  return out;
}
Error refusal_of(Bytes payload) {
  Message out;
  const auto known = decode(payload, g_room, out);
  EXPECT_FALSE(known.ok());
  return known ? Error{} : known.error();
}

Hello some_hello() {
  Hello hello{.role = LinkRole::detector, .boot_epoch = ~std::uint64_t{0}, .speed_permille = 60'000};
  hello.digest.fill(std::byte{0xab});
  hello.sequence = 17;
  return hello;
}

TEST(Message, hello_comes_back_unchanged) {
  const Message got = round(some_hello());
  EXPECT_EQ(got.type, MessageType::hello);
  EXPECT_EQ(got.hello.major, kProtocolMajor);
  EXPECT_EQ(got.hello.minor, kProtocolMinor);
  EXPECT_EQ(got.hello.role, LinkRole::detector);
  EXPECT_EQ(got.hello.boot_epoch, ~std::uint64_t{0});
  EXPECT_EQ(got.hello.speed_permille, 60'000u);
  EXPECT_EQ(got.hello.digest, some_hello().digest);
  EXPECT_EQ(got.hello.sequence, 17u);
  EXPECT_TRUE(got.hello.refusal.empty());
}

TEST(Message, hello_with_a_refusal_carries_no_contract) {
  Hello hello = some_hello();
  hello.refusal = "contract_expired";
  const Message got = round(hello);
  EXPECT_EQ(got.hello.refusal.view(), "contract_expired");
  EXPECT_EQ(got.hello.digest, Digest{});
  EXPECT_FALSE(got.hello.passing);
  hello.passing = true;
  EXPECT_TRUE(round(hello).hello.passing);
}

std::string hex_of(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(b));
    text += two;
  }
  return text;
}

// What robots in the field say and understand: no build may say it differently.
TEST(Message, every_message_has_the_bytes_it_always_had) {
  Hello refusing = some_hello();
  refusing.refusal = "contract_expired";
  const std::int16_t samples[] = {0x0102, -2, 3};
  EXPECT_EQ(hex_of(payload_of(some_hello())),
            "a80001010102020301041bffffffffffffffff0519ea60075820"
            "abababababababababababababababababababababababababababababababab0811");
  EXPECT_EQ(hex_of(payload_of(refusing)),
            "a80001010102020301041bffffffffffffffff0519ea600670636f6e74726163745f6578706972656409f4");
  EXPECT_EQ(hex_of(payload_of(WindowStart{9, 16'000})), "a30002010902193e80");
  EXPECT_EQ(hex_of(payload_of(Frame{.window_id = 9,
                                    .sequence = 2,
                                    .capture_ns = -5,
                                    .sensor = 1,
                                    .rate_mhz = 3'200'000,
                                    .scale_pg = 488'281,
                                    .axes = 3,
                                    .starts_block = true,
                                    .samples = samples})),
            "aa00030109020203240401051a0030d400061a00077359070308f509460201feff0300");
  EXPECT_EQ(hex_of(payload_of(WindowEnd{9, 27, 2})), "a40004010902181b0302");
  EXPECT_EQ(hex_of(payload_of(ContextUpdate{9, {1'797'000, 3, -5}})), "a500050109021a001b6b8803030424");
  EXPECT_EQ(hex_of(payload_of(SleepUntil{BootTime(std::chrono::hours(30))})), "a20006011b00006239b5a2c000");
  EXPECT_EQ(hex_of(payload_of(BundleCopy{as_bytes("not a bundle")})), "a20007014c6e6f7420612062756e646c65");
  EXPECT_EQ(hex_of(payload_of(Goodbye{"model_refused"})), "a30008016d6d6f64656c5f726566757365640200");
  EXPECT_EQ(hex_of(payload_of(Slept{SleepLevel::suspend, std::chrono::seconds(50), 2, "suspend_busy"})),
            "a500090101021b0000000ba43b74000302046c73757370656e645f62757379");
  EXPECT_EQ(hex_of(payload_of(Stopped{std::chrono::seconds(16), std::chrono::seconds(15)})),
            "a4000a011b00000003b9aca000021b000000037e11d6000300");
  EXPECT_EQ(hex_of(payload_of(WindowRefused{9, BootTime(std::chrono::hours(30))})),
            "a3000b0109021b00006239b5a2c000");
  EXPECT_EQ(hex_of(payload_of(Notice{"rollback_state_wiped"})),
            "a2000c0174726f6c6c6261636b5f73746174655f7769706564");
}

// As minor versions 0 and 1 wrote them: what came later is missing, and means what it meant then.
TEST(Message, what_an_older_peer_says_is_understood_and_final) {
  const auto read = [](std::initializer_list<int> bytes) {
    std::vector<std::byte> payload;
    for (const int b : bytes) payload.push_back(static_cast<std::byte>(b));
    Message out;
    const auto known = decode(payload, g_room, out);
    EXPECT_TRUE(known.ok() && *known);
    return out;
  };
  EXPECT_EQ(read({0xa2, 0x00, 0x08, 0x01, 0x60}).goodbye.farewell.value, Farewell::ends);
  EXPECT_EQ(read({0xa3, 0x00, 0x0a, 0x01, 0x05, 0x02, 0x04}).stopped.cause.value, StopCause::awake);
  const Message hello = read({0xa7, 0x00, 0x01, 0x01, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04, 0x07, 0x05, 0x19,
                              0x03, 0xe8, 0x06, 0x61, 0x78});
  EXPECT_EQ(hello.hello.refusal.view(), "x");
  EXPECT_FALSE(hello.hello.passing);
}

TEST(Message, every_message_is_described_in_the_document_of_the_link) {
  std::ifstream in(in_source("docs/link.md"));
  const std::string document{std::istreambuf_iterator<char>(in), {}};
#define TORPOR_MESSAGE(type, number, text, Struct, fields) \
  EXPECT_NE(document.find("| " text " | " #number), document.npos) << text;
#include "link/messages.def"
#undef TORPOR_MESSAGE
}

TEST(Message, frame_comes_back_unchanged_at_any_size) {
  std::vector<std::int16_t> samples(kMaxFrameSamples);
  std::mt19937 random(5);
  for (auto& x : samples) x = static_cast<std::int16_t>(random());
  samples[0] = INT16_MIN;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3}, kMaxFrameSamples}) {
    const Frame sent{.window_id = ~std::uint64_t{0},
                     .sequence = ~std::uint32_t{0},
                     .capture_ns = INT64_MIN,
                     .sensor = 3,
                     .rate_mhz = ~std::uint32_t{0},
                     .scale_pg = INT64_MAX,
                     .axes = 3,
                     .starts_block = true,
                     .samples = std::span(samples).first(size)};
    const Frame got = round(sent).frame;
    EXPECT_EQ(got.window_id, sent.window_id);
    EXPECT_EQ(got.sequence, sent.sequence);
    EXPECT_EQ(got.capture_ns, sent.capture_ns);
    EXPECT_EQ(got.sensor, sent.sensor);
    EXPECT_EQ(got.rate_mhz, sent.rate_mhz);
    EXPECT_EQ(got.scale_pg, sent.scale_pg);
    EXPECT_EQ(got.axes, sent.axes);
    EXPECT_EQ(got.starts_block, sent.starts_block);
    EXPECT_TRUE(std::ranges::equal(got.samples, sent.samples));
  }
}

TEST(Message, samples_travel_as_little_endian_int16) {
  const std::int16_t samples[] = {0x0102, -2};
  const Bytes payload = payload_of(Frame{.axes = 1, .samples = samples});
  const std::byte want[] = {std::byte{0x44}, std::byte{0x02}, std::byte{0x01}, std::byte{0xfe},
                            std::byte{0xff}};
  ASSERT_GE(payload.size(), 5u);
  EXPECT_TRUE(equal(payload.last(5), want));
}

TEST(Message, a_frame_over_the_cap_is_not_encoded) {
  const std::vector<std::int16_t> samples(kMaxFrameSamples + 1);
  EXPECT_EQ(encode(Frame{.axes = 1, .samples = samples}, g_payload).error().reason, Reason::message_too_long);
}

TEST(Message, the_small_messages_come_back_unchanged) {
  const Message start = round(WindowStart{.window_id = 9, .samples = 16'000});
  EXPECT_EQ(start.window_start.window_id, 9u);
  EXPECT_EQ(start.window_start.samples, 16'000u);
  const Message end = round(WindowEnd{.window_id = 9, .frames = 27, .dropped = 2});
  EXPECT_EQ(end.window_end.frames, 27u);
  EXPECT_EQ(end.window_end.dropped, 2u);
  const Message context =
      round(ContextUpdate{9, {.rpm_milli = 1'797'000, .load_permille = 3, .temperature_mdeg = -5}});
  EXPECT_EQ(context.context.window_id, 9u);
  EXPECT_EQ(context.context.context.rpm_milli, 1'797'000u);
  EXPECT_EQ(context.context.context.temperature_mdeg, -5);
  const Message sleep = round(SleepUntil{BootTime(std::chrono::hours(30))});
  EXPECT_EQ(sleep.sleep.until, BootTime(std::chrono::hours(30)));
  const Message goodbye = round(Goodbye{"model_refused", {Farewell::returns}});
  EXPECT_EQ(goodbye.goodbye.reason.view(), "model_refused");
  EXPECT_EQ(goodbye.goodbye.farewell.value, Farewell::returns);
  const Message slept = round(Slept{SleepLevel::suspend, std::chrono::seconds(50), 2, "suspend_busy"});
  EXPECT_EQ(slept.slept.level, SleepLevel::suspend);
  EXPECT_EQ(slept.slept.slept, std::chrono::seconds(50));
  EXPECT_EQ(slept.slept.failed_suspends, 2u);
  EXPECT_EQ(slept.slept.reason.view(), "suspend_busy");
  const Message refused = round(WindowRefused{.window_id = 9, .earliest = BootTime(std::chrono::hours(30))});
  EXPECT_EQ(refused.window_refused.window_id, 9u);
  EXPECT_EQ(refused.window_refused.earliest, BootTime(std::chrono::hours(30)));
  EXPECT_EQ(round(Notice{"rollback_state_wiped"}).notice.reason.view(), "rollback_state_wiped");
  const Message stopped =
      round(Stopped{std::chrono::seconds(16), std::chrono::seconds(15), {StopCause::early}});
  EXPECT_EQ(stopped.stopped.cause.value, StopCause::early);
  EXPECT_EQ(stopped.stopped.after, std::chrono::seconds(16));
  EXPECT_EQ(stopped.stopped.limit, std::chrono::seconds(15));
  const Message bundle = round(BundleCopy{as_bytes("not really a bundle")});
  EXPECT_EQ(as_text(bundle.bundle.file), "not really a bundle");
}

TEST(Message, a_type_of_the_future_is_skipped_not_refused) {
  std::byte room[64];
  cbor::Writer w(room);
  w.map(2);
  w.uint(0);
  w.uint(99);
  w.uint(1);
  w.text("whatever");
  Message out;
  const auto known = decode(*w.finish(), g_room, out);
  ASSERT_TRUE(known.ok());
  EXPECT_FALSE(*known);
}

TEST(Message, a_key_of_the_future_is_skipped) {
  std::byte room[64];
  cbor::Writer w(room);
  w.map(4);
  for (unsigned key : {0u, 1u, 2u}) {
    w.uint(key);
    w.uint(key == 0 ? 2 : 5);
  }
  w.uint(40);
  w.array(2);
  w.uint(1);
  w.text("new");
  Message out;
  const auto known = decode(*w.finish(), g_room, out);
  ASSERT_TRUE(known.ok() && *known);
  EXPECT_EQ(out.window_start.samples, 5u);
}

TEST(Message, of_a_hello_with_another_major_only_the_major_is_read) {
  std::byte room[64];
  cbor::Writer w(room);
  w.map(4);
  w.uint(0);
  w.uint(1);
  w.uint(1);
  w.uint(kProtocolMajor + 1);
  w.uint(3);
  w.text("a role that is a text by now");
  w.uint(4);
  w.array(0);
  Message out;
  const auto known = decode(*w.finish(), g_room, out);
  ASSERT_TRUE(known.ok() && *known);
  EXPECT_EQ(out.hello.major, kProtocolMajor + 1);
}

TEST(Message, a_missing_key_is_named) {
  std::byte room[64];
  cbor::Writer w(room);
  w.map(2);
  w.uint(0);
  w.uint(2);
  w.uint(1);
  w.uint(7);
  const Error error = refusal_of(*w.finish());
  EXPECT_EQ(error.reason, Reason::message_malformed);
  EXPECT_EQ(error.where.view(), "peer: WINDOW_START: key 2");
}

TEST(Message, values_that_do_not_fit_are_refused) {
  std::byte room[64];
  cbor::Writer w(room);
  w.map(3);
  w.uint(0);
  w.uint(2);
  w.uint(1);
  w.uint(7);
  w.uint(2);
  w.uint(std::uint64_t{1} << 32);
  EXPECT_EQ(refusal_of(*w.finish()).reason, Reason::message_malformed);
}

TEST(Message, a_time_below_zero_and_a_sleep_level_nobody_knows_are_refused) {
  EXPECT_EQ(refusal_of(payload_of(Stopped{Duration(-1), Duration(4)})).where.view(), "peer: STOPPED: key 1");
  EXPECT_EQ(refusal_of(payload_of(Slept{.slept = Duration(-1)})).where.view(), "peer: SLEPT: key 2");
  EXPECT_EQ(refusal_of(payload_of(Slept{.level = static_cast<SleepLevel>(2)})).where.view(),
            "peer: SLEPT: key 1");
  EXPECT_EQ(refusal_of(payload_of(Goodbye{{}, {static_cast<Farewell>(2)}})).where.view(),
            "peer: GOODBYE: key 2");
}

TEST(Message, a_reason_that_could_forge_a_log_line_is_refused) {
  for (const std::string_view text : {"x\ny", "Loud", "a b", "esc\x1b"}) {
    std::byte room[64];
    cbor::Writer w(room);
    w.map(2);
    w.uint(0);
    w.uint(8);
    w.uint(1);
    w.text(text);
    EXPECT_EQ(refusal_of(*w.finish()).reason, Reason::message_malformed);
  }
}

TEST(Message, every_truncation_of_every_message_is_refused) {
  const std::int16_t samples[] = {1, 2, 3};
  std::vector<std::vector<std::byte>> all;
  const auto keep = [&](Bytes b) { all.emplace_back(b.begin(), b.end()); };
  keep(payload_of(some_hello()));
  keep(payload_of(Frame{.axes = 3, .samples = samples}));
  keep(payload_of(WindowStart{1, 2}));
  keep(payload_of(WindowEnd{1, 2, 3}));
  keep(payload_of(ContextUpdate{1, {2, 3, 4}}));
  keep(payload_of(SleepUntil{BootTime(Duration(99'999))}));
  keep(payload_of(BundleCopy{as_bytes("bundle")}));
  keep(payload_of(Goodbye{"done"}));
  keep(payload_of(Slept{SleepLevel::block, {}, 1, "suspend_busy"}));
  keep(payload_of(Stopped{Duration(5), Duration(4)}));
  keep(payload_of(WindowRefused{1, BootTime(Duration(4))}));
  keep(payload_of(Notice{"rollback_state_wiped"}));
  for (const auto& payload : all) {
    for (std::size_t size = 0; size < payload.size(); ++size) {
      const Error error = refusal_of(Bytes(payload).first(size));
      EXPECT_EQ(error.reason, Reason::message_malformed) << size;
    }
    auto longer = payload;
    longer.push_back(std::byte{0});
    EXPECT_EQ(refusal_of(longer).reason, Reason::message_malformed);
  }
}

TEST(MessageReader, counts_what_it_skips_and_refuses_and_goes_on) {
  std::vector<std::byte> stream;
  const auto add = [&](Bytes payload) {
    std::array<std::byte, kMaxWireBytes> wire;
    const std::size_t size = *frame_payload(payload, wire);
    stream.insert(stream.end(), wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size));
  };
  add(payload_of(WindowStart{1, 2}));
  add(as_bytes("not cbor at all"));
  const std::byte future[] = {std::byte{0xa1}, std::byte{0x00}, std::byte{0x18}, std::byte{0x63}};
  add(future);
  add(payload_of(Goodbye{}));
  MessageReader reader;
  Bytes in = stream;
  const Message* first = reader.next(in);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->type, MessageType::window_start);
  const Message* second = reader.next(in);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->type, MessageType::goodbye);
  EXPECT_EQ(reader.next(in), nullptr);
  EXPECT_EQ(reader.messages(), 2u);
  EXPECT_EQ(reader.unknown(), 1u);
  EXPECT_EQ(reader.malformed(), 1u);
  EXPECT_EQ(reader.last_malformed().reason, Reason::message_malformed);
}

}  // namespace
}  // namespace torpor
