// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "duty/energy_bench.h"
#include "model/model_file.h"

namespace torpor::apps {

// Every backend and residency this device can be asked for, in the order they are shown:
// the one list of `torpor bench energy`. `model` outlives them.
std::vector<BenchPolicy> bench_policies(const ModelFile& model, std::size_t batch);

}  // namespace torpor::apps
