// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "model/float_model.h"

#include "base/assertion.h"

namespace torpor {
namespace {

using Row = std::vector<float>;

Row product(const FloatLinear& linear, const float* x) {
  Row y(linear.out);
  for (std::uint32_t o = 0; o < linear.out; ++o) {
    // Sums in double: this is what the network means, not what a robot computes.
    double sum = linear.bias[o];
    for (std::uint32_t i = 0; i < linear.in; ++i)
      sum += double{linear.weight[std::size_t{o} * linear.in + i]} * x[i];
    y[o] = static_cast<float>(sum);
  }
  return y;
}

Row normalised(const FloatNorm& norm, const Row& x) {
  double mean = 0;
  for (float v : x) mean += v;
  mean /= static_cast<double>(x.size());
  double variance = 0;
  for (float v : x) variance += (v - mean) * (v - mean);
  // Biased, by n, as torch's LayerNorm and the kernels have it.
  variance /= static_cast<double>(x.size());
  const double inverse = 1.0 / std::sqrt(variance + kNormEpsilon);
  Row y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = static_cast<float>((x[i] - mean) * inverse * norm.gain[i] + norm.bias[i]);
  return y;
}

void gelu(Row& x) {
  // The exact one; what the kernels' rational erf may differ is bounded by tests.
  for (float& v : x) v = static_cast<float>(0.5 * v * (1 + std::erf(v / std::sqrt(2.0))));
}

void add(Row& x, const Row& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

class Forward {
 public:
  Forward(const FloatModel& model, Tap* tap) : model_(model), tap_(tap) {}

  float run(const TokenSet& tokens) {
    const std::uint32_t d = model_.dims.width;
    see(TapPoint::global_in, 0, tokens.global);
    x_.push_back(product(model_.embed_global, tokens.global.data()));
    for (const auto& band : tokens.band) {
      see(TapPoint::band_in, 0, band);
      x_.push_back(product(model_.embed_band, band.data()));
    }
    for (std::size_t t = 0; t < x_.size(); ++t)
      for (std::uint32_t c = 0; c < d; ++c) x_[t][c] += model_.position[t * d + c];
    for (std::uint32_t i = 0; i < model_.layer.size(); ++i) {
      attention(model_.layer[i], i);
      feed_forward(model_.layer[i], i);
    }
    // The global token's half first, as the columns of head1 were trained.
    Row head(2 * std::size_t{d});
    for (std::size_t t = 0; t < x_.size(); ++t) {
      const Row y = normalised(model_.final_norm, x_[t]);
      for (std::uint32_t c = 0; c < d; ++c) head[t == 0 ? c : d + c] += t == 0 ? y[c] : y[c] / float{kBands};
    }
    see(TapPoint::head_in, 0, head);
    Row hidden = product(model_.head1, head.data());
    gelu(hidden);
    see(TapPoint::head_hidden, 0, hidden);
    return product(model_.head2, hidden.data())[0];
  }

 private:
  void see(TapPoint point, std::uint32_t layer, std::span<const float> values) {
    if (tap_ != nullptr) tap_->see(point, layer, values);
  }

  void attention(const FloatLayer& layer, std::uint32_t index) {
    const std::size_t d = model_.dims.width;
    const std::size_t size = d / model_.dims.heads;
    std::vector<Row> qkv;
    for (const Row& x : x_) {
      const Row a = normalised(layer.norm1, x);
      see(TapPoint::norm1, index, a);
      qkv.push_back(product(layer.qkv, a.data()));
      const std::span<const float> all(qkv.back());
      see(TapPoint::q, index, all.subspan(0, d));
      see(TapPoint::k, index, all.subspan(d, d));
      see(TapPoint::v, index, all.subspan(2 * d, d));
    }
    // After all of qkv: each token needs the keys of all.
    for (std::size_t t = 0; t < x_.size(); ++t) {
      Row mixed(d);
      for (std::size_t h = 0; h < d; h += size) mix(qkv, t, h, size, mixed);
      see(TapPoint::attention, index, mixed);
      add(x_[t], product(layer.o, mixed.data()));
    }
  }

  // Channels h .. h + size of the attention output of token t.
  void mix(const std::vector<Row>& qkv, std::size_t t, std::size_t h, std::size_t size, Row& mixed) const {
    const std::size_t d = model_.dims.width;
    std::vector<double> weight(qkv.size());
    for (std::size_t s = 0; s < qkv.size(); ++s)
      for (std::size_t c = h; c < h + size; ++c) weight[s] += double{qkv[t][c]} * qkv[s][d + c];
    // The maximum off first, so that exp cannot overflow; it cancels in the quotient.
    const double max = *std::max_element(weight.begin(), weight.end());
    double sum = 0;
    // Scaled after the maximum was taken: a positive factor moves no maximum.
    for (double& w : weight) sum += w = std::exp((w - max) / std::sqrt(static_cast<double>(size)));
    for (std::size_t c = h; c < h + size; ++c) {
      double value = 0;
      for (std::size_t s = 0; s < qkv.size(); ++s) value += weight[s] * qkv[s][2 * d + c];
      mixed[c] = static_cast<float>(value / sum);
    }
  }

  void feed_forward(const FloatLayer& layer, std::uint32_t index) {
    for (Row& x : x_) {
      const Row a = normalised(layer.norm2, x);
      see(TapPoint::norm2, index, a);
      Row hidden = product(layer.ffn1, a.data());
      gelu(hidden);
      see(TapPoint::gelu, index, hidden);
      add(x, product(layer.ffn2, hidden.data()));
    }
  }

  const FloatModel& model_;
  Tap* tap_;
  std::vector<Row> x_;
};

// Far finer than the 127 steps a range is cut into.
constexpr std::size_t kHistogramBins = 16384;
// Times 1/127 still above kMinScale: a point that is always 0 must not make a model that is refused.
constexpr float kSmallestRange = 1e-6f;

// The one place that knows where a point's range lies: both taps and calibrate() go through it.
float* slot(ActivationRanges& ranges, TapPoint point, std::uint32_t layer) {
  switch (point) {
    case TapPoint::band_in:
      return &ranges.band_in;
    case TapPoint::global_in:
      return &ranges.global_in;
    case TapPoint::norm1:
      return &ranges.layer[layer].norm1;
    case TapPoint::q:
      return &ranges.layer[layer].q;
    case TapPoint::k:
      return &ranges.layer[layer].k;
    case TapPoint::v:
      return &ranges.layer[layer].v;
    case TapPoint::attention:
      return &ranges.layer[layer].attention;
    case TapPoint::norm2:
      return &ranges.layer[layer].norm2;
    case TapPoint::gelu:
      return &ranges.layer[layer].gelu;
    case TapPoint::head_in:
      return &ranges.head_in;
    case TapPoint::head_hidden:
      return &ranges.head_hidden;
  }
  torpor_assertion_failed("model.every_tap_has_its_place");
}

struct LargestTap : Tap {
  explicit LargestTap(std::uint32_t layers) { ranges.layer.resize(layers); }
  void see(TapPoint point, std::uint32_t layer, std::span<const float> values) override {
    float& largest = *slot(ranges, point, layer);
    // A NaN is passed over, since std::max keeps its first argument then: weights that make one are refused
    // later.
    for (float v : values) largest = std::max(largest, std::abs(v));
  }
  ActivationRanges ranges;
};

// Counts |value| in bins of 1/kHistogramBins of the largest.
struct HistogramTap : Tap {
  HistogramTap(const ActivationRanges& largest, std::uint32_t layers)
      : ranges(largest),
        bins((std::size_t{layers} + 1) * kPoints, std::vector<std::uint64_t>(kHistogramBins)) {}
  void see(TapPoint point, std::uint32_t layer, std::span<const float> values) override {
    const float largest = *slot(ranges, point, layer);
    auto& count = at(point, layer);
    // Clamped, because the largest itself falls on the end of the last bin.
    for (float v : values) {
      const double place = largest > 0 ? std::abs(v) / double{largest} * kHistogramBins : 0.0;
      ++count[std::min(static_cast<std::size_t>(place), kHistogramBins - 1)];
    }
  }
  std::vector<std::uint64_t>& at(TapPoint point, std::uint32_t layer) {
    return bins[layer * kPoints + static_cast<std::size_t>(point)];
  }
  // The number of TapPoint. Points outside of the layers count in layer 0's row.
  static constexpr std::size_t kPoints = 11;
  ActivationRanges ranges;
  std::vector<std::vector<std::uint64_t>> bins;
};

float quantile_of(const std::vector<std::uint64_t>& bins, float largest, double quantile) {
  std::uint64_t total = 0;
  for (auto n : bins) total += n;
  const double wanted = quantile * static_cast<double>(total);
  std::uint64_t seen = 0;
  std::size_t i = 0;
  // One bin more than where the quantile fell: its upper edge.
  while (i + 1 < bins.size() && static_cast<double>(seen += bins[i]) < wanted) ++i;
  return std::max(largest * static_cast<float>(i + 1) / float{kHistogramBins}, kSmallestRange);
}

}  // namespace

float float_forward(const FloatModel& model, const TokenSet& tokens, Tap* tap) {
  return Forward(model, tap).run(tokens);
}

ActivationRanges calibrate(const FloatModel& model, std::span<const TokenSet> sets, double quantile) {
  // Two passes, because a histogram needs its range first; a quantile of all values at once would need
  // them all.
  LargestTap largest(model.dims.layers);
  for (const TokenSet& set : sets) float_forward(model, set, &largest);
  HistogramTap histogram(largest.ranges, model.dims.layers);
  for (const TokenSet& set : sets) float_forward(model, set, &histogram);
  // The quantile and not the maximum: one outlier would cost all others their resolution.
  ActivationRanges ranges = largest.ranges;
  const auto settle = [&](TapPoint point, std::uint32_t layer) {
    float& range = *slot(ranges, point, layer);
    range = quantile_of(histogram.at(point, layer), range, quantile);
  };
  for (TapPoint point : {TapPoint::band_in, TapPoint::global_in, TapPoint::head_in, TapPoint::head_hidden})
    settle(point, 0);
  for (std::uint32_t layer = 0; layer < model.dims.layers; ++layer)
    for (TapPoint point : {TapPoint::norm1, TapPoint::q, TapPoint::k, TapPoint::v, TapPoint::attention,
                           TapPoint::norm2, TapPoint::gelu})
      settle(point, layer);
  return ranges;
}

}  // namespace torpor
