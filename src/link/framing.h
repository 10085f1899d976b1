// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "window/window.h"

// Messages as separable pieces of a byte stream (docs/link.md):
//
//   COBS( payload, CRC-32C of payload as 4 bytes little-endian ), 0x00
//
// COBS leaves no zero inside, so a reader finds the next message after any garbage by
// waiting for a zero. Works on sockets, serial lines and UARTs. Freestanding, no heap.
namespace torpor {

// The longest payload: a full frame with its fields, or a bundle. The cap bounds what a
// peer can make us hold.
inline constexpr std::size_t kMaxMessageBytes = kMaxFrameSamples * sizeof(std::int16_t) + 512;
inline constexpr std::size_t kCrcBytes = 4;

// What framing adds: CRC, one code byte per started 254, the closing zero.
constexpr std::size_t wire_bytes(std::size_t payload) {
  return payload + kCrcBytes + (payload + kCrcBytes) / 254 + 1 + 1;
}
inline constexpr std::size_t kMaxWireBytes = wire_bytes(kMaxMessageBytes);

// Writes the framed payload to the front of `out` and says how many bytes it took.
// message_too_long: the payload is over the cap or `out` under wire_bytes(payload.size()).
Result<std::size_t> frame_payload(Bytes payload, MutableBytes out);

// Finds payloads in a stream that comes in pieces of any size. Never fails: what is not a
// payload is counted and passed over. Cost per byte is constant; memory is this object.
class Deframer {
 public:
  struct Counts {
    std::uint64_t payloads = 0;
    std::uint64_t garbled = 0;  // broken COBS, or too short to hold a CRC
    std::uint64_t bad_crc = 0;
    std::uint64_t too_long = 0;  // over kMaxMessageBytes; passed over up to its zero
  };

  // Takes bytes off the front of `in` up to the end of the next good payload and gives it;
  // nullopt when `in` is used up without one. The view lives until the next call.
  [[nodiscard]] std::optional<Bytes> next(Bytes& in);

  // Forgets a half-read message: a new connection. Counts stay.
  void reset();
  const Counts& counts() const { return counts_; }

 private:
  enum class State : std::uint8_t { reading, too_long };
  [[nodiscard]] std::optional<Bytes> close_message();
  void append(std::byte b);

  State state_ = State::reading;
  std::uint8_t left_ = 0;  // bytes until the next code byte; 0 = a code byte is due
  bool zero_due_ = false;  // the current block is followed by a zero unless the message ends
  bool empty_ = true;      // nothing since the last zero
  std::size_t size_ = 0;
  Counts counts_{};
  std::array<std::byte, kMaxMessageBytes + kCrcBytes> buffer_;
};

}  // namespace torpor
