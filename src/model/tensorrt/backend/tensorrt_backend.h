// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <NvInfer.h>

#include <memory>
#include <vector>

#include "base/files.h"
#include "model/backend.h"
#include "model/device/driver.h"
#include "model/tensorrt/plan_file.h"

namespace torpor {

// The encoder by TensorRT, from an engine plan of the exported ONNX (model/onnx) in a file
// with a header (plan_file.h). Not exact(): TensorRT chooses its own order of sums; a logit
// may differ from the reference by kTensorRtBound.
//
// load() reads and checks the plan, run() asks the device what it is and wakes it only if the
// plan is for it, release() gives back in this order: stream synchronised; execution context,
// engine, runtime; memory, stream, device context.
//
// Errors beside Backend's: plan_refused, those of Files; device_absent, device_failed with the
// call that failed.
inline constexpr float kTensorRtBound = 0.05f;

class TensorRtBackend final : public Backend {
 public:
  // `clock` is real time; `files` is used by load() alone. A driver is given by tests.
  TensorRtBackend(std::string plan_path, Files& files, const Clock& clock,
                  const cuda::Driver* driver = nullptr)
      : plan_path_(std::move(plan_path)), files_(files), clock_(clock), driver_(driver) {}
  ~TensorRtBackend() override { static_cast<void>(release()); }

  std::string_view name() const override { return "tensorrt"; }
  bool exact() const override { return false; }
  Status probe() override;
  Status load(const ModelFile& model, std::size_t max_batch) override;
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override;
  Status release() override;
  BackendTimes times() const override { return times_; }

  // Of the TensorRT this was built with, as in PlanFacts.
  static constexpr std::uint32_t kVersion =
      NV_TENSORRT_MAJOR * 10'000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;

 private:
  class Logger final : public nvinfer1::ILogger {
   public:
    void log(Severity severity, const char* message) noexcept override;
    FixedString<120> last;  // error said last
  };

  Status wake();
  Status take_device();
  Status open_engine();
  Status infer(std::span<const TokenSet> batch, std::span<float> logits);
  Status set_shapes(std::size_t sets);
  Status check(cuda::Code code, std::string_view call) const;
  Status check_done(bool done, std::string_view call);

  std::string plan_path_;
  Files& files_;
  const Clock& clock_;
  const cuda::Driver* driver_;
  std::vector<std::byte> file_;
  PlanFile plan_;
  std::size_t max_batch_ = 0;
  std::vector<float> band_;  // of a batch, as the network wants them
  std::vector<float> global_;
  BackendTimes times_;
  Logger logger_;

  // Held between run() and release(); declared in the order they are made.
  cuda::Context context_ = nullptr;
  cuda::Stream stream_ = nullptr;
  cuda::DevicePointer memory_ = 0;  // band, global, logits
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> execution_;
  bool awake_ = false;
};

}  // namespace torpor
