// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "model/backend.h"

// What torpord and its worker say to each other over one inherited stream socket:
//
//   torpord: request{asked, token sets}      worker: answer{times, logits}
//                                                    released{teardown time}
//                                            or      failed{reason, where, found}
//
// One request at a time. Each message is a header and a payload whose length follows from
// the header's type and count, so that nothing is read by a length the other side claims.
// Both ends run on one machine: numbers are in its byte order, token sets as they lie in
// memory. Either side is hostile input to the other: whatever is not exactly this is
// worker_protocol.
namespace torpor {

enum class WorkerMessage : std::uint16_t { request = 1, answer, released, failed };

struct WorkerHeader {
  WorkerMessage type{};
  std::uint16_t count = 0;  // token sets of a request, logits of an answer, else 0
};

inline constexpr std::size_t kMaxWorkerBatch = 4096;
inline constexpr std::size_t kWorkerHeaderBytes = 8;  // magic with version, type, count
inline constexpr std::size_t kRequestHeadBytes = 8;   // asked, before the token sets
inline constexpr std::size_t kAnswerHeadBytes = 24;   // three times, before the logits
inline constexpr std::size_t kReleasedBytes = 8;
inline constexpr std::size_t kFailedBytes = 336;

// The token sets of a request as bytes, and back.
static_assert(sizeof(TokenSet) == sizeof(float) * (kBands * kBandInputs + kGlobalInputs));

using WorkerHeaderBytes = std::array<std::byte, kWorkerHeaderBytes>;
WorkerHeaderBytes encode(const WorkerHeader& header);
// `max_count` bounds requests; the logits of an answer must be exactly `max_count`.
Result<WorkerHeader> decode_header(const WorkerHeaderBytes& bytes, std::size_t max_count);

using RequestHead = std::array<std::byte, kRequestHeadBytes>;
RequestHead encode_asked(BootTime asked);  // when the inference was wanted, on CLOCK_BOOTTIME
BootTime decode_asked(const RequestHead& bytes);

// Times of more than an hour, or below zero, are no times.
using AnswerHead = std::array<std::byte, kAnswerHeadBytes>;
AnswerHead encode_times(const BackendTimes& times);
Result<BackendTimes> decode_times(const AnswerHead& bytes);  // teardown stays 0

using ReleasedBytes = std::array<std::byte, kReleasedBytes>;
ReleasedBytes encode_teardown(Duration teardown);
Result<Duration> decode_teardown(const ReleasedBytes& bytes);

// Reason by name, `where`, `found` and the errno. What this process does not know by name,
// and text that is not printable ASCII, is worker_protocol.
using FailedBytes = std::array<std::byte, kFailedBytes>;
FailedBytes encode_failure(const Error& error);
Error decode_failure(const FailedBytes& bytes);

}  // namespace torpor
