// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/needed_files.h"

namespace torpor {

Status check_needed(Files& files, const std::vector<NeededFile>& needed) {
  Error error{.reason = Reason::file_missing};
  for (const NeededFile& one : needed) {
    const auto there = files.facts(one.path);
    if (there || there.error().reason != Reason::file_missing) continue;
    const std::string_view comma = error.where.empty() ? "" : ", ";
    error.at(comma, one.option).saw(comma, one.path);
  }
  if (error.where.empty()) return {};
  return error.saw(": not there").want("a path for each; defaults are those of torpor's source tree");
}

Status check_out(Files& files, const std::string& out) {
  const auto there = files.read(out, 0);
  if (!there && there.error().reason == Reason::file_not_regular) return there.error();
  const std::size_t slash = out.find_last_of('/');
  const auto directory = files.facts(slash == out.npos ? "." : slash == 0 ? "/" : out.substr(0, slash));
  return directory ? Status() : directory.error();
}

}  // namespace torpor
