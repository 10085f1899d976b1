// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/backend/tensorrt_backend.h"

#include <cstring>

#include "model/model_file.h"

namespace torpor {
namespace {

constexpr std::size_t kBandFloats = kBands * kBandInputs;
constexpr cuda::Code kNoDevice = 100;  // CUDA_ERROR_NO_DEVICE

cudaStream_t of_runtime(cuda::Stream stream) { return reinterpret_cast<cudaStream_t>(stream); }
void* pointer(cuda::DevicePointer memory) { return reinterpret_cast<void*>(memory); }

}  // namespace

void TensorRtBackend::Logger::log(Severity severity, const char* message) noexcept {
  if (severity == Severity::kERROR || severity == Severity::kINTERNAL_ERROR) last = message;
}

Status TensorRtBackend::check(cuda::Code code, std::string_view call) const {
  if (code == 0) return {};
  const char* text = nullptr;
  if (driver_->error_name(code, &text) != 0 || text == nullptr) text = "unnamed error";
  Error error{.reason = code == kNoDevice ? Reason::device_absent : Reason::device_failed,
              .where = "tensorrt: "};
  error.where << call;
  error.found << text << " (" << code << ")";
  return error;
}

Status TensorRtBackend::check_done(bool done, std::string_view call) {
  if (done) return {};
  Error error{.reason = Reason::device_failed, .where = "tensorrt: ", .found = logger_.last};
  error.where << call;
  return error;
}

Status TensorRtBackend::probe() {
  if (driver_ != nullptr) return {};
  TORPOR_TRY(driver_, cuda::open_driver());
  return {};
}

Status TensorRtBackend::load(const ModelFile& model, std::size_t max_batch) {
  TORPOR_CHECK(release());
  max_batch_ = 0;
  TORPOR_TRY(file_, files_.read(plan_path_, kPlanHeaderBytes + kMaxPlanBytes));
  TORPOR_TRY(plan_, parse_plan_file(file_, plan_path_));
  TORPOR_CHECK(check_model(
      plan_.facts,
      {.tensorrt = kVersion, .max_batch = static_cast<std::uint32_t>(max_batch), .model = model.digest()}));
  band_.resize(max_batch * kBandFloats);
  global_.resize(max_batch * kGlobalInputs);
  max_batch_ = max_batch;
  return {};
}

Status TensorRtBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  if (max_batch_ == 0) return Error{.reason = Reason::model_not_loaded, .where = "tensorrt backend"};
  TORPOR_CHECK(check_batch("tensorrt backend", batch.size(), logits.size(), max_batch_));
  times_ = {};
  if (!awake_) TORPOR_CHECK(wake());
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(infer(batch, logits));
  times_.infer = clock_.now().boot - began;
  return {};
}

Status TensorRtBackend::wake() {
  TORPOR_CHECK(probe());
  TORPOR_CHECK(release());
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(take_device());
  const BootTime ready = clock_.now().boot;
  TORPOR_CHECK(open_engine());
  times_.init = ready - began;
  times_.load = clock_.now().boot - ready;
  awake_ = true;
  return {};
}

// What the device is, is asked before a context wakes it.
Status TensorRtBackend::take_device() {
  TORPOR_CHECK(check(driver_->init(0), "cuInit"));
  int count = 0;
  TORPOR_CHECK(check(driver_->device_count(&count), "cuDeviceGetCount"));
  if (count == 0) return check(kNoDevice, "cuDeviceGetCount");
  cuda::Device device = 0;
  TORPOR_CHECK(check(driver_->device_get(&device, 0), "cuDeviceGet"));
  int major = 0;
  int minor = 0;
  TORPOR_CHECK(
      check(driver_->device_attribute(&major, cuda::kCapabilityMajor, device), "cuDeviceGetAttribute"));
  TORPOR_CHECK(
      check(driver_->device_attribute(&minor, cuda::kCapabilityMinor, device), "cuDeviceGetAttribute"));
  TORPOR_CHECK(check_device(plan_.facts, static_cast<std::uint32_t>(major * 10 + minor)));
  TORPOR_CHECK(check(driver_->context_create(&context_, cuda::kScheduleBlocking, device), "cuCtxCreate"));
  return check(driver_->stream_create(&stream_, cuda::kStreamNonBlocking), "cuStreamCreate");
}

Status TensorRtBackend::open_engine() {
  const std::size_t bytes = (band_.size() + global_.size() + max_batch_) * sizeof(float);
  TORPOR_CHECK(check(driver_->memory_allocate(&memory_, bytes), "cuMemAlloc"));
  logger_.last.clear();
  runtime_.reset(nvinfer1::createInferRuntime(logger_));
  TORPOR_CHECK(check_done(runtime_ != nullptr, "createInferRuntime"));
  engine_.reset(runtime_->deserializeCudaEngine(plan_.plan.data(), plan_.plan.size()));
  TORPOR_CHECK(check_done(engine_ != nullptr, "deserializeCudaEngine"));
  execution_.reset(engine_->createExecutionContext());
  TORPOR_CHECK(check_done(execution_ != nullptr, "createExecutionContext"));
  return check_done(execution_->setOptimizationProfileAsync(0, of_runtime(stream_)),
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

Status TensorRtBackend::infer(std::span<const TokenSet> batch, std::span<float> logits) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::memcpy(band_.data() + i * kBandFloats, batch[i].band.data(), kBandFloats * sizeof(float));
    std::memcpy(global_.data() + i * kGlobalInputs, batch[i].global.data(), kGlobalInputs * sizeof(float));
  }
  const cuda::DevicePointer band = memory_;
  const cuda::DevicePointer global = band + band_.size() * sizeof(float);
  const cuda::DevicePointer answer = global + global_.size() * sizeof(float);
  TORPOR_CHECK(set_shapes(batch.size()));
  TORPOR_CHECK(check_done(execution_->setTensorAddress("band", pointer(band)), "setTensorAddress band"));
  TORPOR_CHECK(
      check_done(execution_->setTensorAddress("global", pointer(global)), "setTensorAddress global"));
  TORPOR_CHECK(check_done(execution_->setTensorAddress("logit", pointer(answer)), "setTensorAddress logit"));
  TORPOR_CHECK(
      check(driver_->copy_in(band, band_.data(), batch.size() * kBandFloats * sizeof(float), stream_),
            "cuMemcpyHtoD"));
  TORPOR_CHECK(
      check(driver_->copy_in(global, global_.data(), batch.size() * kGlobalInputs * sizeof(float), stream_),
            "cuMemcpyHtoD"));
  TORPOR_CHECK(check_done(execution_->enqueueV3(of_runtime(stream_)), "enqueueV3"));
  TORPOR_CHECK(check(driver_->copy_out(logits.data(), answer, logits.size_bytes(), stream_), "cuMemcpyDtoH"));
  // The incident was an enqueue without this.
  return check(driver_->stream_synchronize(stream_), "cuStreamSynchronize");
}

// As cuda::CudaBackend::release(): the context that is destroyed is the answer that counts.
Status TensorRtBackend::release() {
  awake_ = false;
  if (context_ == nullptr) return {};
  const BootTime began = clock_.now().boot;
  if (stream_ != nullptr) (void)driver_->stream_synchronize(stream_);
  execution_.reset();
  engine_.reset();
  runtime_.reset();
  if (memory_ != 0) (void)driver_->memory_free(memory_);
  if (stream_ != nullptr) (void)driver_->stream_destroy(stream_);
  memory_ = 0;
  stream_ = nullptr;
  const Status destroyed = check(driver_->context_destroy(context_), "cuCtxDestroy");
  context_ = nullptr;
  times_.teardown = clock_.now().boot - began;
  return destroyed;
}

}  // namespace torpor
