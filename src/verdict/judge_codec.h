// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/cbor.h"
#include "verdict/judge.h"

namespace torpor {

// The only one besides Judge that sees its members. judge_codec.cpp has the baseline file,
// evidence_codec.cpp what is written every cycle.
struct JudgeCodec {
  struct Latch {
    std::uint64_t cycle, epoch;
    VerdictReason reason;
  };

  // What any state that can be reached satisfies: asserted of what is written, asked of what is
  // read.
  static bool sound(const Judge& j);

  static void put_state(cbor::Writer& w, const Judge& j, Bytes features, Bytes envelope);
  static Status take_state(Bytes body, LoadedBaseline& out);
  static Status rebind(Judge& j);

  static void put_latch(cbor::Writer& w, const Judge& j);
  static Result<Latch> take_latch(cbor::Reader& in);
  // The first one names the alarm; one that maintenance has cleared since stays so.
  static void set_latch(Judge& j, const Latch& latch);
  static void put_evidence(cbor::Writer& w, const Judge& j);
  static Status take_evidence(Bytes body, Judge& j);

 private:
  static Status take_samples(Bytes raw, Judge& j);
  static Status take_refusal(cbor::Reader& in, Judge& j);
  static Status take_events(cbor::Reader& in, Judge& j);
  static Status take_member(std::int64_t key, cbor::Reader& in, LoadedBaseline& out);

  static bool sound(const Judge::SinceLatch& since, std::uint64_t latched);
  static void put_since_latch(cbor::Writer& w, const Judge::SinceLatch& since);
  static Result<Judge::SinceLatch> take_since_latch(cbor::Reader& in, std::uint64_t latched);
  static void set_since_latch(Judge& j, const Latch& latch, const Judge::SinceLatch& since);
};

}  // namespace torpor
