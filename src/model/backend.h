// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "features/tokens.h"

namespace torpor {

class ModelFile;  // model/model_file.h: checked, memory-mapped, immutable

// What the last run() and the release() after it took, step by step. All zero where
// nothing had to be woken first: in this process and on its own processor.
struct BackendTimes {
  Duration init{};      // until the device, or the process, was ready
  Duration load{};      // the model onto it
  Duration infer{};     // the network
  Duration teardown{};  // giving all of it back
};

// What runs the encoder. One conformance suite judges every backend: logits equal the
// reference kernels bit for bit, or within the bound that `exact()` == false states.
//
// Life: probe, load, then per cycle run and release. release() is mandatory after run():
// it gives back everything that holds power and says so only when it is true. A backend
// is used by one thread.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // as in backends.def; part of the baseline key
  [[nodiscard]] virtual bool exact() const = 0;
  // Can this device run it at all? Touches nothing that would wake a sleeping device.
  virtual Status probe() = 0;
  // `model` outlives the backend. Allocates all that run() needs for up to max_batch
  // token sets.
  virtual Status load(const ModelFile& model, std::size_t max_batch) = 0;
  // One logit per token set; logits.size() == batch.size(), 1 to max_batch. No heap.
  virtual Status run(std::span<const TokenSet> batch, std::span<float> logits) = 0;
  // Gives back what run() woke; idempotent. The next run() wakes it again.
  virtual Status release() = 0;
  virtual BackendTimes times() const { return {}; }
};

// Refuses a batch that run() was not prepared for (model_batch).
inline Status check_batch(std::string_view where, std::size_t sets, std::size_t logits,
                          std::size_t max_batch) {
  if (sets != 0 && sets <= max_batch && logits == sets) return {};
  Error error{.reason = Reason::model_batch};
  error.where << where;
  error.found << sets << " sets, " << logits << " logits";
  error.expected << "1 to " << max_batch << ", one logit a set";
  return error;
}

// The device itself is the matter: it is not there, or did not wake.
[[nodiscard]] constexpr bool is_device_failure(Reason reason) {
  return reason == Reason::device_absent || reason == Reason::device_failed;
}

}  // namespace torpor
