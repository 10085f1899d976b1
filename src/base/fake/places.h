// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

namespace torpor {

// Where a test finds what is no code: "docs/metrics.md" in the source tree, "bin/torpor" in
// the build tree. Absolute. One translation unit knows both, so that no test's object code
// depends on where the trees lie.
std::string in_source(std::string_view path);
std::string in_build(std::string_view path);

}  // namespace torpor
