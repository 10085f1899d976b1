// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/fake/fake_system_tree.h"

#include <cerrno>
#include <set>

#include "base/posix/posix_files.h"

namespace torpor {

Status FakeSystemTree::check(const std::string& path) const {
  const auto failure = failures_.find(path);
  if (failure != failures_.end() && failure->second != 0) return file_error(path, failure->second);
  return {};
}

Status FakeSystemTree::read(std::string_view path, Text& into) {
  const std::string name(path);
  ++reads_[name];
  into.clear();
  TORPOR_CHECK(check(name));
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.text) return file_error(path, ENOENT);
  std::string text = found->second.text();
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.size() > Text::capacity()) {
    Error error{.reason = Reason::file_too_large};
    error.where << path;
    return error;
  }
  into = Text(text);
  return {};
}

Status FakeSystemTree::write(std::string_view path, std::string_view text) {
  const std::string name(path);
  TORPOR_CHECK(check(name));
  const auto found = entries_.find(name);
  if (found == entries_.end()) return file_error(path, ENOENT);
  if (!found->second.act) return file_error(path, EACCES);
  return found->second.act(text);
}

Result<std::vector<std::string>> FakeSystemTree::list(std::string_view path) {
  const std::string name(path);
  TORPOR_CHECK(check(name));
  std::set<std::string> names;
  const std::string below = name == "/" ? name : name + "/";
  for (const auto& [entry, content] : entries_) {
    if (!entry.starts_with(below)) continue;
    const std::string_view rest = std::string_view(entry).substr(below.size());
    names.emplace(rest.substr(0, rest.find('/')));
  }
  if (names.empty()) return file_error(path, ENOENT);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::string> FakeSystemTree::link_target(std::string_view path) {
  const std::string name(path);
  TORPOR_CHECK(check(name));
  const auto found = entries_.find(name);
  if (found == entries_.end()) return file_error(path, ENOENT);
  if (!found->second.target) return file_error(path, EINVAL);
  return *found->second.target;
}

}  // namespace torpor
