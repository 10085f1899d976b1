// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>

#include "model/float_model.h"

// Something well known that does the same matrix products, to measure ours against.
namespace torpor {

class Yardstick {
 public:
  virtual ~Yardstick() = default;
  virtual std::string name() const = 0;
  virtual void run() = 0;  // the products of one batch, on one thread
};

// Where it is installed: oneDNN's int8 matrix products alone, the whole batch at once, with
// nothing between them (no norms, softmax, embedding of positions): less work than ours, a
// lower bound for any runtime built on it. Else: the same products in fp32, loops of our own.
std::unique_ptr<Yardstick> make_yardstick(const ModelDims& dims, std::size_t batch);

}  // namespace torpor
