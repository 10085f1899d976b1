// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "features/tokens.h"
#include "model/float_model.h"

namespace torpor::train {

struct Pair {
  const TokenSet* healthy = nullptr;
  const TokenSet* damaged = nullptr;
};

// The encoder of model/float_model.h in libtorch, with its optimiser. This is the only
// file that knows libtorch. One thread; uses `threads` of them inside.
//
// Loss over pairs of the same healthy window without and with damage: binary
// cross-entropy of both, plus 0.5 softplus(s_healthy - s_damaged). AdamW (decay 0.02 on
// matrices only), gradients clipped to a norm of 1.
class Network {
 public:
  Network(const ModelDims& dims, std::uint64_t seed, int threads);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // One step at this learning rate; returns the loss before it.
  double step(std::span<const Pair> batch, double learning_rate);
  // out.size() == sets.size().
  void logits(std::span<const TokenSet* const> sets, std::span<float> out, bool averaged) const;
  // Weights as they are now; ranges are left at zero. With `averaged`: their running mean
  // over the last few hundred steps, which is less restless than any one of them.
  FloatModel weights(bool averaged) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace torpor::train
