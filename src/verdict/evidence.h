// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace torpor {

inline constexpr std::size_t kMaxEvidenceBytes = 256;

// A judge's evidence after a cycle, exactly as Judge::encode_evidence wrote it: what the
// cycle's record carries, so that the log alone says where the judge stood. Opaque here;
// empty: none. No heap.
class EvidenceBytes {
 public:
  Bytes view() const { return Bytes(bytes_).first(size_); }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // False, and unchanged, when it is longer than evidence can be.
  [[nodiscard]] bool assign(Bytes from) {
    if (from.size() > bytes_.size()) return false;
    std::copy(from.begin(), from.end(), bytes_.begin());
    size_ = from.size();
    return true;
  }

 private:
  std::array<std::byte, kMaxEvidenceBytes> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace torpor
