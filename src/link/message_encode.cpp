// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/field_writer.h"

// message_decode.cpp is the other half.
namespace torpor {

std::string_view name(MessageType type) {
  switch (type) {
#define TORPOR_MESSAGE(type, number, text, Struct, fields) \
  case MessageType::type:                                  \
    return {text, sizeof(text) - 1};
#include "link/messages.def"
#undef TORPOR_MESSAGE
  }
  return {"?", 1};
}

std::string_view name(LinkRole role) {
  return role == LinkRole::sampler ? std::string_view("sampler") : std::string_view("detector");
}

std::string_view name(StopCause cause) {
  switch (cause) {
    case StopCause::awake:
      return {"awake", 5};
    case StopCause::asleep:
      return {"asleep", 6};
    case StopCause::early:
      return {"early", 5};
    case StopCause::flood:
      return {"flood", 5};
  }
  return {"?", 1};
}

// Either why there is no contract, or which there is: never both, so that nobody can choose.
Result<Bytes> encode(const Hello& m, MutableBytes out) {
  const bool refuses = !m.refusal.empty();
  FieldWriter fields(MessageType::hello, 7, out);
  fields.put_all(m.major, m.minor, m.role, m.boot_epoch, m.speed_permille);
  if (refuses) return fields.put(6, m.refusal).put(9, m.passing).finish();
  return fields.put(7, m.digest).put(8, m.sequence).finish();
}

namespace {

template <class... Field>
Result<Bytes> encode_all(MessageType type, MutableBytes out, const Field&... fields) {
  return FieldWriter(type, sizeof...(fields), out).put_all(fields...).finish();
}

}  // namespace

#define TORPOR_FIELDS(...) __VA_ARGS__
#define TORPOR_MESSAGE(type, number, text, Struct, fields)           \
  Result<Bytes> encode(const Struct& m, MutableBytes out) {          \
    return encode_all(MessageType::type, out, TORPOR_FIELDS fields); \
  }
#define TORPOR_MESSAGE_BY_HAND(type, number, text, Struct)
#include "link/messages.def"
#undef TORPOR_MESSAGE
#undef TORPOR_FIELDS

}  // namespace torpor
