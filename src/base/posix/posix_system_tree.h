// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/system_tree.h"

namespace torpor {

// The real tree, or a directory that stands for it: root "" is the machine itself.
class PosixSystemTree final : public SystemTree {
 public:
  explicit PosixSystemTree(std::string root = "") : root_(std::move(root)) {}
  Status read(std::string_view path, Text& into) override;
  Status write(std::string_view path, std::string_view text) override;
  Result<std::vector<std::string>> list(std::string_view path) override;
  Result<std::string> link_target(std::string_view path) override;

 private:
  std::string root_;
};

}  // namespace torpor
