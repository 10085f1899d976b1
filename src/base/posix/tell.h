// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <iterator>

namespace torpor {

// Says something to a person on stderr, in one write. It cannot fail: a role that works
// unattended must not end because its words are not taken (a full disk under its log, a
// reader that has gone). No heap below 500 bytes.
template <class... Values>
void tell(fmt::format_string<Values...> format, Values&&... values) {
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
  // Whether it was taken changes nothing: see above.
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

}  // namespace torpor
