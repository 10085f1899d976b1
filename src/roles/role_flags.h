// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace torpor {

inline constexpr const char* kDetectorProgram = "torpord";
inline constexpr const char* kSamplerProgram = "torpor-sampler";

// What both roles are told on their command line.
struct RoleFlags {
  std::string bundle;
  std::string trust;
  std::string site;
  std::string link;   // unix:PATH
  std::string state;  // directory, one per role
  double speed = 1;   // of the clock; above 1 for demonstrations only
};

// --bundle, --trust, --site, --link, --state, --speed. Nothing is judged here: a flag that makes
// no sense is refused by whoever uses it, with its name in the error.
void add_role_flags(CLI::App& app, RoleFlags& flags);

}  // namespace torpor
