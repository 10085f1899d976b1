// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/cbor.h"

namespace torpor {

std::string valid_text(std::string_view text) {
  std::string out(text);
  // All or nothing: bytes after a broken sequence cannot be told from its rest, and a replacement character
  // would make text grow beyond what bounded readers expect. ASCII stays readable.
  if (cbor::valid_utf8(as_bytes(text))) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

std::string human(Duration d, bool sign) {
  const double s = seconds_of(d);
  const double size = std::fabs(s);
  const std::string_view plus = sign && s > 0 ? "+" : "";
  if (size >= 1) return fmt::format("{}{:.3f} s", plus, s);
  // From here on "100 ms": 99.95 ms with one decimal would read "100.0 ms", five digits.
  if (size >= 0.0995) return fmt::format("{}{:.0f} ms", plus, s * 1e3);
  if (size >= 0.001) return fmt::format("{}{:.1f} ms", plus, s * 1e3);
  return fmt::format("{}{:.0f} us", plus, s * 1e6);
}

}  // namespace torpor
