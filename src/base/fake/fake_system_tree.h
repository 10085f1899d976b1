// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "base/system_tree.h"

namespace torpor {

// A tree of kernel files for tests. What is not put into it is not there; directories
// exist where something lies below them. Every read, write and failure is counted, so that a
// test can say that nothing looked. One thread.
class FakeSystemTree final : public SystemTree {
 public:
  // An attribute that stands still.
  void put(const std::string& path, std::string text) {
    entries_[path] = {.text = [text = std::move(text)] { return text; }};
  }
  // An attribute computed at each read: a waveform, a counter.
  void put(const std::string& path, std::function<std::string()> text) {
    entries_[path] = {.text = std::move(text)};
  }
  void link(const std::string& path, std::string target) {
    entries_[path] = {.text = {}, .target = std::move(target)};
  }
  // From now on every call on this path fails with this errno; 0: no longer.
  void fail(const std::string& path, int os_code) { failures_[path] = os_code; }
  // What is done when this attribute is written to; without it a write is file_denied.
  void on_write(const std::string& path, std::function<Status(std::string_view)> act) {
    entries_[path].act = std::move(act);
  }
  void remove(const std::string& path) { entries_.erase(path); }
  // All attributes and links, sorted: for a test that goes through them.
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, entry] : entries_) all.push_back(path);
    return all;
  }
  std::uint64_t reads(const std::string& path) const {
    const auto found = reads_.find(path);
    return found == reads_.end() ? 0 : found->second;
  }

  Status read(std::string_view path, Text& into) override;
  Status write(std::string_view path, std::string_view text) override;
  Result<std::vector<std::string>> list(std::string_view path) override;
  Result<std::string> link_target(std::string_view path) override;

 private:
  struct Entry {
    std::function<std::string()> text{};
    std::optional<std::string> target{};
    std::function<Status(std::string_view)> act{};
  };
  Status check(const std::string& path) const;

  std::map<std::string, Entry> entries_;
  std::map<std::string, int> failures_;
  std::map<std::string, std::uint64_t> reads_;
};

}  // namespace torpor
