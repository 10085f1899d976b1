// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

namespace torpor {

// What this binary was made of. The version is that of project() in CMakeLists.txt and stands
// nowhere else; the rest is looked up by each build (cmake/build_facts.cmake).
struct BuildFacts {
  std::string_view version;   // "0.1.0"
  std::string_view commit;    // 12 hex digits, "-dirty" behind them if files differed; "unknown": no checkout
  std::string_view build;     // CMake's build type
  std::string_view compiler;  // "GNU 12.2.0"
};
const BuildFacts& build_facts();

// What `PROGRAM --version` prints, several lines, no newline at the end. The first line is
// "PROGRAM VERSION" and nothing else, for programs that read it. `kernels` is the table the
// network would run on here; empty for a program that runs none.
std::string version_text(std::string_view program, std::string_view kernels = {});

}  // namespace torpor
