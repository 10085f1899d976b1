// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cpu/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "model/fake/models.h"
#include "model/kernel_math.h"

// Every table this processor can run against the reference, bit for bit.
namespace torpor {

// Found by GoogleTest where the table is; else the names of the tests carry an address.
void PrintTo(const Kernels* table, std::ostream* out) {
  for (const char* c = table->name; *c != 0; ++c) *out << (*c == '-' ? '_' : *c);
}

namespace {

template <class T>
struct alignas(64) Line {
  T at[64 / sizeof(T)];
};

// Memory as the kernels want it: 64-byte aligned.
template <class T>
class Aligned {
 public:
  explicit Aligned(std::size_t n) : n_(n), lines_((n * sizeof(T) + 63) / 64) {}
  T* data() { return reinterpret_cast<T*>(lines_.data()); }
  T& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return n_; }
  bool same_bits(const Aligned& other) const {
    return std::memcmp(lines_.data(), other.lines_.data(), n_ * sizeof(T)) == 0;
  }

 private:
  std::size_t n_;
  std::vector<Line<T>> lines_;
};

constexpr std::size_t kRow = 256;
const float kExtremes[] = {0.0f,
                           -0.0f,
                           1e-45f,
                           -1e-45f,
                           0.5f,
                           1.5f,
                           -2.5f,
                           126.5f,
                           -126.5f,
                           127.5f,
                           1e30f,
                           -1e30f,
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN(),
                           5.0911689f};

class KernelTable : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& fast() const { return *GetParam(); }
  const Kernels& reference() const { return reference_kernels(); }

  void fill(Aligned<std::int32_t>& acc) {
    for (std::size_t i = 0; i < acc.size(); ++i) {
      const auto wide = static_cast<std::int32_t>(numbers_.below(1u << 25)) - (1 << 24);
      acc[i] = i % 3 == 0 ? wide : wide >> 12;
    }
  }
  void fill(Aligned<float>& values, float low, float high) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = numbers_.uniform(low, high);
  }
  // Random values with every sixteenth an extreme.
  void fill_with_extremes(Aligned<float>& values) {
    fill(values, -9, 9);
    for (std::size_t i = 0; i < values.size(); i += 16) values[i + i / 16 % 16] = kExtremes[i / 16 % 16];
  }
  SeededNumbers numbers_{7};
};

TEST_P(KernelTable, multiplies_matrices_of_every_size_as_the_reference) {
  for (std::size_t rows : {1, 2, 3, 5, 6, 7, 32, 33, 35})
    for (std::size_t blocks : {1, 2, 3, 4, 5, 12, 16})
      for (std::size_t groups : {1, 4, 9, 16, 24, 256}) {
        const std::size_t stride = (4 * groups + 63) / 64 * 64;
        Aligned<std::int8_t> a(rows * stride), w(64 * blocks * groups);
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int8_t>(numbers_.below(255)) - 127;
        for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(numbers_.below(255)) - 127;
        Aligned<std::int32_t> expected(rows * 16 * blocks), found(rows * 16 * blocks);
        reference().gemm(a.data(), stride, rows, w.data(), blocks, groups, expected.data(), 16 * blocks);
        fast().gemm(a.data(), stride, rows, w.data(), blocks, groups, found.data(), 16 * blocks);
        ASSERT_TRUE(expected.same_bits(found))
            << rows << " rows, " << blocks << " blocks, " << groups << " groups";
      }
}

TEST_P(KernelTable, multiplies_the_largest_numbers_without_overflow) {
  constexpr std::size_t kGroups = 256;  // 1024 inputs, the most there may be
  for (int sign_a : {-1, 1})
    for (int sign_w : {-1, 1}) {
      Aligned<std::int8_t> a(4 * kGroups * 3), w(64 * kGroups);
      for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int8_t>(127 * sign_a);
      for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(127 * sign_w);
      Aligned<std::int32_t> found(3 * 16);
      fast().gemm(a.data(), 4 * kGroups, 3, w.data(), 1, kGroups, found.data(), 16);
      for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], sign_a * sign_w * 127 * 127 * 1024);
    }
}

TEST_P(KernelTable, quantises_as_the_reference) {
  Aligned<float> x(kRow + 13);
  fill_with_extremes(x);
  for (std::size_t n : {std::size_t{1}, std::size_t{14}, std::size_t{94}, kRow, kRow + 13}) {
    Aligned<std::int8_t> expected(kRow + 13), found(kRow + 13);
    reference().quantize(x.data(), n, 14.9f, expected.data());
    fast().quantize(x.data(), n, 14.9f, found.data());
    ASSERT_TRUE(expected.same_bits(found)) << n;
  }
}

TEST_P(KernelTable, turns_sums_into_activations_as_the_reference) {
  Aligned<std::int32_t> acc(kRow);
  Aligned<float> multiplier(kRow), add(kRow);
  for (int round = 0; round < 50; ++round) {
    fill(acc);
    fill(multiplier, 1e-7f, 1e-4f);
    fill(add, -3, 3);
    Aligned<float> y1(kRow), y2(kRow);
    reference().dequantize(acc.data(), multiplier.data(), add.data(), kRow, y1.data());
    fast().dequantize(acc.data(), multiplier.data(), add.data(), kRow, y2.data());
    ASSERT_TRUE(y1.same_bits(y2));
    reference().residual(acc.data(), multiplier.data(), add.data(), kRow, y1.data());
    fast().residual(acc.data(), multiplier.data(), add.data(), kRow, y2.data());
    ASSERT_TRUE(y1.same_bits(y2));
    Aligned<std::int8_t> q1(kRow), q2(kRow);
    reference().requantize(acc.data(), multiplier.data(), add.data(), kRow, 31.7f, q1.data());
    fast().requantize(acc.data(), multiplier.data(), add.data(), kRow, 31.7f, q2.data());
    ASSERT_TRUE(q1.same_bits(q2));
    reference().gelu_requantize(acc.data(), multiplier.data(), add.data(), kRow, 36.3f, q1.data());
    fast().gelu_requantize(acc.data(), multiplier.data(), add.data(), kRow, 36.3f, q2.data());
    ASSERT_TRUE(q1.same_bits(q2));
    reference().scale_requantize(acc.data(), 1.3e-5f, kRow, 50.8f, q1.data());
    fast().scale_requantize(acc.data(), 1.3e-5f, kRow, 50.8f, q2.data());
    ASSERT_TRUE(q1.same_bits(q2));
  }
}

TEST_P(KernelTable, normalises_as_the_reference) {
  Aligned<float> x(kRow), gain(kRow), bias(kRow);
  for (int round = 0; round < 50; ++round)
    for (std::size_t n : {16, 48, 64, 256}) {
      fill(x, -5, 5);
      if (round == 0)
        for (std::size_t i = 0; i < n; ++i) x[i] = 3.25f;  // variance 0
      if (round == 1) x[n / 2] = 1e15f;
      fill(gain, 0.5f, 1.5f);
      fill(bias, -1, 1);
      Aligned<float> y1(kRow), y2(kRow);
      reference().norm(x.data(), gain.data(), bias.data(), n, y1.data());
      fast().norm(x.data(), gain.data(), bias.data(), n, y2.data());
      ASSERT_TRUE(y1.same_bits(y2)) << n;
      Aligned<std::int8_t> q1(kRow), q2(kRow);
      reference().norm_requantize(x.data(), gain.data(), bias.data(), n, 36.3f, q1.data());
      fast().norm_requantize(x.data(), gain.data(), bias.data(), n, 36.3f, q2.data());
      ASSERT_TRUE(q1.same_bits(q2)) << n;
    }
}

TEST_P(KernelTable, weighs_keys_as_the_reference) {
  for (std::size_t n : {1, 15, 16, 17, 32, 33, 48})
    for (float scale : {1e-9f, 1e-4f, 0.02f, 1e6f}) {
      Aligned<std::int32_t> acc(48);
      fill(acc);
      Aligned<std::int8_t> p1(48), p2(48);
      const std::int32_t s1 = reference().softmax(acc.data(), n, scale, p1.data());
      const std::int32_t s2 = fast().softmax(acc.data(), n, scale, p2.data());
      ASSERT_EQ(s1, s2) << n << " " << scale;
      ASSERT_TRUE(p1.same_bits(p2)) << n << " " << scale;
      ASSERT_GE(s1, 127);
    }
}

std::vector<const Kernels*> tables() {
  const KernelList list = available_kernels();
  return {list.tables, list.tables + list.count};
}
INSTANTIATE_TEST_SUITE_P(Path, KernelTable, testing::ValuesIn(tables()), testing::PrintToStringParamName());

TEST(Kernels, offer_the_reference_last) {
  const KernelList list = available_kernels();
  ASSERT_GE(list.count, 1u);
  EXPECT_STREQ(list.tables[list.count - 1]->name, "reference");
}

TEST(KernelMath, exponential_is_within_3e_7_of_the_library) {
  for (int i = 0; i <= 200000; ++i) {
    const float x = -87.0f * static_cast<float>(i) / 200000.0f;
    const double exact = std::exp(double{x});
    ASSERT_NEAR(exp_nonpositive(x) / exact, 1.0, 3e-7) << x;
  }
  EXPECT_EQ(exp_nonpositive(0.0f), 1.0f);
  EXPECT_EQ(exp_nonpositive(-1e30f), exp_nonpositive(-87.0f));
}

TEST(KernelMath, gelu_is_within_1e_6_of_the_library) {
  for (int i = -200000; i <= 200000; ++i) {
    const float t = 12.0f * static_cast<float>(i) / 200000.0f;
    const double exact = 0.5 * t * (1 + std::erf(t / std::sqrt(2.0)));
    ASSERT_NEAR(gelu(t), exact, 1e-6 * (1 + std::abs(t))) << t;
  }
}

TEST(KernelMath, rounds_half_to_even_and_saturates) {
  const auto q = [](float x) { return quantized(x, 1.0f); };
  EXPECT_EQ(q(0.5f), 0);
  EXPECT_EQ(q(1.5f), 2);
  EXPECT_EQ(q(2.5f), 2);
  EXPECT_EQ(q(-0.5f), 0);
  EXPECT_EQ(q(-1.5f), -2);
  EXPECT_EQ(q(126.5f), 126);
  EXPECT_EQ(q(1e9f), 127);
  EXPECT_EQ(q(-1e9f), -127);
  EXPECT_EQ(q(std::numeric_limits<float>::quiet_NaN()), -127);
}

}  // namespace
}  // namespace torpor
