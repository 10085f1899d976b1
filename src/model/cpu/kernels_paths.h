// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "model/cpu/kernels.h"

// One file per instruction set; each gives its table, or null where the file was built for
// another processor. Whether *this* processor has the instructions is asked in kernels.cpp.
namespace torpor {

const Kernels* avx512_kernels();
const Kernels* avxvnni_kernels();
const Kernels* avx2_kernels();
const Kernels* neon_dotprod_kernels();
const Kernels* neon_kernels();

}  // namespace torpor
