// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "model/model_file.h"
#include "power/policy/policy_energy.h"
#include "site/site.h"

namespace torpor {

// Every backend and residency this site can be asked for, in the order they are shown: the
// one list of `torpor bench energy`. The CPU in this process, and where the site names a
// worker program the GPU backends in that. `model` (opened from `path`) and `real` outlive
// them.
std::vector<BenchPolicy> bench_policies(const BackendChoice& choice, const ModelFile& model,
                                        const std::string& path, std::size_t batch, const Clock& real);

}  // namespace torpor
