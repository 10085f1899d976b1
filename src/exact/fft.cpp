// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/fft.h"

#include <bit>

#include "base/assertion.h"
#include "exact/math.h"

namespace torpor::det {
namespace {

// In base 4 the digits of k come out reversed, because each stage sends k mod 4 into its own quarter.
// Where output k of a decimation-in-frequency transform of `length` points lies.
std::size_t output_position(std::size_t k, std::size_t length) {
  std::size_t at = 0;
  while (length >= 4) {
    at += (k & 3) * (length / 4);
    k /= 4;
    length /= 4;
  }
  return at + k;
}

// Four points at stride q (in complex elements of two F4); y1..y3 before the twiddles.
struct Four {
  F4 re[4];
  F4 im[4];
};
inline Four butterfly(const F4* x, std::size_t q) {
  const F4* x1 = x + 2 * q;
  const F4* x2 = x + 4 * q;
  const F4* x3 = x + 6 * q;
  const F4 sum_re = x[0] + x2[0];
  const F4 sum_im = x[1] + x2[1];
  const F4 dif_re = x[0] - x2[0];
  const F4 dif_im = x[1] - x2[1];
  const F4 odd_re = x1[0] + x3[0];
  const F4 odd_im = x1[1] + x3[1];
  const F4 turn_re = x1[1] - x3[1];  // -i (x1 - x3)
  const F4 turn_im = x3[0] - x1[0];
  return {{sum_re + odd_re, dif_re + turn_re, sum_re - odd_re, dif_re - turn_re},
          {sum_im + odd_im, dif_im + turn_im, sum_im - odd_im, dif_im - turn_im}};
}

inline void store_turned(F4* to, F4 re, F4 im, float c, float s) {
  to[0] = re * c - im * s;
  to[1] = re * s + im * c;
}

}  // namespace

RealFft::RealFft(std::size_t n) : n_(n) {
  TORPOR_ASSERT(std::has_single_bit(n) && n >= 8 && n <= 8192, "exact.a_transform_has_a_size_it_knows");
  const std::size_t points = n / 2;
  // In the order run() reads them. The stage of length 4 needs none: its only j is 0, whose factors are 1.
  for (std::size_t length = points; length >= 8; length /= 4)
    for (std::size_t j = 1; j < length / 4; ++j)
      for (std::size_t r = 1; r <= 3; ++r) {
        const auto w = sin_cos_turn(-static_cast<std::int64_t>(j * r), static_cast<std::int64_t>(length));
        twiddle_.push_back(static_cast<float>(w.cos));
        twiddle_.push_back(static_cast<float>(w.sin));
      }
  // Up to a quarter turn only: run() makes bins k and n/2 - k out of one factor.
  for (std::size_t k = 0; k <= points / 2; ++k) {
    const auto w = sin_cos_turn(static_cast<std::int64_t>(k), static_cast<std::int64_t>(n));
    split_.push_back(static_cast<float>(w.cos));
    split_.push_back(static_cast<float>(w.sin));
  }
  for (std::size_t k = 0; k < points; ++k)
    position_.push_back(static_cast<std::uint16_t>(output_position(k, points)));
}

template <class Store>
void RealFft::run(std::span<F4> data, Store store) const {
  TORPOR_ASSERT(data.size() == n_, "exact.a_transform_has_all_its_elements");
  const std::size_t points = n_ / 2;
  F4* const z = data.data();
  const float* stage_twiddle = twiddle_.data();
  std::size_t length = points;
  for (; length >= 4; length /= 4) {
    const std::size_t q = length / 4;
    for (std::size_t base = 0; base < points; base += length) {
      F4* block = z + 2 * base;
      // j = 0 by itself: its factors are 1, and no multiplication is no time and no rounding.
      const Four first = butterfly(block, q);
      for (std::size_t r = 0; r < 4; ++r) {
        block[2 * r * q] = first.re[r];
        block[2 * r * q + 1] = first.im[r];
      }
      const float* w = stage_twiddle;
      for (std::size_t j = 1; j < q; ++j, w += 6) {
        F4* x = block + 2 * j;
        const Four y = butterfly(x, q);
        x[0] = y.re[0];
        x[1] = y.im[0];
        store_turned(x + 2 * q, y.re[1], y.im[1], w[0], w[1]);
        store_turned(x + 4 * q, y.re[2], y.im[2], w[2], w[3]);
        store_turned(x + 6 * q, y.re[3], y.im[3], w[4], w[5]);
      }
    }
    if (q > 1) stage_twiddle += 6 * (q - 1);
  }
  if (length == 2) {
    for (std::size_t base = 0; base < points; base += 2) {
      F4* x = z + 2 * base;
      const F4 re = x[0];
      const F4 im = x[1];
      x[0] = re + x[2];
      x[1] = im + x[3];
      x[2] = re - x[2];
      x[3] = im - x[3];
    }
  }

  // The n real elements were read as n/2 complex ones, z = even + i odd. With Z their spectrum,
  //   E[k] = (Z[k] + conj Z[-k]) / 2,  O[k] = (Z[k] - conj Z[-k]) / 2i,
  //   X[k] = E[k] + e^(-2 pi i k / n) O[k],  X[n/2 - k] = conj(E[k] - e^(-2 pi i k / n) O[k])
  // Each bin is stored exactly once, so power() can square on the way and needs no second array.
  // Bin 0 is its own mirror image: E and O are its real and its imaginary part.
  const F4 zero = {};
  store(0, z[0] + z[1], zero);
  store(points, z[0] - z[1], zero);
  for (std::size_t k = 1; k < points - k; ++k) {
    const F4* a = z + 2 * position_[k];
    const F4* b = z + 2 * position_[points - k];
    const F4 even_re = 0.5f * (a[0] + b[0]);
    const F4 even_im = 0.5f * (a[1] - b[1]);
    const F4 odd_re = 0.5f * (a[1] + b[1]);
    const F4 odd_im = 0.5f * (b[0] - a[0]);
    const float c = split_[2 * k];
    const float s = split_[2 * k + 1];
    const F4 turned_re = odd_re * c + odd_im * s;
    const F4 turned_im = odd_im * c - odd_re * s;
    store(k, even_re + turned_re, even_im + turned_im);
    store(points - k, even_re - turned_re, turned_im - even_im);
  }
  // k = points - k: E and O are the two parts again, the factor is -i, and X = conj Z.
  const F4* middle = z + 2 * position_[points / 2];
  store(points / 2, middle[0], -middle[1]);
}

void RealFft::forward(std::span<F4> data, std::span<F4> re, std::span<F4> im) const {
  TORPOR_ASSERT(re.size() >= bins() && im.size() >= bins(), "exact.a_spectrum_has_room");
  run(data, [&](std::size_t k, F4 r, F4 i) {
    re[k] = r;
    im[k] = i;
  });
}

void RealFft::power(std::span<F4> data, std::span<F4> out) const {
  TORPOR_ASSERT(out.size() >= bins(), "exact.a_power_spectrum_has_room");
  run(data, [&](std::size_t k, F4 r, F4 i) { out[k] = r * r + i * i; });
}

}  // namespace torpor::det
