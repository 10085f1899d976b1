// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/symmetric.h"

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

// Turns rows p and q of m by the rotation (c, s).
void turn_rows(double* m, std::size_t n, std::size_t p, std::size_t q, double c, double s) {
  double* x = m + p * n;
  double* y = m + q * n;
  for (std::size_t k = 0; k < n; ++k) {
    const double u = x[k];
    const double v = y[k];
    x[k] = c * u - s * v;
    y[k] = s * u + c * v;
  }
}

}  // namespace

std::vector<double> inverse_root(std::vector<double>& a, std::size_t n, double floor) {
  std::vector<double> v(n * n);  // rows are eigenvectors
  for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1;
  // Bounded: numbers that no learning has made may never converge. Jacobi does so quadratically.
  for (int sweep = 0; sweep < 30; ++sweep) {
    double off = 0;
    double diagonal = 0;
    for (std::size_t i = 0; i < n; ++i) {
      diagonal += a[i * n + i] * a[i * n + i];
      for (std::size_t j = 0; j < i; ++j) off += a[i * n + j] * a[i * n + j];
    }
    // Squares: the rest is 1e-12 of the diagonal, below what float will keep of the root.
    if (off <= 1e-24 * diagonal) break;
    for (std::size_t p = 0; p + 1 < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        // Too small to change the product at double's precision; also keeps theta finite.
        if (apq * apq <= 1e-28 * (a[p * n + p] * a[q * n + q])) continue;
        // The smaller angle that makes a[p][q] zero.
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        // Golub and Van Loan, Matrix Computations, Jacobi methods: stable because |t| <= 1.
        const double t = (theta < 0 ? -1.0 : 1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        const double app = a[p * n + p] - t * apq;
        const double aqq = a[q * n + q] + t * apq;
        // Only from the left: for columns other than p and q this is all of J'AJ, by symmetry; the 2 x 2
        // block where they meet is set below.
        turn_rows(a.data(), n, p, q, c, s);
        for (std::size_t k = 0; k < n; ++k) {  // columns by symmetry
          a[k * n + p] = a[p * n + k];
          a[k * n + q] = a[q * n + k];
        }
        a[p * n + p] = app;
        a[q * n + q] = aqq;
        a[p * n + q] = a[q * n + p] = 0;
        turn_rows(v.data(), n, p, q, c, s);
      }
  }
  std::vector<double> root(n * n);
  for (std::size_t e = 0; e < n; ++e) {
    // Lifted and not left out: a direction that healthy windows never showed weighs most, but not without
    // bound.
    const double scale = 1 / std::sqrt(std::max(a[e * n + e], floor));
    for (std::size_t i = 0; i < n; ++i) {
      const double left = scale * v[e * n + i];
      for (std::size_t j = 0; j < n; ++j) root[i * n + j] += left * v[e * n + j];
    }
  }
  return root;
}

}  // namespace torpor
