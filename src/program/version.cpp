// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "program/version.h"

#include <fmt/format.h>

namespace torpor {

std::string version_text(std::string_view program, std::string_view kernels) {
  const BuildFacts& facts = build_facts();
  std::string text = fmt::format("{} {}\n  commit   {}\n  build    {}, {}", program, facts.version,
                                 facts.commit, facts.build, facts.compiler);
  if (!kernels.empty()) text += fmt::format("\n  kernels  {}", kernels);
  return text;
}

}  // namespace torpor
