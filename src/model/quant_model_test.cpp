// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/quant_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/fake/models.h"

namespace torpor {
namespace {

TEST(Quantize, puts_the_largest_weight_of_each_channel_at_127) {
  const QuantModel model = random_model(1);
  const QuantLinear& qkv = model.layer[0].qkv;
  for (std::uint32_t o = 0; o < qkv.out; ++o) {
    int largest = 0;
    for (std::uint32_t i = 0; i < qkv.in; ++i)
      largest = std::max(largest, std::abs(qkv.weight[o * qkv.in + i]));
    EXPECT_EQ(largest, 127) << o;
  }
}

TEST(Quantize, is_within_half_a_step_of_every_weight) {
  const FloatModel from = random_float_model(1);
  const QuantModel to = random_model(1);
  const QuantLinear& q = to.layer[2].ffn2;
  for (std::size_t i = 0; i < q.weight.size(); ++i) {
    const float scale = q.scale[i / q.in];
    ASSERT_NEAR(q.weight[i] * scale, from.layer[2].ffn2.weight[i], 0.5001f * scale);
  }
}

TEST(Quantize, adds_the_bias_of_the_embeddings_to_the_positions) {
  FloatModel from = random_float_model(1);
  const QuantModel to = random_model(1);
  const std::size_t d = from.dims.width;
  EXPECT_EQ(to.position[3], from.position[3] + from.embed_global.bias[3]);
  EXPECT_EQ(to.position[5 * d + 3], from.position[5 * d + 3] + from.embed_band.bias[3]);
}

TEST(Quantize, gives_a_channel_of_zeros_a_scale) {
  FloatModel from = random_float_model(1);
  std::fill_n(from.layer[0].o.weight.begin(), from.layer[0].o.in, 0.0f);
  const auto to = quantize(from);
  ASSERT_TRUE(to.ok());
  EXPECT_GT(to->layer[0].o.scale[0], 0.0f);
}

TEST(Quantize, refuses_numbers_that_are_not_finite) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e7f}) {
    FloatModel model = random_float_model(1);
    model.layer[1].ffn1.weight[77] = bad;
    const auto result = quantize(model);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().reason, Reason::model_value);
    EXPECT_EQ(result.error().where.view(), "layer 1 ffn1 weight");
  }
}

TEST(Quantize, refuses_ranges_that_were_never_measured) {
  FloatModel model = random_float_model(1);
  model.ranges.layer[2].k = 0;
  const auto result = quantize(model);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, Reason::model_value);
  EXPECT_EQ(result.error().where.view(), "layer 2 k range");
}

TEST(Quantize, refuses_vectors_of_the_wrong_length) {
  FloatModel model = random_float_model(1);
  model.layer[0].norm1.gain.pop_back();
  const auto result = quantize(model);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, Reason::model_shape);
  EXPECT_EQ(result.error().where.view(), "layer 0 norm1 gain");
}

TEST(CheckDims, refuses_what_the_kernels_cannot_hold) {
  const auto reason_of = [](ModelDims dims) { return std::string(check_dims(dims).error().where.view()); };
  EXPECT_TRUE(check_dims({}).ok());
  EXPECT_EQ(reason_of({0, 3, 4, 256, 64}), "width");
  EXPECT_EQ(reason_of({72, 3, 4, 256, 64}), "width");
  EXPECT_EQ(reason_of({64, 0, 4, 256, 64}), "layers");
  EXPECT_EQ(reason_of({64, 3, 0, 256, 64}), "heads");
  EXPECT_EQ(reason_of({64, 3, 8, 256, 64}), "heads");
  EXPECT_EQ(reason_of({64, 3, 4, 2048, 64}), "ffn");
  EXPECT_EQ(reason_of({64, 3, 4, 256, 8}), "head_hidden");
  EXPECT_EQ(reason_of({256, 12, 4, 1024, 64}), "parameters");
}

TEST(ParameterCount, counts_what_the_model_holds) {
  const FloatModel model = make_float_model({});
  std::size_t count = model.position.size() + 2 * model.dims.width;
  const auto add = [&](const FloatLinear& l) { count += l.weight.size() + l.bias.size(); };
  for (const FloatLayer& l : model.layer) {
    for (const auto* linear : {&l.qkv, &l.o, &l.ffn1, &l.ffn2}) add(*linear);
    count += 4 * model.dims.width;
  }
  for (const auto* linear : {&model.embed_band, &model.embed_global, &model.head1, &model.head2})
    add(*linear);
  EXPECT_EQ(parameter_count(model.dims), count);
}

TEST(Calibrate, finds_the_range_of_every_point) {
  const FloatModel model = random_float_model(1, {16, 2, 1, 16, 16});
  const auto sets = random_tokens(2, 4);
  const ActivationRanges largest = calibrate(model, sets, 1.0);
  const ActivationRanges most = calibrate(model, sets, 0.9);
  EXPECT_NEAR(largest.band_in, 4.0f, 0.01f);
  EXPECT_NEAR(most.band_in, 3.6f, 0.05f);
  EXPECT_NEAR(most.global_in, 2.7f, 0.5f);
  for (std::size_t i = 0; i < 2; ++i) {
    const LayerRanges& l = largest.layer[i];
    for (float range : {l.norm1, l.q, l.k, l.v, l.attention, l.norm2, l.gelu}) EXPECT_GT(range, 0.1f);
    EXPECT_LT(most.layer[i].gelu, l.gelu);
  }
  EXPECT_GT(largest.head_in, 0.1f);
  EXPECT_GT(largest.head_hidden, 0.01f);
}

}  // namespace
}  // namespace torpor
