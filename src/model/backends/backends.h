// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <string_view>

#include "base/fixed_string.h"

namespace torpor {

// What is known of a backend before it is made: backends.def as data.
struct BackendFacts {
  std::string_view name;      // in site.toml, in reports, part of the baseline key
  bool exact = false;         // logits have the bits of the reference kernels
  bool holds_device = false;  // uses a compute device that draws power of its own: only in a
                              // process that ends, and looked for after each release
};

inline constexpr auto kBackends = std::to_array<BackendFacts>({
#define TORPOR_BACKEND(name, exact, device) {#name, exact, device},
#include "model/backends/backends.def"
#undef TORPOR_BACKEND
});

// Null: there is none of this name. The result lives as long as the program.
constexpr const BackendFacts* find_backend(std::string_view name) {
  for (const BackendFacts& backend : kBackends)
    if (backend.name == name) return &backend;
  return nullptr;
}

// "cpu, cuda or tensorrt": what an error says was expected.
inline FixedString<64> backend_names() {
  FixedString<64> names;
  for (std::size_t i = 0; i < kBackends.size(); ++i)
    names << (i == 0 ? "" : i + 1 == kBackends.size() ? " or " : ", ") << kBackends[i].name;
  return names;
}

}  // namespace torpor
