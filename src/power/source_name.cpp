// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/source_name.h"

#include <cstring>

namespace torpor {

void SourceName::failed(const Error& error) {
  switch (error.reason) {
    case Reason::file_missing:
      return failed("absent");
    case Reason::file_denied:
      return failed("denied");
    case Reason::io_failed: {
      // The symbol, not the sentence: it is short, the same in every locale, and what one searches for (glibc
      // 2.32).
      const char* errno_name = ::strerrorname_np(error.os_code);
      return failed(errno_name == nullptr ? std::string_view("unreadable") : std::string_view(errno_name));
    }
    default:
      return failed("bad value");
  }
}

}  // namespace torpor
