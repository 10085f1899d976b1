// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "cli/verbs.h"

namespace torpor {

// `torpor model plan`: puts the header in front of a TensorRT engine that the tensorrt backend
// checks before it wakes the GPU (model/tensorrt/plan_file.h). Errors: those of ModelFile::open
// and Files; usage for a version that is none.
void add_model_plan(CLI::App& model, Verbs& verbs);

}  // namespace torpor
