// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/backend/tensorrt_backend.h"

#include <cstring>

#include "base/assertion.h"
#include "model/model_file.h"

namespace torpor {
namespace {

constexpr std::size_t kBandFloats = kBands * kBandInputs;

// The runtime's stream and the driver's are one and the same handle.
cudaStream_t of_runtime(cuda::Stream stream) { return reinterpret_cast<cudaStream_t>(stream); }
void* pointer(cuda::DevicePointer memory) { return reinterpret_cast<void*>(memory); }

}  // namespace

void TensorRtBackend::Logger::log(Severity severity, const char* message) noexcept {
  // Only what is wrong is kept, for the next error; TensorRT talks much and there is nowhere to put it.
  if (severity == Severity::kERROR || severity == Severity::kINTERNAL_ERROR) last = message;
}

Status TensorRtBackend::check_done(bool done, std::string_view call) {
  if (done) return {};
  Error error{.reason = Reason::device_failed, .where = "tensorrt: ", .found = logger_.last};
  error.where << call;
  return error;
}

Status TensorRtBackend::prepare(const ModelFile& model, std::size_t max_batch) {
  // All that can be refused is refused here, with the device asleep.
  TORPOR_TRY(file_, files_.read(plan_path_, kPlanHeaderBytes + kMaxPlanBytes));
  TORPOR_TRY(plan_, parse_plan_file(file_, plan_path_));
  TORPOR_CHECK(check_model(
      plan_.facts,
      {.tensorrt = kVersion, .max_batch = static_cast<std::uint32_t>(max_batch), .model = model.digest()}));
  // Room on the host as well, so that run() takes no heap of ours.
  band_.resize(max_batch * kBandFloats);
  global_.resize(max_batch * kGlobalInputs);
  return {};
}

Status TensorRtBackend::inspect(cuda::Device device) {
  int major = 0;
  int minor = 0;
  // Asked of the driver by attribute: that needs no context and wakes nothing.
  TORPOR_CHECK(
      check(driver().device_attribute(&major, cuda::kCapabilityMajor, device), "cuDeviceGetAttribute"));
  TORPOR_CHECK(
      check(driver().device_attribute(&minor, cuda::kCapabilityMinor, device), "cuDeviceGetAttribute"));
  return check_device(plan_.facts, static_cast<std::uint32_t>(major * 10 + minor));
}

std::size_t TensorRtBackend::device_bytes() {
  return (band_.size() + global_.size() + max_batch()) * sizeof(float);
}

Status TensorRtBackend::open() {
  TORPOR_ASSERT(runtime_ == nullptr && engine_ == nullptr && execution_ == nullptr,
                "tensorrt.what_was_opened_was_closed_before");
  // Else an old complaint would be told as the reason of a new failure.
  logger_.last.clear();
  // Runtime, engine, context: each is made by the one before and must go before it (close()).
  runtime_.reset(nvinfer1::createInferRuntime(logger_));
  TORPOR_CHECK(check_done(runtime_ != nullptr, "createInferRuntime"));
  engine_.reset(runtime_->deserializeCudaEngine(plan_.plan.data(), plan_.plan.size()));
  TORPOR_CHECK(check_done(engine_ != nullptr, "deserializeCudaEngine"));
  execution_.reset(engine_->createExecutionContext());
  TORPOR_CHECK(check_done(execution_ != nullptr, "createExecutionContext"));
  // 0: the plan has one profile. In our stream, so that it is done before the first batch.
  return check_done(execution_->setOptimizationProfileAsync(0, of_runtime(stream())),
                    "setOptimizationProfileAsync");
}

Status TensorRtBackend::set_shapes(std::size_t sets) {
  nvinfer1::Dims band{};
  band.nbDims = 3;
  band.d[0] = static_cast<std::int32_t>(sets);
  band.d[1] = kBands;
  band.d[2] = kBandInputs;
  nvinfer1::Dims global{};
  global.nbDims = 2;
  global.d[0] = static_cast<std::int32_t>(sets);
  global.d[1] = kGlobalInputs;
  TORPOR_CHECK(check_done(execution_->setInputShape("band", band), "setInputShape band"));
  return check_done(execution_->setInputShape("global", global), "setInputShape global");
}

Status TensorRtBackend::enqueue(std::span<const TokenSet> batch, std::span<float> logits) {
  TORPOR_ASSERT(batch.size() * kBandFloats <= band_.size(), "tensorrt.memory_was_laid_out_for_the_batch");
  // A TokenSet holds both side by side, the engine wants two tensors.
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::memcpy(band_.data() + i * kBandFloats, batch[i].band.data(), kBandFloats * sizeof(float));
    std::memcpy(global_.data() + i * kGlobalInputs, batch[i].global.data(), kGlobalInputs * sizeof(float));
  }
  const cuda::DevicePointer band = memory();
  // By the largest batch: addresses do not move with the size of a batch.
  const cuda::DevicePointer global = band + band_.size() * sizeof(float);
  const cuda::DevicePointer answer = global + global_.size() * sizeof(float);
  TORPOR_CHECK(set_shapes(batch.size()));
  TORPOR_CHECK(check_done(execution_->setTensorAddress("band", pointer(band)), "setTensorAddress band"));
  TORPOR_CHECK(
      check_done(execution_->setTensorAddress("global", pointer(global)), "setTensorAddress global"));
  TORPOR_CHECK(check_done(execution_->setTensorAddress("logit", pointer(answer)), "setTensorAddress logit"));
  TORPOR_CHECK(
      check(driver().copy_in(band, band_.data(), batch.size() * kBandFloats * sizeof(float), stream()),
            "cuMemcpyHtoD"));
  TORPOR_CHECK(
      check(driver().copy_in(global, global_.data(), batch.size() * kGlobalInputs * sizeof(float), stream()),
            "cuMemcpyHtoD"));
  // The copies before and after stand in the same stream, which keeps the order.
  TORPOR_CHECK(check_done(execution_->enqueueV3(of_runtime(stream())), "enqueueV3"));
  return check(driver().copy_out(logits.data(), answer, logits.size_bytes(), stream()), "cuMemcpyDtoH");
}

// Each uses the one made before it.
void TensorRtBackend::close() {
  execution_.reset();
  engine_.reset();
  runtime_.reset();
}

}  // namespace torpor
