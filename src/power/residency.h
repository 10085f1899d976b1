// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string_view>

#include "base/fixed_string.h"
#include "base/result.h"
#include "power/phase.h"

namespace torpor {

// Looks, after release, whether the compute device is really off our hands. Asks the
// device itself, never the code that claims to have released it. Must not wake a device
// that sleeps. One thread.
class ResidencyProbe {
 public:
  virtual ~ResidencyProbe() = default;
  // `note` is replaced by what was seen or, for unknown, by what is missing to see it.
  // No heap, does not wait.
  virtual ResidencyState check(FixedString<64>& note) = 0;
};

// For the CPU backend: nothing is held between cycles but the process itself.
class CpuResidency final : public ResidencyProbe {
 public:
  ResidencyState check(FixedString<64>& note) override {
    note = "no device held";
    return ResidencyState::released;
  }
};

// The right to use a compute device for one scope. `Device` has Status release(), which
// gives back everything that holds power. The scope's end releases; close() does so
// earlier and reports. A failed release is not tried again: the probe will find it.
template <class Device>
class ComputeLease {
 public:
  explicit ComputeLease(Device& device) : device_(&device) {}
  ComputeLease(const ComputeLease&) = delete;
  ComputeLease& operator=(const ComputeLease&) = delete;
  ~ComputeLease() {
    // Left to the scope, its answer has nobody to hear it: the residency check looks for itself.
    if (device_ != nullptr) static_cast<void>(device_->release());
  }
  Status close() {
    if (device_ == nullptr) return {};
    Device* device = device_;
    device_ = nullptr;  // before the call: released at most once, also where it fails
    return device->release();
  }

 private:
  Device* device_;
};

}  // namespace torpor
