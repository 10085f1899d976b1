// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"
#include "link/framing.h"
#include "window/window.h"

// What the two roles say to each other. Each payload is one CBOR map (base/cbor.h) with
// integer keys; key 0 is the message type. Keys that a reader does not know are skipped,
// so a minor version may add some; every key listed in docs/link.md must be there.
// Freestanding, no heap.
namespace torpor {

inline constexpr std::uint32_t kProtocolMajor = 1;
inline constexpr std::uint32_t kProtocolMinor = 2;

// A new message is a row of messages.def and its struct below.
enum class MessageType : std::uint8_t {
#define TORPOR_MESSAGE(type, number, text, Struct, fields) type = number,
#include "link/messages.def"
#undef TORPOR_MESSAGE
};
std::string_view name(MessageType type);

enum class LinkRole : std::uint8_t { sampler = 0, detector = 1 };
std::string_view name(LinkRole role);

// The name of a Reason as it travels: names are stable for ever, numbers are not.
using ReasonName = FixedString<48>;

// A field that a later minor version added: always written, but a message of an older peer
// lacks it, and then it keeps the value it begins with.
template <class T>
struct Later {
  T value{};
};

// The first message each way, and sent before anything is read. Keys 0 and 1 keep their
// meaning in every major version; of another major nothing else is read.
struct Hello {
  std::uint32_t major = kProtocolMajor;
  std::uint32_t minor = kProtocolMinor;
  LinkRole role{};
  std::uint64_t boot_epoch = 0;  // random, new at each start of the process
  std::uint32_t speed_permille = 0;
  ReasonName refusal{};  // not empty: no valid bundle; digest and sequence are then absent
  bool passing = false;  // since minor version 2: of a refusal, its process will be started again
  Digest digest{};
  std::uint64_t sequence = 0;
};

// Detector to sampler: stop, drain, and sample this.
struct WindowStart {
  std::uint64_t window_id = 0;
  std::uint32_t samples = 0;  // per axis
};

// Sampler to detector: the last frame of the window has been sent.
struct WindowEnd {
  std::uint64_t window_id = 0;
  std::uint32_t frames = 0;   // the source made
  std::uint32_t dropped = 0;  // of them never sent: dropped by the sampler's queue
};

// Sampler to detector, before WINDOW_END, when anything is known.
struct ContextUpdate {
  std::uint64_t window_id = 0;
  Context context;
};

// Detector to sampler: nothing is wanted before this boottime.
struct SleepUntil {
  BootTime until{};
};

// Either way, once digests are seen to differ: the sender's bundle file, to name the fields
// that differ. Never trusted, verified or adopted.
struct BundleCopy {
  Bytes file;
};

// Whether one who goes comes back.
enum class Farewell : std::uint8_t {
  ends = 0,     // for good: the source is used up, the cycles asked for are done, or a final reason
  returns = 1,  // it was told to stop, or ends for a passing reason: wait for the next
};

// Either way: a deliberate end, so that it differs from a lost link.
struct Goodbye {
  ReasonName reason{};         // empty: done
  Later<Farewell> farewell{};  // since minor version 2
};

// Since minor version 1. Sampler to detector, after a sleep that the contract wants suspended: how it was
// slept. Only from a sampler that owns the machine's sleep.
struct Slept {
  SleepLevel level{};
  Duration slept{};                   // suspended for so long, 0 where it was not
  std::uint32_t failed_suspends = 0;  // since the sampler started
  ReasonName reason{};                // why it was not suspended to the end; empty: it was
};

// What a detector did that the sampler stopped it for.
enum class StopCause : std::uint8_t {
  awake = 0,   // too long
  asleep = 1,  // it did not come back
  early = 2,   // it asked for windows again and again before their time
  flood = 3,   // it said more than a detector has to say
};
std::string_view name(StopCause cause);

// Since minor version 1. Sampler to detector, at an agreement: the detector before this one was
// stopped. Repeated until a detector has finished a cycle.
struct Stopped {
  Duration after{};          // awake, or overdue, for so long; early: between two requests
  Duration limit{};          // what it may be; early: what it must be
  Later<StopCause> cause{};  // since minor version 2
};

// Since minor version 2. Sampler to detector, in place of a window: the period after the one
// before is not over.
struct WindowRefused {
  std::uint64_t window_id = 0;
  BootTime earliest{};  // a request is served from then on
};

// Since minor version 2. Sampler to detector, at an agreement: something about the sampler's own
// state that belongs into the record.
struct Notice {
  ReasonName reason{};
};

// One decoded message; `type` says which member means something, and is that member's name.
// Views point into the reader's memory.
struct Message {
  MessageType type{};
#define TORPOR_MESSAGE(type, number, text, Struct, fields) Struct type;
#include "link/messages.def"
#undef TORPOR_MESSAGE
};

// For each message: the payload, written to the front of `out`. message_too_long: it does not
// fit there, or a FRAME has more than kMaxFrameSamples.
#define TORPOR_MESSAGE(type, number, text, Struct, fields) \
  Result<Bytes> encode(const Struct& message, MutableBytes out);
#include "link/messages.def"
#undef TORPOR_MESSAGE

using SampleRoom = std::span<std::int16_t, kMaxFrameSamples>;

// Fills `into` from one payload; a FRAME's samples are copied to `room`. False: a type this
// version does not know, to be skipped. message_malformed: not one of our messages; the
// error names type, offset or key, found and expected.
Result<bool> decode(Bytes payload, SampleRoom room, Message& into);

// Deframer and decoder in one: bytes of a stream in, messages out. One thread.
class MessageReader {
 public:
  // Takes bytes off the front of `in` up to the end of the next good message; null when
  // `in` is used up. The message and its views live until the next call.
  [[nodiscard]] const Message* next(Bytes& in);
  void reset() { deframer_.reset(); }

  std::uint64_t messages() const { return messages_; }
  std::uint64_t unknown() const { return unknown_; }      // types skipped
  std::uint64_t malformed() const { return malformed_; }  // refused; the last one is:
  const Error& last_malformed() const { return last_malformed_; }
  const Deframer::Counts& framing() const { return deframer_.counts(); }

 private:
  Deframer deframer_;
  std::array<std::int16_t, kMaxFrameSamples> samples_;
  Message message_;
  std::uint64_t messages_ = 0, unknown_ = 0, malformed_ = 0;
  Error last_malformed_{};
};

}  // namespace torpor
