// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/byte_source.h"

#include <algorithm>
#include <cstring>

namespace torpor {

Result<std::size_t> MemoryBytes::read_at(std::uint64_t offset, MutableBytes into) {
  // Behind the end there is nothing, which is no error (byte_source.h).
  if (offset >= bytes_.size()) return std::size_t{0};
  const std::size_t n = std::min<std::uint64_t>(into.size(), bytes_.size() - offset);
  if (n > 0) std::memcpy(into.data(), bytes_.data() + offset, n);
  return n;
}

}  // namespace torpor
