// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/fake/places.h"

namespace torpor {

std::string in_source(std::string_view path) { return std::string(TORPOR_SOURCE_DIR "/").append(path); }
std::string in_build(std::string_view path) { return std::string(TORPOR_BINARY_DIR "/").append(path); }

}  // namespace torpor
