// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/bundle_differences.h"

#include <algorithm>

#include "base/assertion.h"
#include "contract/verify.h"

namespace torpor {

using namespace std::string_view_literals;  // known lengths: firmware has no strlen

std::size_t bundle_differences(Bytes ours, Bytes theirs, std::span<FieldDifference> out) {
  const auto our_payload = unverified_payload(ours, "our bundle"sv);
  const auto their_payload = unverified_payload(theirs, "the peer's bundle"sv);
  if (our_payload && their_payload) return differing_fields(*our_payload, *their_payload, out);
  const auto reading = [](const Result<Bytes>& payload) {
    return payload ? "readable"sv : name(payload.error().reason);
  };
  if (!out.empty()) out.front() = {"bundle"sv, reading(our_payload), reading(their_payload)};
  return 1;
}

FixedString<120> difference_line(Bytes ours, Bytes theirs) {
  FieldDifference differences[6];  // more never fit into the line
  const std::size_t count = bundle_differences(ours, theirs, differences);
  constexpr std::size_t kTail = "; 96 more"sv.size();
  FixedString<120> line;
  const auto add = [&](const auto& part, bool last) {
    const bool fits = line.size() + 2 + part.size() + (last ? 0 : kTail) <= line.capacity();
    if (fits) line << (line.empty() ? ""sv : "; "sv) << part;
    return fits;
  };
  std::size_t told = 0;
  // Whole values or none: half a number is a wrong number. Digests are named without theirs.
  for (; told < std::min(count, std::size(differences)); ++told) {
    const FieldDifference& d = differences[told];
    FixedString<240> whole;
    whole << d.field << " "sv << d.a << " / "sv << d.b;
    if (!add(whole, told + 1 == count) && !add(d.field, told + 1 == count)) break;
  }
  TORPOR_ASSERT(count == 0 || told > 0, "link.contracts_that_differ_differ_in_words");
  if (told < count) line << "; "sv << (count - told) << " more"sv;
  return line;
}

}  // namespace torpor
