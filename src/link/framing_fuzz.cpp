// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What one side frames, the other finds again, byte for byte, in pieces of any size and behind
// any garbage. The input is a script of runs: COBS counts bytes without a zero, so payloads are
// made of long runs, which bytes taken as they are would hardly ever have.
#include <cstdlib>
#include <vector>

#include "link/framing.h"

namespace torpor {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Pairs of value and length, until the payload is full.
std::vector<std::byte> runs(Bytes script) {
  std::vector<std::byte> payload;
  for (std::size_t i = 0; i + 1 < script.size() && payload.size() < kMaxMessageBytes; i += 2) {
    const std::size_t room = kMaxMessageBytes - payload.size();
    payload.insert(payload.end(), std::min(room, 1 + static_cast<std::size_t>(script[i + 1])), script[i]);
  }
  return payload;
}

void run(Bytes input) {
  if (input.size() < 2) return;
  const std::size_t piece = 1 + static_cast<std::size_t>(input[0]) * static_cast<std::size_t>(input[0]);
  const std::size_t garbage = std::min(static_cast<std::size_t>(input[1]), input.size() - 2);
  const std::vector<std::byte> payload = runs(input.subspan(2));

  std::vector<std::byte> framed(wire_bytes(payload.size()));
  const auto size = frame_payload(payload, framed);
  require(size.ok() && *size <= framed.size());

  std::vector<std::byte> stream(input.begin() + 2, input.begin() + 2 + static_cast<std::ptrdiff_t>(garbage));
  stream.push_back(std::byte{0});
  stream.insert(stream.end(), framed.begin(), framed.begin() + static_cast<std::ptrdiff_t>(*size));

  static Deframer deframer;
  deframer.reset();
  std::vector<std::byte> last;
  for (std::size_t from = 0; from < stream.size(); from += piece) {
    Bytes rest = Bytes(stream).subspan(from, std::min(piece, stream.size() - from));
    while (const auto found = deframer.next(rest)) last.assign(found->begin(), found->end());
  }
  require(last == payload);
}

}  // namespace
}  // namespace torpor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  torpor::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
