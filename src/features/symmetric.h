// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <vector>

namespace torpor {

// a^(-1/2) of a symmetric n x n matrix (row-major, destroyed), eigenvalues below `floor`
// lifted to it. Cyclic Jacobi rotations in a fixed order with + - * / sqrt only: the
// same bits on every host. About 10 ms for n = 64. Internal to features.
std::vector<double> inverse_root(std::vector<double>& a, std::size_t n, double floor);

}  // namespace torpor
