// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <vector>

#include "model/backend.h"
#include "model/cuda/image.h"
#include "model/device/driver.h"

namespace torpor::cuda {

// The kernels for the GPUs this build is for (sm_87, sm_90); empty: built without nvcc.
std::span<const std::byte> embedded_kernels();

// The encoder on the first NVIDIA GPU, by our own int8 kernels over one stream. exact(): the
// logits have the bits of the reference kernels (steps.h says why).
//
// probe() and load() stay away from the device. run() wakes it where it sleeps: context,
// kernels, stream, memory, model. release() gives all of it back in the opposite order and
// is done only when the context is destroyed: with it the device can sleep.
//
// Errors beside Backend's: device_absent (built without CUDA, no driver, no GPU),
// device_failed with the driver's call and its name for the error. After either, release()
// and run() may be tried again.
class CudaBackend final : public Backend {
 public:
  // `clock` is real time. A driver or kernels other than this machine's are for tests.
  explicit CudaBackend(const Clock& clock, const Driver* driver = nullptr,
                       std::span<const std::byte> kernels = embedded_kernels())
      : clock_(clock), driver_(driver), kernels_(kernels) {}
  ~CudaBackend() override { static_cast<void>(release()); }

  std::string_view name() const override { return "cuda"; }
  bool exact() const override { return true; }
  Status probe() override;
  Status load(const ModelFile& model, std::size_t max_batch) override;
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override;
  Status release() override;
  BackendTimes times() const override { return times_; }

  // What the driver says is free on the device; only between run() and release().
  Result<std::size_t> free_bytes() const;

 private:
  Status wake();
  Status take_device();
  Status copy_model();
  Status infer(std::span<const TokenSet> batch, std::span<float> logits);
  Status check(Code code, std::string_view call) const;

  const Clock& clock_;
  const Driver* driver_;
  std::span<const std::byte> kernels_;
  Net net_;  // for max_batch sets
  std::vector<std::byte> image_;
  std::size_t max_batch_ = 0;
  BackendTimes times_;

  // Held between run() and release().
  Context context_ = nullptr;
  Module module_ = nullptr;
  Stream stream_ = nullptr;
  DevicePointer memory_ = 0;
  Function functions_[kSteps] = {};
  bool awake_ = false;  // all of it, and the model is there
};

}  // namespace torpor::cuda
