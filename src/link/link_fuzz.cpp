// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The whole of what a hostile peer can reach before and after agreement: deframer, decoder,
// agreement, peer and queue. The input is a script: a byte of what to do, then its bytes.
#include <cstdlib>
#include <optional>

#include "link/fake/memory_link.h"
#include "link/fake/own_side.h"
#include "link/peer.h"
#include "window/queue_memory.h"
#include "window/window_assembler.h"

namespace torpor {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Takes bytes off the front of the fuzzer's input.
class Script {
 public:
  explicit Script(Bytes input) : rest_(input) {}
  bool more() const { return !rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return b;
  }
  Bytes bytes(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

// What both a decoder and its encoder agree to be a message must come back the same.
void round_trip(const Message& message) {
  std::array<std::byte, kMaxMessageBytes> payload;
  if (message.type == MessageType::hello && message.hello.major != kProtocolMajor) return;
  const auto encoded = [&]() -> Result<Bytes> {
    switch (message.type) {
#define TORPOR_MESSAGE(type, number, text, Struct, fields) \
  case MessageType::type:                                  \
    return encode(message.type, payload);
#include "link/messages.def"
#undef TORPOR_MESSAGE
    }
    std::abort();
  }();
  require(encoded.ok());
  static std::array<std::int16_t, kMaxFrameSamples> room;
  Message again;
  const auto decoded = decode(*encoded, room, again);
  require(decoded.ok() && *decoded && again.type == message.type);
}

void run(Bytes input) {
  static const SideForTest sampler(LinkRole::sampler), detector(LinkRole::detector);
  static QueueMemory memory(detector.contract());
  Script script(input);
  const std::uint8_t setup = script.byte();
  MemoryLinkPair links(
      {.capacity = 4096, .most_per_read = 1 + std::size_t{setup}, .most_per_write = SIZE_MAX});
  BootTime now{std::chrono::seconds(1)};
  Peer peer(links.listener(), detector.own(), Peer::End::listens, now);
  FrameQueue queue(detector.contract(), 0, memory.memory());
  WindowAssembler assembler(detector.contract(), 0, queue);
  Link& hostile = links.dialer();

  // A raw payload into the link, framed well or not at all.
  const auto inject = [&](Bytes payload, bool well_framed) {
    if (!hostile.is_open()) return;
    std::array<std::byte, kMaxWireBytes> wire;
    if (!well_framed) {
      (void)hostile.write(payload);
    } else if (const auto size = frame_payload(payload, wire)) {
      (void)hostile.write(Bytes(wire).first(*size));
    }
  };

  while (script.more() && !peer.failed()) {
    switch (script.byte() % 8) {
      case 0:
        inject(script.bytes(1 + script.byte()), true);
        break;
      case 1:
        inject(script.bytes(1 + script.byte()), false);
        break;
      case 2: {
        Agreement good(sampler.own(), now);
        std::array<std::byte, kMaxMessageBytes> payload;
        inject(*encode(good.hello(), payload), true);
        break;
      }
      case 3:
        now += std::chrono::milliseconds(script.byte());
        break;
      case 4:
        links.hang_up();
        break;
      case 5:
        queue.begin(script.byte());
        break;
      case 6: {
        const auto taken = assembler.take_latest(script.byte(), now);
        require(taken.quality != WindowQuality::good || !taken.window.samples.empty());
        break;
      }
      default: {
        std::byte drain[512];
        if (hostile.is_open()) (void)hostile.read(drain);
      }
    }
    if (!hostile.is_open()) (void)hostile.open();
    peer.step(now);
    while (const Message* message = peer.receive(now)) {
      round_trip(*message);
      if (message->type == MessageType::frame) (void)queue.push(message->frame, now);
      if (message->type == MessageType::context)
        assembler.set_context(message->context.window_id, message->context.context);
    }
    require(queue.held_bytes() <= detector.contract().terms().queue.bytes);
    require(queue.pushed() == queue.held_frames() + queue.consumed() + queue.dropped());
  }
}

}  // namespace
}  // namespace torpor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  torpor::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
