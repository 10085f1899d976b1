// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/bundle_differences.h"

#include <algorithm>

#include "contract/payload.h"
#include "contract/verify.h"

namespace torpor {

FixedString<120> bundle_differences(Bytes ours, Bytes theirs) {
  const auto our_payload = unverified_payload(ours, "our bundle");
  if (!our_payload) return "our bundle cannot be read";
  const auto their_payload = unverified_payload(theirs, "peer's bundle");
  if (!their_payload) return "the peer's bundle cannot be read";

  // More than fit into the text are of no use to anyone.
  FieldDifference differences[6];
  const std::size_t count = differing_fields(*our_payload, *their_payload, differences);
  const std::size_t listed = std::min(count, std::size(differences));
  FixedString<120> text;
  // The sequence nearly always differs and explains the least: it comes last.
  for (const bool sequence : {false, true}) {
    for (const FieldDifference& d : std::span(differences).first(listed)) {
      if ((d.field.view() == "sequence") != sequence) continue;
      if (!text.empty()) text << "; ";
      text << d.field << " " << d.a << " / " << d.b;
    }
  }
  if (count > listed) text << "; " << (count - listed) << " more";
  return text;
}

}  // namespace torpor
