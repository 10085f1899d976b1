// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cuda/cuda_backend.h"

namespace torpor::cuda {
namespace {

constexpr unsigned kBlock = 128;  // threads
constexpr Code kNoDevice = 100;   // CUDA_ERROR_NO_DEVICE
constexpr const char* kKernels[] = {
#define TORPOR_STEP(name) "torpor_" #name,
#include "model/cuda/steps.def"
#undef TORPOR_STEP
};
static_assert(std::size(kKernels) == kSteps);

}  // namespace

Status CudaBackend::check(Code code, std::string_view call) const {
  if (code == 0) return {};
  const char* text = nullptr;
  if (driver_->error_name(code, &text) != 0 || text == nullptr) text = "unnamed error";
  Error error{.reason = code == kNoDevice ? Reason::device_absent : Reason::device_failed, .where = "cuda: "};
  error.where << call;
  error.found << text << " (" << code << ")";
  return error;
}

Status CudaBackend::probe() {
  if (kernels_.empty())
    return Error{.reason = Reason::device_absent, .where = "cuda", .found = "a torpor built without CUDA"};
  if (driver_ != nullptr) return {};
  TORPOR_TRY(driver_, open_driver());
  return {};
}

Status CudaBackend::load(const ModelFile& model, std::size_t max_batch) {
  TORPOR_CHECK(release());
  image_ = make_image(model, net_);
  net_.sets = static_cast<std::uint32_t>(max_batch);
  max_batch_ = max_batch;
  return {};
}

Status CudaBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  if (max_batch_ == 0) return Error{.reason = Reason::model_not_loaded, .where = "cuda backend"};
  TORPOR_CHECK(check_batch("cuda backend", batch.size(), logits.size(), max_batch_));
  times_ = {};
  if (!awake_) TORPOR_CHECK(wake());
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(infer(batch, logits));
  times_.infer = clock_.now().boot - began;
  return {};
}

// What was taken before a failure stays until release(), which the caller owes anyway.
Status CudaBackend::wake() {
  TORPOR_CHECK(probe());
  TORPOR_CHECK(release());
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(take_device());
  const BootTime ready = clock_.now().boot;
  TORPOR_CHECK(copy_model());
  times_.init = ready - began;
  times_.load = clock_.now().boot - ready;
  awake_ = true;
  return {};
}

Status CudaBackend::take_device() {
  TORPOR_CHECK(check(driver_->init(0), "cuInit"));
  int count = 0;
  TORPOR_CHECK(check(driver_->device_count(&count), "cuDeviceGetCount"));
  if (count == 0) return check(kNoDevice, "cuDeviceGetCount");
  Device device = 0;
  TORPOR_CHECK(check(driver_->device_get(&device, 0), "cuDeviceGet"));
  TORPOR_CHECK(check(driver_->context_create(&context_, kScheduleBlocking, device), "cuCtxCreate"));
  TORPOR_CHECK(check(driver_->module_load(&module_, kernels_.data()), "cuModuleLoadData"));
  for (std::uint32_t step = 0; step < kSteps; ++step)
    TORPOR_CHECK(check(driver_->module_function(&functions_[step], module_, kKernels[step]), kKernels[step]));
  return check(driver_->stream_create(&stream_, kStreamNonBlocking), "cuStreamCreate");
}

Status CudaBackend::copy_model() {
  const std::size_t bytes = place(net_, image_.size(), nullptr);
  TORPOR_CHECK(check(driver_->memory_allocate(&memory_, bytes), "cuMemAlloc"));
  place(net_, image_.size(), reinterpret_cast<std::byte*>(memory_));
  TORPOR_CHECK(check(driver_->copy_in(memory_, image_.data(), image_.size(), stream_), "cuMemcpyHtoD"));
  return check(driver_->stream_synchronize(stream_), "cuStreamSynchronize");
}

Status CudaBackend::infer(std::span<const TokenSet> batch, std::span<float> logits) {
  const auto address = [](const void* pointer) { return reinterpret_cast<DevicePointer>(pointer); };
  Net net = net_;
  net.sets = static_cast<std::uint32_t>(batch.size());
  TORPOR_CHECK(check(driver_->copy_in(address(net.tokens), batch.data(), batch.size_bytes(), stream_),
                     "cuMemcpyHtoD"));
  Status launched;
  for_each_step(net, [&](Step step, std::uint32_t layer) {
    if (!launched) return;
    std::uint32_t count = cells(net, step);
    void* arguments[] = {&net, &layer, &count};
    const auto index = static_cast<std::uint32_t>(step);
    launched = check(driver_->launch(functions_[index], (count + kBlock - 1) / kBlock, 1, 1, kBlock, 1, 1, 0,
                                     stream_, arguments, nullptr),
                     kKernels[index]);
  });
  TORPOR_CHECK(launched);
  TORPOR_CHECK(check(driver_->copy_out(logits.data(), address(net.logits), logits.size_bytes(), stream_),
                     "cuMemcpyDtoH"));
  return check(driver_->stream_synchronize(stream_), "cuStreamSynchronize");
}

// A broken context answers every call with the error that broke it; destroying it frees all
// that was its own. So that is the one answer that counts.
Status CudaBackend::release() {
  awake_ = false;
  if (context_ == nullptr) return {};
  const BootTime began = clock_.now().boot;
  if (stream_ != nullptr) (void)driver_->stream_synchronize(stream_);
  if (memory_ != 0) (void)driver_->memory_free(memory_);
  if (stream_ != nullptr) (void)driver_->stream_destroy(stream_);
  if (module_ != nullptr) (void)driver_->module_unload(module_);
  memory_ = 0;
  stream_ = nullptr;
  module_ = nullptr;
  const Status destroyed = check(driver_->context_destroy(context_), "cuCtxDestroy");
  context_ = nullptr;
  times_.teardown = clock_.now().boot - began;
  return destroyed;
}

Result<std::size_t> CudaBackend::free_bytes() const {
  if (!awake_) return Error{.reason = Reason::model_not_loaded, .where = "cuda: asleep"};
  std::size_t free = 0;
  std::size_t total = 0;
  TORPOR_CHECK(check(driver_->memory_info(&free, &total), "cuMemGetInfo"));
  return free;
}

}  // namespace torpor::cuda
