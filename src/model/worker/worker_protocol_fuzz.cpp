// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cstring>

#include "model/worker/worker_protocol.h"

// Whatever the other process writes is a message or worker_protocol, and what is taken
// says the same again when it is encoded.
using namespace torpor;

namespace {

template <std::size_t N>
std::array<std::byte, N> take(Bytes& input) {
  std::array<std::byte, N> bytes{};
  const std::size_t n = std::min(N, input.size());
  std::memcpy(bytes.data(), input.data(), n);
  input = input.subspan(n);
  return bytes;
}

void must(bool ok) {
  if (!ok) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Bytes input{reinterpret_cast<const std::byte*>(data + 1), size - 1};
  const std::size_t max_count = data[0];
  const auto head = take<kWorkerHeaderBytes>(input);
  const auto header = decode_header(head, max_count);
  if (!header) {
    must(header.error().reason == Reason::worker_protocol);
    return 0;
  }
  must(encode(*header) == head && header->count <= max_count);
  switch (header->type) {
    case WorkerMessage::request: {
      const auto bytes = take<kRequestHeadBytes>(input);
      must(encode_asked(decode_asked(bytes)) == bytes);
      break;
    }
    case WorkerMessage::answer: {
      const auto bytes = take<kAnswerHeadBytes>(input);
      if (const auto times = decode_times(bytes)) must(encode_times(*times) == bytes);
      break;
    }
    case WorkerMessage::released: {
      const auto bytes = take<kReleasedBytes>(input);
      if (const auto teardown = decode_teardown(bytes)) must(encode_teardown(*teardown) == bytes);
      break;
    }
    case WorkerMessage::failed: {
      const Error error = decode_failure(take<kFailedBytes>(input));
      must(one_line(error).size() > 0 && one_line(decode_failure(encode_failure(error))) == one_line(error));
      break;
    }
  }
  return 0;
}
