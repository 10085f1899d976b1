// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <vector>

#include "model/backend_request.h"
#include "model/cuda/image.h"
#include "model/device/device_backend.h"

namespace torpor::cuda {

// The kernels for the GPUs this build is for (sm_87, sm_90); empty: built without nvcc.
std::span<const std::byte> embedded_kernels();

// The encoder on the first NVIDIA GPU, by our own int8 kernels over one stream. exact(): the
// logits have the bits of the reference kernels (steps.h says why). Its life, and its errors:
// model/device/device_backend.h; besides, probe() says device_absent where it was built
// without CUDA.
class CudaBackend final : public DeviceBackend {
 public:
  // `clock` is real time. A driver or kernels other than this machine's are for tests.
  explicit CudaBackend(const Clock& clock, const Driver* driver = nullptr,
                       std::span<const std::byte> kernels = embedded_kernels())
      : DeviceBackend(clock, driver), kernels_(kernels) {}
  // What release() answers here nobody can hear; who must know calls it before.
  ~CudaBackend() override { static_cast<void>(release()); }

  std::string_view name() const override { return "cuda"; }
  bool exact() const override { return true; }
  Status probe() override;

 private:
  Status prepare(const ModelFile& model, std::size_t max_batch) override;
  std::size_t device_bytes() override;
  Status open() override;
  Status enqueue(std::span<const TokenSet> batch, std::span<float> logits) override;
  void close() override;

  std::span<const std::byte> kernels_;
  Net net_;  // for max_batch() sets
  std::vector<std::byte> image_;

  // Held between open() and close().
  Module module_ = nullptr;
  Function functions_[kSteps] = {};
};

}  // namespace torpor::cuda

namespace torpor {

Result<std::unique_ptr<Backend>> make_cuda_backend(const BackendRequest& request);

}  // namespace torpor
