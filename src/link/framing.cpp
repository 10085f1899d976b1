// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/framing.h"

#include "base/assertion.h"

namespace torpor {

Result<std::size_t> frame_payload(Bytes payload, MutableBytes out) {
  if (payload.size() > kMaxMessageBytes || out.size() < wire_bytes(payload.size())) {
    Error error{.reason = Reason::message_too_long, .where = "link"};
    error.found << payload.size() << " bytes";
    error.expected << "at most " << kMaxMessageBytes << ", and room for them";
    return error;
  }
  std::byte crc[kCrcBytes];
  store_le(crc, crc32c(payload));

  // One code byte before each block of up to 254 bytes that are not zero; a block shorter
  // than that stands for a zero after it, a full one does not.
  std::size_t code_at = 0, at = 1;
  unsigned code = 1;
  const auto close_block = [&] {
    out[code_at] = static_cast<std::byte>(code);
    code_at = at++;
    code = 1;
  };
  const auto put = [&](std::byte b) {
    // A full block stands for no zero: one that follows it needs a block of its own.
    if (code == 255) close_block();
    if (b == std::byte{0}) {
      close_block();
      return;
    }
    out[at++] = b;
    ++code;
  };
  for (std::byte b : payload) put(b);
  for (std::byte b : crc) put(b);
  out[code_at] = static_cast<std::byte>(code);
  out[at++] = std::byte{0};
  TORPOR_ASSERT(at <= wire_bytes(payload.size()), "framing.the_bound_of_wire_bytes_holds");
  return at;
}

std::optional<Bytes> Deframer::next(Bytes& in) {
  while (!in.empty()) {
    const std::byte b = in.front();
    in = in.subspan(1);
    if (b == std::byte{0}) {
      if (auto payload = close_message()) return payload;
      continue;
    }
    empty_ = false;
    if (state_ != State::reading) continue;
    if (left_ > 0) {
      append(b);
      --left_;
    } else {
      if (zero_due_) append(std::byte{0});
      left_ = static_cast<std::uint8_t>(static_cast<unsigned>(b) - 1);
      zero_due_ = b != std::byte{255};
    }
  }
  return std::nullopt;
}

void Deframer::append(std::byte b) {
  if (size_ == buffer_.size()) {
    state_ = State::too_long;
    return;
  }
  buffer_[size_++] = b;
}

std::optional<Bytes> Deframer::close_message() {
  const bool empty = empty_, too_long = state_ == State::too_long, cut = left_ > 0;
  const std::size_t size = size_;
  reset();
  if (empty) return std::nullopt;  // zeros between messages mean nothing
  if (too_long) {
    ++counts_.too_long;
    return std::nullopt;
  }
  if (cut || size <= kCrcBytes) {
    ++counts_.garbled;
    return std::nullopt;
  }
  TORPOR_ASSERT(size <= buffer_.size(), "framing.a_message_lies_in_its_buffer");
  const Bytes payload = Bytes(buffer_).first(size - kCrcBytes);
  if (crc32c(payload) != load_le<std::uint32_t>(payload.data() + payload.size())) {
    ++counts_.bad_crc;
    return std::nullopt;
  }
  ++counts_.payloads;
  return payload;
}

void Deframer::reset() {
  state_ = State::reading;
  left_ = 0;
  zero_due_ = false;
  empty_ = true;
  size_ = 0;
}

}  // namespace torpor
