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
  const auto [end, failed] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (failed == std::errc() && end == view.data() + view.size() && value >= min && value <= max) return value;
  Error error{.reason = Reason::system_value};
  error.where << path;
  error.found << view;
  error.expected << "a whole number from " << min << " to " << max;
  return error;
}

}  // namespace torpor
