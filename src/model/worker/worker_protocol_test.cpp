// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_protocol.h"

#include <gtest/gtest.h>

#include "model/worker/worker_arguments.h"

namespace torpor {
namespace {

using std::chrono::microseconds;

TEST(WorkerProtocol, worker_messages_say_again_what_was_said) {
  const auto header = decode_header(encode({WorkerMessage::request, 30}), 30);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->type, WorkerMessage::request);
  EXPECT_EQ(header->count, 30);
  EXPECT_EQ(decode_asked(encode_asked(BootTime(microseconds(7)))), BootTime(microseconds(7)));
  const auto times = decode_times(encode_times({microseconds(1), microseconds(2), microseconds(3), {}}));
  ASSERT_TRUE(times.ok());
  EXPECT_EQ(times->load, microseconds(2));
  EXPECT_EQ(*decode_teardown(encode_teardown(microseconds(4))), microseconds(4));
}

TEST(WorkerProtocol, worker_messages_of_another_version_type_or_count_are_refused) {
  const auto refused = [](const WorkerHeaderBytes& bytes, std::size_t max) {
    const auto header = decode_header(bytes, max);
    return !header && header.error().reason == Reason::worker_protocol;
  };
  auto other = encode({WorkerMessage::answer, 3});
  EXPECT_FALSE(refused(other, 3));
  EXPECT_TRUE(refused(other, 2)) << "too many logits";
  EXPECT_TRUE(refused(other, 4)) << "too few";
  other[3] = std::byte{'2'};
  EXPECT_TRUE(refused(other, 3));
  EXPECT_TRUE(refused(encode({WorkerMessage::request, 0}), 3));
  EXPECT_TRUE(refused(encode({WorkerMessage::request, 4}), 3));
  EXPECT_TRUE(refused(encode({WorkerMessage::released, 1}), 3));
  EXPECT_TRUE(refused(encode({static_cast<WorkerMessage>(5), 0}), 3));
}

TEST(WorkerProtocol, worker_times_that_are_none_are_refused) {
  AnswerHead head = encode_times({});
  store_le<std::uint64_t>(head.data() + 8, ~std::uint64_t{0});
  EXPECT_EQ(decode_times(head).error().reason, Reason::worker_protocol);
  ReleasedBytes released;
  store_le<std::uint64_t>(released.data(), std::uint64_t{1} << 62);
  EXPECT_EQ(decode_teardown(released).error().reason, Reason::worker_protocol);
}

TEST(WorkerProtocol, worker_failures_keep_their_reason_by_name_and_only_printable_text) {
  const Error said{
      .reason = Reason::device_failed, .where = "cuda: c\xc3\xb6ntext", .found = "error 2", .os_code = 5};
  const Error heard = decode_failure(encode_failure(said));
  EXPECT_EQ(heard.reason, Reason::device_failed);
  EXPECT_EQ(heard.where.view(), "cuda: c??ntext");
  EXPECT_EQ(heard.found.view(), "error 2");
  EXPECT_EQ(heard.os_code, 5);
  FailedBytes strange = encode_failure(said);
  strange[5] = std::byte{'X'};  // "Xevice_failed"
  EXPECT_EQ(decode_failure(strange).reason, Reason::worker_protocol);
  strange[4] = std::byte{200};  // longer than its room
  EXPECT_EQ(decode_failure(strange).reason, Reason::worker_protocol);
  strange = encode_failure(said);
  strange[60] = std::byte{7};
  EXPECT_EQ(decode_failure(strange).reason, Reason::worker_protocol);
}

TEST(WorkerArguments, worker_command_line_is_read_as_it_was_written) {
  WorkerArguments written{.backend = "cuda",
                          .policy = WorkerPolicy::context,
                          .model = "/var/lib/m.model",
                          .digest = {},
                          .feature_version = 1,
                          .max_batch = 30,
                          .parent = 12};
  written.digest[31] = std::byte{0xab};
  const auto line = command_line("torpor-infer", written);
  std::vector<const char*> raw;
  for (std::size_t i = 1; i < line.size(); ++i) raw.push_back(line[i].c_str());
  const auto read = parse_worker_arguments(raw);
  ASSERT_TRUE(read.ok()) << one_line(read.error()).view();
  EXPECT_EQ(read->backend, "cuda");
  EXPECT_EQ(read->policy, WorkerPolicy::context);
  EXPECT_EQ(read->model, written.model);
  EXPECT_EQ(read->digest, written.digest);
  EXPECT_EQ(read->max_batch, 30u);
  EXPECT_EQ(read->parent, 12);
  for (std::size_t i = 0; i < raw.size(); i += 2) {
    auto fewer = raw;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i),
                fewer.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    EXPECT_EQ(parse_worker_arguments(fewer).error().reason, Reason::usage) << raw[i];
    auto twice = raw;
    twice.insert(twice.end(), {raw[i], raw[i + 1]});
    EXPECT_EQ(parse_worker_arguments(twice).error().reason, Reason::usage) << raw[i];
    auto wrong = raw;
    if (std::string_view(raw[i]) == "--backend" || std::string_view(raw[i]) == "--model") continue;
    wrong[i + 1] = "x";
    EXPECT_EQ(parse_worker_arguments(wrong).error().reason, Reason::usage) << raw[i];
  }
}

}  // namespace
}  // namespace torpor
