// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/result.h"

namespace torpor {

// A write that failed because of the disk, or of what lies in its way: full, read-only, broken,
// removed. Any other error of a write is a fault of ours or a refusal.
[[nodiscard]] bool is_storage_failure(Reason reason);

// What could not be written, cycle by cycle. Storage is an output of watching, not its
// precondition: a role whose disk is full or read-only looks, judges from memory, tells what it
// can, and says in each record, once one can be written again, that and what failed. Every write
// is tried again in the next cycle. One thread; no heap.
class StorageState {
 public:
  // How a write of the cycle under way went. An error comes back only where it is no failure of
  // storage: then the role ends.
  Status take(const Status& written);
  // The first failure of this cycle so far, or else of the one before: for the record.
  const std::optional<Error>& failure() const { return now_ ? now_ : before_; }
  // Cycles in a row, until now, whose record could not be written: the gap before the next one.
  std::uint64_t unwritten() const { return unwritten_; }
  // The cycle is over: its record was written, or not.
  void next_cycle(bool recorded);

 private:
  std::optional<Error> now_;
  std::optional<Error> before_;
  std::uint64_t unwritten_ = 0;
};

}  // namespace torpor
