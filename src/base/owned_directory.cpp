// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/owned_directory.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {
namespace {

// NAME.new.DIGITS; a file that somebody named `plan.new` is nobody's stray.
[[nodiscard]] bool is_stray(std::string_view name) {
  const std::size_t mark = name.rfind(kStrayMark);
  if (mark == std::string_view::npos || mark == 0) return false;
  const std::string_view digits = name.substr(mark + kStrayMark.size());
  return !digits.empty() &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void remove_stray(Files& files, const std::string& path, Strays& strays) {
  TORPOR_ASSERT(is_stray(path), "owned_directory.only_strays_are_removed");
  const Status removed = files.remove(path);
  if (removed) {
    ++strays.removed;
  } else if (!strays.left && removed.error().reason != Reason::file_missing) {
    strays.left = removed.error();
  }
}

// Names of a directory; none, and said, where it cannot be read.
std::vector<std::string> names_in(Files& files, const std::string& directory, Strays& strays) {
  auto names = files.list(directory);
  if (names) return *std::move(names);
  if (!strays.left && names.error().reason != Reason::file_missing) strays.left = names.error();
  return {};
}

void sweep(Files& files, const std::string& directory, bool descend, Strays& strays) {
  for (const std::string& name : names_in(files, directory, strays)) {
    const std::string path = directory + "/" + name;
    if (is_stray(name)) {
      remove_stray(files, path, strays);
    } else if (descend) {
      const auto facts = files.facts(path);
      if (facts && facts->is_directory) sweep(files, path, false, strays);
    }
  }
}

}  // namespace

Strays sweep_strays_of(Files& files, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const std::string begin = path.substr(slash == std::string::npos ? 0 : slash + 1) + std::string(kStrayMark);
  Strays strays;
  for (const std::string& name : names_in(files, directory, strays)) {
    if (is_stray(name) && name.starts_with(begin)) remove_stray(files, directory + "/" + name, strays);
  }
  return strays;
}

Result<OwnedDirectory> OwnedDirectory::take(Files& files, std::string path) {
  TORPOR_CHECK(files.make_directories(path));
  TORPOR_TRY(auto lock, files.lock(path));
  OwnedDirectory owned(std::move(path), std::move(lock));
  // Behind the lock: before it the file could be a write of its owner in progress.
  sweep(files, owned.path_, true, owned.strays_);
  return owned;
}

}  // namespace torpor
