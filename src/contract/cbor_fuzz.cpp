// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Any bytes through the CBOR reader and the payload decoder. What is read well must be the
// one encoding of itself. Seeds: src/contract/golden.
#include <vector>

#include "base/cbor.h"
#include "contract/payload.h"
#include "contract/rules.h"

namespace {

using namespace torpor;

// Writes one item again as it was read; `depth` as in Reader::skip().
Status copy(cbor::Reader& in, cbor::Writer& out, int depth) {
  TORPOR_TRY(const cbor::Type type, in.peek());
  std::size_t items = 0;
  switch (type) {
    case cbor::Type::uint: {
      TORPOR_TRY(const std::uint64_t value, in.uint());
      out.uint(value);
      return {};
    }
    case cbor::Type::nint: {
      TORPOR_TRY(const std::int64_t value, in.integer());
      out.integer(value);
      return {};
    }
    case cbor::Type::bytes: {
      TORPOR_TRY(const Bytes value, in.bytes());
      out.bytes(value);
      return {};
    }
    case cbor::Type::text: {
      TORPOR_TRY(const std::string_view value, in.text());
      out.text(value);
      return {};
    }
    case cbor::Type::simple: {
      TORPOR_TRY(const bool value, in.boolean());
      out.boolean(value);
      return {};
    }
    case cbor::Type::array: {
      TORPOR_TRY(items, in.array());
      out.array(items);
      break;
    }
    case cbor::Type::map: {
      TORPOR_TRY(items, in.map());
      out.map(items);
      items *= 2;
      break;
    }
    case cbor::Type::tag: {
      TORPOR_TRY(const std::uint64_t number, in.tag());
      out.tag(number);
      items = 1;
      break;
    }
  }
  if (depth == 0) return Error{.reason = Reason::cbor_type};
  for (std::size_t i = 0; i < items; ++i) {
    if (auto copied = copy(in, out, depth - 1); !copied) return copied;
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const std::byte*>(data), size);
  cbor::Reader skipper(input);
  const bool skipped = skipper.skip() && skipper.finish();

  std::vector<std::byte> room(size + 1);
  cbor::Reader reader(input);
  cbor::Writer writer(room);
  if (copy(reader, writer, 8) && reader.finish()) {
    const auto again = writer.finish();
    if (!skipped || !again || !equal(*again, input)) __builtin_trap();
  }

  const auto terms = decode_payload(input, "fuzz");
  if (terms) {
    (void)check_rules(*terms, "fuzz");
    std::byte payload_room[kMaxPayloadBytes];
    const auto again = encode_payload(*terms, payload_room);
    if (!again || !equal(*again, input)) __builtin_trap();
  }
  FieldDifference differences[4];
  (void)differing_fields(input, input.first(size / 2), differences);
  return 0;
}
