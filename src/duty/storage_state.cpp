// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/storage_state.h"

#include <utility>

namespace torpor {

bool is_storage_failure(Reason reason) {
  switch (reason) {
    case Reason::io_failed:
    case Reason::file_denied:
    case Reason::file_missing:
    case Reason::file_exists:
    case Reason::file_not_regular:
      return true;
    default:
      return false;
  }
}

Status StorageState::take(const Status& written) {
  if (written) return {};
  if (!is_storage_failure(written.error().reason)) return written;
  if (!now_) now_ = written.error();
  return {};
}

void StorageState::next_cycle(bool recorded) {
  unwritten_ = recorded ? 0 : unwritten_ + 1;
  before_ = std::exchange(now_, std::nullopt);
}

}  // namespace torpor
