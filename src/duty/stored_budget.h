// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/files.h"
#include "power/energy_budget.h"

namespace torpor {

// The hour's budget and the file it survives in: STATE/energy/budget, docs/energy.md. One
// thread; save() uses no heap of its own.
class StoredBudget {
 public:
  // Takes up what an earlier process left; without a file the bucket is full. Errors: those
  // of Files, but for a file that is there and wrong: that leaves the bucket empty, and
  // damage() says why.
  static Result<StoredBudget> open(Files& files, const std::string& state_dir, const Terms& terms,
                                   const FixedString<36>& boot_id, BootTime now);

  const std::optional<Error>& damage() const { return damage_; }
  EnergyBudget& bucket() { return bucket_; }

  // Whole or not at all, durable on return. `next_cycle`: when the next cycle begins, whose
  // cost is not charged yet; EnergyBudget::kNoCycle: this process begins none.
  Status save(BootTime next_cycle);

 private:
  StoredBudget(Files& files, const std::string& directory, const Terms& terms, const FixedString<36>& boot_id,
               BootTime now)
      : files_(&files),
        directory_(directory),
        path_(directory + "/budget"),
        boot_id_(boot_id),
        bucket_(terms, now) {}

  Files* files_;
  std::string directory_;
  std::string path_;
  FixedString<36> boot_id_;
  EnergyBudget bucket_;
  std::optional<Error> damage_;
};

}  // namespace torpor
