// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// One kernel a step, one thread a cell; see steps.h, which is all of the arithmetic.
#include "model/cuda/steps.h"

namespace torpor::cuda {

// `step` is a constant to the compiler, so that each kernel holds its own step alone.
#define TORPOR_STEP(name)                                                                              \
  extern "C" __global__ void torpor_##name(const __grid_constant__ Net net, std::uint32_t layer,       \
                                           std::uint32_t count) {                                      \
    const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;                                     \
    if (i < count) run_cell(net, KernelStep::name, layer, i);                                                \
  }
#include "model/cuda/steps.def"
#undef TORPOR_STEP

}  // namespace torpor::cuda
