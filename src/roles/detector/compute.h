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
  // What the judges go on from.
  struct Stored {
    SensorBaseline::Place place;          // of baselines, and whose word about them counts
    const CycleReport* newest = nullptr;  // this device's newest record; null: none
  };
  // Errors: those of Files::owned_facts for the worker, of Backend::load, of Appraiser::make.
  static Result<Compute> make(const Parts& parts, const Contract& contract, const BackendChoice& choice,
                              const OpenedModel& opened, const Stored& stored);
};

}  // namespace torpor
