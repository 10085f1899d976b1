// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/error.h"

#include "base/assertion.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

struct Entry {
  std::string_view name;
  Group group;
  std::string_view next_step;
};

// In the order of the enumeration, both being made of the one list: a reason is its own index.
constexpr Entry kEntries[] = {
#define TORPOR_REASON(name, group, next_step) {#name, Group::group, next_step},
#include "base/reasons.def"
#undef TORPOR_REASON
};

const Entry& entry(Reason reason) {
  const auto i = static_cast<std::size_t>(reason);
  TORPOR_ASSERT(i < sizeof(kEntries) / sizeof(kEntries[0]), "base.a_reason_is_in_the_table");
  return kEntries[i];
}

// The character at the front of a text, as far as it matters here: one byte where it is ASCII or no
// UTF-8 that can be invisible.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0u) == 0x80u; };
  const std::uint32_t lead = byte(0);
  if ((lead & 0xe0u) == 0xc0u && follows(1)) return {(lead & 0x1fu) << 6 | (byte(1) & 0x3fu), 2};
  if ((lead & 0xf0u) == 0xe0u && follows(1) && follows(2))
    return {(lead & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu), 3};
  return {lead, 1};
}

// What a person does not see, or sees as something else: control characters, spaces other than ' ',
// marks without a width or with a direction, the byte-order mark.
bool is_invisible(std::uint32_t code) {
  constexpr std::uint32_t kRanges[][2] = {{0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},
                                          {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},
                                          {0x3000, 0x3000}, {0xfeff, 0xfeff}};
  for (const auto& range : kRanges) {
    if (code >= range[0] && code <= range[1]) return true;
  }
  return false;
}

// "file\u200b": else a message may show the very word it expects.
void append_visible(FixedString<512>& line, std::string_view text) {
  while (!text.empty()) {
    const Character c = first_of(text);
    // A lone byte beyond ASCII belongs to a longer character, or is none: shown as it came.
    if (is_invisible(c.code) && (c.bytes > 1 || c.code < 0x80)) {
      const std::byte code[] = {std::byte(c.code >> 8), std::byte(c.code & 0xff)};
      const bool wide = c.bytes > 1;
      line.append(wide ? "\\u" : "\\x").append_hex(wide ? code : code + 1, wide ? 2 : 1);
    } else {
      line.append(text.substr(0, c.bytes));
    }
    text.remove_prefix(c.bytes);
  }
}

// A space at either end is as hard to see.
void append_found(FixedString<512>& line, std::string_view text) {
  constexpr std::string_view kSpace = "\\x20";
  const bool begins = text.starts_with(' ');
  if (begins) text.remove_prefix(1);
  const bool ends = text.ends_with(' ');
  if (ends) text.remove_suffix(1);
  if (begins) line << kSpace;
  append_visible(line, text);
  if (ends) line << kSpace;
}

}  // namespace

std::string_view name(Reason reason) { return entry(reason).name; }

bool find_reason(std::string_view wanted, Reason& reason) {
  // Linear over some two hundred names: asked only when a worker's answer is a refusal.
  for (std::size_t i = 0; i < sizeof(kEntries) / sizeof(kEntries[0]); ++i) {
    if (kEntries[i].name != wanted) continue;
    reason = static_cast<Reason>(i);
    return true;
  }
  return false;
}

std::string_view next_step(Reason reason) { return entry(reason).next_step; }
Group group(Reason reason) { return entry(reason).group; }

bool passing(Reason reason) {
  enum : bool { stay = false, restart = true };
  switch (group(reason)) {
#define TORPOR_EXIT(code, group, restarts, meaning, note) \
  case Group::group:                                      \
    return restarts;
#include "base/exits.def"
#undef TORPOR_EXIT
  }
  return stay;
}

// Cut rather than refused where it does not fit: an error about a long path must still come out.
FixedString<512> one_line(const Error& error) {
  FixedString<512> line(name(error.reason));
  if (!error.where.empty()) append_visible(line << ": "sv, error.where);
  if (!error.found.empty()) append_found(line << ": found "sv, error.found);
  if (!error.expected.empty())
    append_visible(line << (error.found.empty() ? ": expected "sv : ", expected "sv), error.expected);
  if (error.os_code != 0) line << " (os error " << error.os_code << ")";
  return line;
}

}  // namespace torpor
