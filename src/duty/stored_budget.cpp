// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/stored_budget.h"

#include <array>

namespace torpor {

Result<StoredBudget> StoredBudget::open(Files& files, const std::string& state_dir, const Terms& terms,
                                        const FixedString<36>& boot_id, BootTime now) {
  const std::string directory = state_dir + "/energy";
  StoredBudget budget(files, directory, terms, boot_id, now);
  const auto stored = files.read(budget.path_, EnergyBudget::kEncodedSize);
  if (!stored && stored.error().reason == Reason::file_missing) return budget;
  const bool too_large = !stored && stored.error().reason == Reason::file_too_large;
  if (!stored && !too_large) return stored.error();
  const Status taken = budget.bucket_.restore(too_large ? Bytes{} : Bytes(*stored), boot_id, now);
  if (!taken) {
    budget.damage_ = taken.error();
    budget.damage_->where << budget.path_;
  }
  return budget;
}

Status StoredBudget::save(BootTime next_cycle) {
  std::array<std::byte, EnergyBudget::kEncodedSize> room;
  const Bytes encoded = bucket_.encode(boot_id_, next_cycle, room);
  Status written = files_->replace(path_, encoded, 0644);
  if (written || written.error().reason != Reason::file_missing) return written;
  // The directory is made where there is none, also when it went while we ran.
  TORPOR_CHECK(files_->make_directories(directory_));
  return files_->replace(path_, encoded, 0644);
}

}  // namespace torpor
