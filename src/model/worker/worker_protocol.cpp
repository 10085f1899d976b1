// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_protocol.h"

#include <algorithm>

namespace torpor {
namespace {

constexpr std::uint32_t kMagic = 0x31495054;  // "TPI1": protocol 1
// An hour, far above any contract's deadline: beyond it a number is noise.
constexpr std::uint64_t kMaxNs = 3'600'000'000'000;

// Within FailedBytes: the errno, then three texts, each a length and room for it.
constexpr std::size_t kReasonRoom = 48;
constexpr std::size_t kWhereRoom = 160;
constexpr std::size_t kFoundRoom = 120;
constexpr std::size_t kAtReason = 4;
constexpr std::size_t kAtWhere = kAtReason + 1 + kReasonRoom;
constexpr std::size_t kAtFound = kAtWhere + 1 + kWhereRoom;
static_assert(kAtFound + 1 + kFoundRoom <= kFailedBytes);
static_assert(kWhereRoom == decltype(Error::where)::capacity() &&
              kFoundRoom == decltype(Error::found)::capacity());

Error broken(std::string_view what, std::uint64_t found) {
  Error error{.reason = Reason::worker_protocol, .where = what};
  error.found << found;
  return error;
}

constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }

void put_text(std::byte* at, std::size_t room, std::string_view text) {
  // Cut and not refused: half a reason is better than none.
  const std::size_t size = std::min(text.size(), room);
  at[0] = static_cast<std::byte>(size);
  // Printable, because it ends in logs and reports of the robot.
  for (std::size_t i = 0; i < size; ++i)
    at[1 + i] = static_cast<std::byte>(is_printable(text[i]) ? text[i] : '?');
}

bool take_text(const std::byte* at, std::size_t room, std::string_view& text) {
  // Length first, then the bytes: nothing is read by a length that is not held.
  const auto size = std::to_integer<std::size_t>(at[0]);
  if (size > room) return false;
  text = as_text({at + 1, size});
  for (const char c : text)
    if (!is_printable(c)) return false;
  return true;
}

std::uint64_t ns(Duration time) {
  return static_cast<std::uint64_t>(std::max(time, Duration::zero()).count());
}

}  // namespace

WorkerHeaderBytes encode(const WorkerHeader& header) {
  WorkerHeaderBytes bytes;
  store_le<std::uint32_t>(bytes.data(), kMagic);
  store_le<std::uint16_t>(bytes.data() + 4, static_cast<std::uint16_t>(header.type));
  store_le<std::uint16_t>(bytes.data() + 6, header.count);
  return bytes;
}

Result<WorkerHeader> decode_header(const WorkerHeaderBytes& bytes, std::size_t max_count) {
  const auto magic = load_le<std::uint32_t>(bytes.data());
  const auto type = load_le<std::uint16_t>(bytes.data() + 4);
  const auto count = load_le<std::uint16_t>(bytes.data() + 6);
  // Magic before type: of another version nothing can be said.
  if (magic != kMagic) return broken("magic and version", magic);
  bool fits = false;
  switch (static_cast<WorkerMessage>(type)) {
    case WorkerMessage::request:
      fits = count >= 1 && count <= max_count;
      break;
    case WorkerMessage::answer:
      // All or none: an answer to part of a batch is no answer.
      fits = count == max_count;
      break;
    case WorkerMessage::released:
    case WorkerMessage::failed:
      fits = count == 0;
      break;
    default:
      return broken("message type", type);
  }
  if (fits) return WorkerHeader{static_cast<WorkerMessage>(type), count};
  Error error = broken("count of a message", count);
  error.expected << max_count;
  return error;
}

RequestHead encode_asked(BootTime asked) {
  RequestHead bytes;
  // Signed in between, since boottime is.
  store_le<std::uint64_t>(bytes.data(), static_cast<std::uint64_t>(to_ns(asked)));
  return bytes;
}

BootTime decode_asked(const RequestHead& bytes) {
  return BootTime(Duration(static_cast<std::int64_t>(load_le<std::uint64_t>(bytes.data()))));
}

AnswerHead encode_times(const BackendTimes& times) {
  AnswerHead bytes;
  store_le<std::uint64_t>(bytes.data(), ns(times.init));
  store_le<std::uint64_t>(bytes.data() + 8, ns(times.load));
  store_le<std::uint64_t>(bytes.data() + 16, ns(times.infer));
  return bytes;
}

Result<BackendTimes> decode_times(const AnswerHead& bytes) {
  BackendTimes times;
  std::size_t at = 0;
  for (Duration* time : {&times.init, &times.load, &times.infer}) {
    // Held before it becomes a Duration, which is signed.
    const auto value = load_le<std::uint64_t>(bytes.data() + at);
    if (value > kMaxNs) return broken("a time in ns", value);
    *time = Duration(static_cast<std::int64_t>(value));
    at += 8;
  }
  return times;
}

ReleasedBytes encode_teardown(Duration teardown) {
  ReleasedBytes bytes;
  store_le<std::uint64_t>(bytes.data(), ns(teardown));
  return bytes;
}

Result<Duration> decode_teardown(const ReleasedBytes& bytes) {
  const auto value = load_le<std::uint64_t>(bytes.data());
  if (value > kMaxNs) return broken("a time in ns", value);
  return Duration(static_cast<std::int64_t>(value));
}

FailedBytes encode_failure(const Error& error) {
  FailedBytes bytes{};
  store_le<std::uint32_t>(bytes.data(), static_cast<std::uint32_t>(error.os_code));
  // By name: both ends may number their reasons differently if one file was replaced.
  put_text(bytes.data() + kAtReason, kReasonRoom, name(error.reason));
  put_text(bytes.data() + kAtWhere, kWhereRoom, error.where);
  put_text(bytes.data() + kAtFound, kFoundRoom, error.found);
  return bytes;
}

Error decode_failure(const FailedBytes& bytes) {
  std::string_view reason;
  std::string_view where;
  std::string_view found;
  Error error;
  if (!take_text(bytes.data() + kAtReason, kReasonRoom, reason) ||
      !take_text(bytes.data() + kAtWhere, kWhereRoom, where) ||
      // Nothing of a failure is believed unless all of it can be read.
      !take_text(bytes.data() + kAtFound, kFoundRoom, found))
    return {.reason = Reason::worker_protocol, .where = "text of a failure"};
  if (!find_reason(reason, error.reason)) {
    return {.reason = Reason::worker_protocol, .where = "reason of a failure", .found = reason};
  }
  error.where = where;
  error.found = found;
  error.os_code = static_cast<int>(load_le<std::uint32_t>(bytes.data()));
  return error;
}

}  // namespace torpor
