// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/sum.h"

#include "base/assertion.h"
#include "exact/lanes.h"

namespace torpor::det {
namespace {

// Fixed, so that the sum hangs on the values alone: 16 to 8 to 4 as vector registers halve, on
// every host.
template <class T>
T tree(const T (&p)[kPartials]) {
  T q[8];
  T r[4];
  for (std::size_t j = 0; j < 8; ++j) q[j] = p[j] + p[j + 8];
  for (std::size_t j = 0; j < 4; ++j) r[j] = q[j] + q[j + 4];
  return (r[0] + r[2]) + (r[1] + r[3]);
}

// block(i, j) is the F4 of elements i + 4 j .. + 3; element(i) the scalar of the tail.
template <class Block, class Element>
float reduce(std::size_t size, Block block, Element element) {
  F4 p[4] = {};
  std::size_t i = 0;
  for (; i + kPartials <= size; i += kPartials)
    for (std::size_t j = 0; j < 4; ++j) p[j] += block(i + kLanes * j);
  float partial[kPartials];
  for (std::size_t j = 0; j < 4; ++j) store4(&partial[kLanes * j], p[j]);
  // i is a multiple of kPartials here, so j is (i + j) mod kPartials:
  // The tail goes into the partials it would have gone into.
  for (std::size_t j = 0; i + j < size; ++j) partial[j] += element(i + j);
  return tree(partial);
}

template <class Element>
double reduce_double(std::size_t size, Element element) {
  double partial[kPartials] = {};
  std::size_t i = 0;
  for (; i + kPartials <= size; i += kPartials)
    for (std::size_t j = 0; j < kPartials; ++j) partial[j] += element(i + j);
  for (std::size_t j = 0; i + j < size; ++j) partial[j] += element(i + j);
  return tree(partial);
}

}  // namespace

float sum(std::span<const float> x) {
  return reduce(
      x.size(), [&](std::size_t i) { return load4(&x[i]); }, [&](std::size_t i) { return x[i]; });
}

float dot(std::span<const float> x, std::span<const float> y) {
  TORPOR_ASSERT(x.size() == y.size(), "exact.a_product_pairs_its_elements");
  return reduce(
      x.size(), [&](std::size_t i) { return load4(&x[i]) * load4(&y[i]); },
      [&](std::size_t i) { return x[i] * y[i]; });
}

float sum_squares(std::span<const float> x) { return dot(x, x); }

PowerSums central_sums(std::span<const float> x, float centre) {
  F4 second[4] = {};
  F4 fourth[4] = {};
  std::size_t i = 0;
  for (; i + kPartials <= x.size(); i += kPartials)
    for (std::size_t j = 0; j < 4; ++j) {
      // d2 * d2 and not a fourth product in a row: the tail below makes the same two roundings.
      const F4 d = load4(&x[i + kLanes * j]) - centre;
      const F4 d2 = d * d;
      second[j] += d2;
      fourth[j] += d2 * d2;
    }
  float p[kPartials];
  float q[kPartials];
  for (std::size_t j = 0; j < 4; ++j) {
    store4(&p[kLanes * j], second[j]);
    store4(&q[kLanes * j], fourth[j]);
  }
  for (std::size_t j = 0; i + j < x.size(); ++j) {
    const float d = x[i + j] - centre;
    const float d2 = d * d;
    p[j] += d2;
    q[j] += d2 * d2;
  }
  return {tree(p), tree(q)};
}

double sum(std::span<const double> x) {
  return reduce_double(x.size(), [&](std::size_t i) { return x[i]; });
}

double dot(std::span<const double> x, std::span<const double> y) {
  TORPOR_ASSERT(x.size() == y.size(), "exact.a_double_product_pairs_its_elements");
  return reduce_double(x.size(), [&](std::size_t i) { return x[i] * y[i]; });
}

float max_abs(std::span<const float> x, float centre) {
  F4 largest = {};
  float rest = 0;
  std::size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes) {
    const F4 d = load4(&x[i]) - centre;
    // The largest so far is the second operand, which max4 answers with where d is NaN; the other way
    // round one NaN would wipe it out. The tail skips NaN alike: both its comparisons are false.
    largest = max4(max4(d, -d), largest);
  }
  for (; i < x.size(); ++i) {
    const float d = x[i] - centre;
    rest = d > rest ? d : (-d > rest ? -d : rest);
  }
  for (std::size_t j = 0; j < kLanes; ++j) rest = largest[j] > rest ? largest[j] : rest;
  return rest;
}

}  // namespace torpor::det
