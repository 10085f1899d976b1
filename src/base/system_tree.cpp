// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/system_tree.h"

#include <charconv>

namespace torpor {

Result<std::int64_t> read_integer(SystemTree& tree, std::string_view path, std::int64_t min,
                                  std::int64_t max) {
  SystemTree::Text text;
  TORPOR_CHECK(tree.read(path, text));
  const std::string_view view = text.view();
  std::int64_t value = 0;
  // The whole text or nothing: "12abc" and an empty file, which a driver that is being torn down shows, are
  // no numbers. from_chars knows no locale and takes no leading space or plus.
  const auto [end, failed] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (failed == std::errc() && end == view.data() + view.size() && value >= min && value <= max) return value;
  return Error{.reason = Reason::system_value}.at(path).saw(view).want("a whole number from ", min, " to ",
                                                                       max);
}

}  // namespace torpor
