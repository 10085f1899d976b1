// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>

#include "base/posix/posix_files.h"
#include "base/system_tree.h"
#include "contract/contract.h"
#include "duty/appraiser.h"
#include "model/backend.h"
#include "model/model_file.h"
#include "power/energy_meter.h"
#include "power/residency.h"
#include "site/site.h"

namespace torpor {

// What runs the network by the site's choice, what tells whether it was released, and who
// judges its scores.
struct Compute {
  std::unique_ptr<ResidencyProbe> residency;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Appraiser> appraiser;
  std::unique_ptr<Backend> fallback_backend;
  std::unique_ptr<Appraiser> fallback;  // null: none

  // Outlive the result.
  struct Parts {
    PosixFiles& files;
    const Clock& real;  // unscaled: deadlines of a worker
    SystemTree& tree;
    EnergyMeter& meter;
  };
  struct OpenedModel {
    const ModelFile& model;
    std::string path;  // for a worker, which opens it itself
  };
  // `state` is the directory baselines lie in. Errors: those of check_owner_and_mode for the
  // worker, of Backend::load, of Appraiser::make.
  static Result<Compute> make(const Parts& parts, const Contract& contract, const BackendChoice& choice,
                              const OpenedModel& opened, const std::string& state);
};

}  // namespace torpor
