// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cuda/cuda_backend.h"

// Part of the program and not a file beside it: a kernel of another build cannot be met.
#if defined(TORPOR_CUDA_KERNELS)  // path of what nvcc made of kernels.cu
asm(".section .rodata\n"
    ".balign 64\n"
    "torpor_cuda_kernels: .incbin \"" TORPOR_CUDA_KERNELS
    "\"\n"
    "torpor_cuda_kernels_end:\n"
    ".previous\n");
extern "C" const std::byte torpor_cuda_kernels[];
extern "C" const std::byte torpor_cuda_kernels_end[];

namespace torpor::cuda {
std::span<const std::byte> embedded_kernels() { return {torpor_cuda_kernels, torpor_cuda_kernels_end}; }
}  // namespace torpor::cuda
#else
namespace torpor::cuda {
std::span<const std::byte> embedded_kernels() { return {}; }
}  // namespace torpor::cuda
#endif
