// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/learn/network.h"

// libtorch's headers do not pass our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#pragma GCC diagnostic pop

#include <cmath>
#include <cstring>

#include "train/random.h"

// OpenBLAS has threads of its own, which libtorch's setting does not reach. Weak: libtorch
// may have been built with another library.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace torpor::train {
namespace {

using at::Tensor;
// AdamW (Loshchilov and Hutter 2019) with the betas and epsilon of Adam (Kingma and Ba 2015); decay and
// clip as in docs/training.md.
constexpr double kDecay = 0.02, kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8, kClip = 1;
// About the last 500 steps: 1 / (1 - 0.998).
constexpr double kAverage = 0.998;
constexpr std::int64_t kSetFloats = sizeof(TokenSet) / sizeof(float);
// Token sets are copied as they lie: any padding would shift every input behind it.
static_assert(sizeof(TokenSet) == sizeof(float) * (kBands * kBandInputs + kGlobalInputs));

struct Parameter {
  Tensor value, first, second, average;
  bool decays = false;
};

}  // namespace

struct Network::State {
  ModelDims dims;
  std::vector<Parameter> parameters;
  std::int64_t steps = 0;

  // In the order of FloatModel's members; visit() relies on it.
  void add(std::vector<std::int64_t> shape, double deviation, double constant, bool decays, Random& random) {
    Tensor value = at::full(shape, constant, at::kFloat);
    if (deviation > 0) {
      // Our own random numbers, not libtorch's: a seed gives the same start with every version of it.
      float* data = value.data_ptr<float>();
      for (std::int64_t i = 0; i < value.numel(); ++i)
        data[i] = static_cast<float>(deviation * random.normal());
    }
    Parameter p;
    p.first = at::zeros_like(value);
    p.second = at::zeros_like(value);
    // Before the gradient is asked for: the average is no part of the graph.
    p.average = value.clone();
    p.value = value.requires_grad_(true);
    p.decays = decays;
    parameters.push_back(std::move(p));
  }
  void add_linear(std::uint32_t in, std::uint32_t out, double gain, Random& random) {
    // So that an output has the variance of its inputs (LeCun et al. 1998), times gain^2.
    add({out, in}, gain / std::sqrt(static_cast<double>(in)), 0, true, random);
    add({out}, 0, 0, false, random);
  }
  void add_norm(Random& random) {
    add({dims.width}, 0, 1, false, random);
    add({dims.width}, 0, 0, false, random);
  }

  Tensor forward(const Tensor& sets, bool averaged) const {
    std::size_t at_parameter = 0;
    auto next = [&]() -> const Tensor& {
      const Parameter& p = parameters[at_parameter++];
      return averaged ? p.average : p.value;
    };
    // Parameters are taken one after the other: the order of these calls is the order in the constructor and
    // in weights(), and nothing else ties them together.
    auto linear = [&](const Tensor& x) {
      const Tensor& w = next();
      const Tensor& b = next();
      return at::linear(x, w, b);
    };
    auto norm = [&](const Tensor& x) {
      const Tensor& g = next();
      const Tensor& b = next();
      // The runtime's epsilon: with another one int8 would be calibrated on other activations.
      return at::layer_norm(x, {static_cast<std::int64_t>(dims.width)}, g, b,
                            static_cast<double>(kNormEpsilon));
    };
    const std::int64_t n = sets.size(0), tokens = kTokens, d = dims.width, heads = dims.heads,
                       per = d / heads;
    const std::int64_t band_floats = kBands * kBandInputs;
    // A set lies as bands, then globals (features/tokens.h).
    Tensor band = sets.narrow(1, 0, band_floats)
                      .view({n, static_cast<std::int64_t>(kBands), static_cast<std::int64_t>(kBandInputs)});
    Tensor global = sets.narrow(1, band_floats, kGlobalInputs).unsqueeze(1);
    Tensor eb = linear(band);
    Tensor eg = linear(global);
    // The global token first: place 0 is the one the head reads below.
    Tensor x = at::cat({eg, eb}, 1) + next();
    for (std::uint32_t l = 0; l < dims.layers; ++l) {
      // Norm before each half, not after it: trains without a long warm-up (Xiong et al. 2020).
      Tensor qkv = linear(norm(x)).view({n, tokens, 3, heads, per}).permute({2, 0, 3, 1, 4});
      Tensor q = qkv[0].reshape({n * heads, tokens, per}), k = qkv[1].reshape({n * heads, tokens, per});
      Tensor v = qkv[2].reshape({n * heads, tokens, per});
      Tensor weight =
          at::softmax(at::bmm(q * (1 / std::sqrt(static_cast<double>(per))), k.transpose(1, 2)), -1);
      Tensor mixed = at::bmm(weight, v).view({n, heads, tokens, per}).transpose(1, 2).reshape({n, tokens, d});
      x = x + linear(mixed);
      Tensor inner = at::gelu(linear(norm(x)));
      x = x + linear(inner);
    }
    Tensor y = norm(x);
    Tensor head = at::cat({y.select(1, 0), y.narrow(1, 1, kBands).mean(1)}, 1);
    return linear(at::gelu(linear(head))).squeeze(1);
  }
};

Network::Network(const ModelDims& dims, std::uint64_t seed, int threads) : state_(std::make_unique<State>()) {
  // Sums are split among threads: another number of them rounds otherwise, and a run could not be repeated.
  at::set_num_threads(threads);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(threads);
  State& s = *state_;
  s.dims = dims;
  Random random(seed, 11);
  s.add_linear(kBandInputs, dims.width, 1, random);
  s.add_linear(kGlobalInputs, dims.width, 1, random);
  s.add({static_cast<std::int64_t>(kTokens), dims.width}, 0.1, 0, false, random);
  // What is added to the stream starts small, the more layers the smaller.
  // 2 x layers additions to one stream: by 1 / sqrt of that its variance does not grow with depth (as in
  // GPT-2, Radford et al. 2019).
  const double quiet = 0.5 / std::sqrt(2.0 * dims.layers);
  for (std::uint32_t l = 0; l < dims.layers; ++l) {
    s.add_norm(random);
    s.add_linear(dims.width, 3 * dims.width, 1, random);
    s.add_linear(dims.width, dims.width, quiet, random);
    s.add_norm(random);
    s.add_linear(dims.width, dims.ffn, 1, random);
    s.add_linear(dims.ffn, dims.width, quiet, random);
  }
  s.add_norm(random);
  s.add_linear(2 * dims.width, dims.head_hidden, 1, random);
  s.add_linear(dims.head_hidden, 1, 0.3, random);
}

Network::~Network() = default;

double Network::step(std::span<const Pair> batch, double learning_rate) {
  State& s = *state_;
  const auto pairs = static_cast<std::int64_t>(batch.size());
  // All healthy ones, then all damaged ones: one forward pass, and the halves are cut out without a copy.
  Tensor sets = at::empty({2 * pairs, kSetFloats}, at::kFloat);
  float* to = sets.data_ptr<float>();
  for (std::int64_t i = 0; i < pairs; ++i) {
    std::memcpy(to + i * kSetFloats, batch[static_cast<std::size_t>(i)].healthy, sizeof(TokenSet));
    std::memcpy(to + (pairs + i) * kSetFloats, batch[static_cast<std::size_t>(i)].damaged, sizeof(TokenSet));
  }
  Tensor logit = s.forward(sets, false);
  Tensor healthy = logit.narrow(0, 0, pairs), damaged = logit.narrow(0, pairs, pairs);
  // softplus(s) and softplus(-s) are the cross-entropies of the two classes; the third term asks for their
  // order within a pair, which is what the AUC counts (docs/training.md).
  Tensor loss = 0.5 * (at::softplus(healthy).mean() + at::softplus(-damaged).mean()) +
                0.5 * at::softplus(healthy - damaged).mean();
  loss.backward();

  at::AutoGradMode no_gradient(false);
  double norm = 0;
  // One norm over all of them: clipped each by itself, the direction of the step would change.
  for (const Parameter& p : s.parameters) norm += p.value.grad().square().sum().item<double>();
  norm = std::sqrt(norm);
  const double scale = norm > kClip ? kClip / norm : 1;
  ++s.steps;
  // Both moments begin at 0 and are too small by this much while young.
  const double correct1 = 1 - std::pow(kBeta1, static_cast<double>(s.steps));
  const double correct2 = 1 - std::pow(kBeta2, static_cast<double>(s.steps));
  // The mean forgets its first steps while it is young.
  const double keep = std::min(kAverage, static_cast<double>(s.steps) / (static_cast<double>(s.steps) + 10));
  for (Parameter& p : s.parameters) {
    Tensor g = p.value.grad() * scale;
    p.first.mul_(kBeta1).add_(g, 1 - kBeta1);
    p.second.mul_(kBeta2).addcmul_(g, g, 1 - kBeta2);
    // Beside the gradient, not in it: that is the W of AdamW.
    if (p.decays) p.value.mul_(1 - learning_rate * kDecay);
    p.value.addcdiv_(p.first, (p.second / correct2).sqrt_().add_(kEpsilon), -learning_rate / correct1);
    p.average.mul_(keep).add_(p.value, 1 - keep);
    // Or backward() would add to it.
    p.value.mutable_grad().reset();
  }
  return loss.item<double>();
}

void Network::logits(std::span<const TokenSet* const> sets, std::span<float> out, bool averaged) const {
  at::AutoGradMode no_gradient(false);
  // Bounds the memory of activations, whatever number of sets is asked about.
  constexpr std::size_t kAtOnce = 256;
  for (std::size_t first = 0; first < sets.size(); first += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, sets.size() - first);
    Tensor block = at::empty({static_cast<std::int64_t>(count), kSetFloats}, at::kFloat);
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(block.data_ptr<float>() + static_cast<std::int64_t>(i) * kSetFloats, sets[first + i],
                  sizeof(TokenSet));
    Tensor logit = state_->forward(block, averaged).contiguous();
    std::memcpy(out.data() + first, logit.data_ptr<float>(), count * sizeof(float));
  }
}

FloatModel Network::weights(bool averaged) const {
  const State& s = *state_;
  FloatModel model = make_float_model(s.dims);
  std::size_t at_parameter = 0;
  auto copy = [&](std::vector<float>& to) {
    const Parameter& p = s.parameters[at_parameter++];
    const Tensor from = (averaged ? p.average : p.value.detach()).contiguous();
    std::memcpy(to.data(), from.data_ptr<float>(), to.size() * sizeof(float));
  };
  auto linear = [&](FloatLinear& l) { copy(l.weight), copy(l.bias); };
  auto norm = [&](FloatNorm& l) { copy(l.gain), copy(l.bias); };
  linear(model.embed_band);
  linear(model.embed_global);
  copy(model.position);
  for (FloatLayer& layer : model.layer) {
    norm(layer.norm1), linear(layer.qkv), linear(layer.o);
    norm(layer.norm2), linear(layer.ffn1), linear(layer.ffn2);
  }
  norm(model.final_norm);
  linear(model.head1);
  linear(model.head2);
  return model;
}

}  // namespace torpor::train
