// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "features/tokens.h"

// The encoder as trained: plain fp32 weights, handed from the trainer to quantize()
// (model/quant_model.h). Never on the scoring path of a robot.
//
//   x[0]    = embed_global(global)  + position[0]          token 0 is the global token
//   x[1+b]  = embed_band(band[b])   + position[1+b]
//   layers times:
//     (q, k, v) = qkv(norm1(x))      rows of qkv: all of Q, then all of K, then all of V;
//                                    inside each, head h owns rows h*D .. h*D+D-1, D = width/heads
//     x += o(softmax(q k^T / sqrt(D)) v)
//     x += ffn2(gelu(ffn1(norm2(x))))
//   y      = final_norm(x)
//   logit  = head2(gelu(head1([y[0] | mean of y[1..32]])))
//
// gelu is the exact one, t/2 (1 + erf(t/sqrt 2)); layer norms divide by
// sqrt(variance + kNormEpsilon), biased variance; no dropout, no masks.
namespace torpor {

inline constexpr float kNormEpsilon = 1e-5f;

// What the file header carries; bounds in check_dims().
struct ModelDims {
  std::uint32_t width = 64;        // d; multiple of 16
  std::uint32_t layers = 3;        //
  std::uint32_t heads = 4;         // width / heads is a multiple of 16
  std::uint32_t ffn = 256;         // multiple of 16
  std::uint32_t head_hidden = 64;  // multiple of 16

  friend bool operator==(const ModelDims&, const ModelDims&) = default;
};

// model_dimension unless: width 16..256, layers 1..12, heads 1..16, ffn 16..1024,
// head_hidden 16..256, the multiples above, and at most 1,000,000 parameters. The bounds
// keep every int8 dot product below 2^24 in size, so that int32 cannot overflow and the
// conversion to fp32 is exact (model/cpu/kernels.h has the proof).
Status check_dims(const ModelDims& dims);
// Weights, biases, norms and positions together.
std::uint64_t parameter_count(const ModelDims& dims);

struct FloatLinear {
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::vector<float> weight;  // [out][in], row major (torch's nn.Linear.weight)
  std::vector<float> bias;    // [out]
};

struct FloatNorm {
  std::vector<float> gain;  // [width]
  std::vector<float> bias;  // [width]
};

struct FloatLayer {
  FloatNorm norm1;
  FloatLinear qkv;  // width -> 3 width
  FloatLinear o;    // width -> width
  FloatNorm norm2;
  FloatLinear ffn1;  // width -> ffn
  FloatLinear ffn2;  // ffn -> width
};

// |value| that becomes 127 in int8, per point where the quantised network holds int8.
// Larger values saturate. Each must be finite and > 0.
struct LayerRanges {
  float norm1 = 0;      // input of qkv
  float q = 0;          // before the division by sqrt(D)
  float k = 0;          //
  float v = 0;          //
  float attention = 0;  // input of o
  float norm2 = 0;      // input of ffn1
  float gelu = 0;       // input of ffn2
};

struct ActivationRanges {
  float band_in = 0;
  float global_in = 0;
  std::vector<LayerRanges> layer;  // [layers]
  float head_in = 0;
  float head_hidden = 0;  // input of head2
};

struct FloatModel {
  ModelDims dims;
  FloatLinear embed_band;       // kBandInputs -> width
  FloatLinear embed_global;     // kGlobalInputs -> width
  std::vector<float> position;  // [kTokens][width]
  std::vector<FloatLayer> layer;
  FloatNorm final_norm;
  FloatLinear head1;  // 2 width -> head_hidden; the global token's half first
  FloatLinear head2;  // head_hidden -> 1
  ActivationRanges ranges;
};

// Vectors of the right length for dims (which must pass check_dims), all zero, gains 1.
FloatModel make_float_model(const ModelDims& dims);

// Where float_forward can be listened to, in the order of ActivationRanges.
enum class TapPoint : std::uint8_t {
  band_in,
  global_in,
  norm1,
  q,
  k,
  v,
  attention,
  norm2,
  gelu,
  head_in,
  head_hidden,
};

class Tap {
 public:
  virtual ~Tap() = default;
  // `layer` is 0 for the points outside the layers. The values live until the call returns.
  virtual void see(TapPoint point, std::uint32_t layer, std::span<const float> values) = 0;
};

// The logit in fp32, sums in fp64, erf and exp of the C library: what the trained network
// means, before quantisation. Allocates; about 20 ms a call at the default dims.
float float_forward(const FloatModel& model, const TokenSet& tokens, Tap* tap = nullptr);

// Ranges for static quantisation: per point the given quantile of |value| over all sets
// (0 < quantile <= 1; 1 = the maximum), at least 1e-6. Two passes of float_forward over
// `sets`; a few hundred sets are enough. Deterministic.
ActivationRanges calibrate(const FloatModel& model, std::span<const TokenSet> sets, double quantile = 0.999);

}  // namespace torpor
