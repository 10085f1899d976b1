// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <NvInfer.h>

#include <memory>
#include <vector>

#include "base/files.h"
#include "model/device/device_backend.h"
#include "model/tensorrt/plan_file.h"

namespace torpor {

// The encoder by TensorRT, from an engine plan of the exported ONNX (model/onnx) in a file
// with a header (plan_file.h). Not exact(): TensorRT chooses its own order of sums; a logit
// may differ from the reference by kTensorRtBound.
//
// load() reads and checks the plan; run() asks the device what it is and wakes it only if the
// plan is for it. Life and errors: model/device/device_backend.h, with execution context,
// engine and runtime destroyed in that order; besides, load() and run() say plan_refused, and
// load() what Files says.
inline constexpr float kTensorRtBound = 0.05f;

class TensorRtBackend final : public cuda::DeviceBackend {
 public:
  // `clock` is real time; `files` is used by load() alone. A driver is given by tests.
  TensorRtBackend(std::string plan_path, Files& files, const Clock& clock,
                  const cuda::Driver* driver = nullptr)
      : DeviceBackend(clock, driver), plan_path_(std::move(plan_path)), files_(files) {}
  // What release() answers here nobody can hear; who must know calls it before.
  ~TensorRtBackend() override { static_cast<void>(release()); }

  std::string_view name() const override { return "tensorrt"; }
  bool exact() const override { return false; }

  // Of the TensorRT this was built with, as in PlanFacts.
  static constexpr std::uint32_t kVersion =
      NV_TENSORRT_MAJOR * 10'000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;

 private:
  class Logger final : public nvinfer1::ILogger {
   public:
    void log(Severity severity, const char* message) noexcept override;
    FixedString<120> last;  // error said last
  };

  Status prepare(const ModelFile& model, std::size_t max_batch) override;
  Status inspect(cuda::Device device) override;
  std::size_t device_bytes() override;
  Status open() override;
  Status enqueue(std::span<const TokenSet> batch, std::span<float> logits) override;
  void close() override;
  Status set_shapes(std::size_t sets);
  Status check_done(bool done, std::string_view call);

  std::string plan_path_;
  Files& files_;
  std::vector<std::byte> file_;
  PlanFile plan_;
  std::vector<float> band_;  // of a batch, as the network wants them
  std::vector<float> global_;
  Logger logger_;

  // Held between open() and close(); declared in the order they are made. Band, global and
  // logits lie in memory(), in this order.
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> execution_;
};

}  // namespace torpor
