// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/device/device_backend.h"

#include "base/assertion.h"

namespace torpor::cuda {
namespace {

constexpr Code kNoDevice = 100;  // CUDA_ERROR_NO_DEVICE

}  // namespace

// Too late to release: what open() made went with the derived part.
DeviceBackend::~DeviceBackend() {
  TORPOR_ASSERT(context_ == nullptr, "device.a_backend_gives_its_device_back_before_it_goes");
}

Status DeviceBackend::check(Code code, std::string_view call) const {
  if (code == 0) return {};
  // The name is asked for even of a broken context: it is a table in the driver.
  const char* text = nullptr;
  if (driver_->error_name(code, &text) != 0 || text == nullptr) text = "unnamed error";
  Error error{.reason = code == kNoDevice ? Reason::device_absent : Reason::device_failed};
  error.where << name() << ": " << call;
  error.found << text << " (" << code << ")";
  return error;
}

Status DeviceBackend::synchronize() const {
  return check(driver_->stream_synchronize(stream_), "cuStreamSynchronize");
}

Status DeviceBackend::probe() {
  // Kept, also over a release: opening the library wakes nothing and cannot be taken back.
  if (driver_ != nullptr) return {};
  TORPOR_TRY(driver_, open_driver());
  return {};
}

Status DeviceBackend::load(const ModelFile& model, std::size_t max_batch) {
  // The device may still be awake with the model before this one.
  TORPOR_CHECK(release());
  max_batch_ = 0;  // a model that is refused leaves none behind, not the one before
  TORPOR_CHECK(prepare(model, max_batch));
  max_batch_ = max_batch;
  return {};
}

Status DeviceBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  FixedString<24> who;
  who << name() << " backend";
  if (max_batch_ == 0) return Error{.reason = Reason::model_not_loaded, .where = who.view()};
  TORPOR_CHECK(check_batch(who.view(), batch.size(), logits.size(), max_batch_));
  times_ = {};
  // Left awake where the residency policy keeps it; then only inference is timed.
  if (!awake_) TORPOR_CHECK(wake());
  TORPOR_ASSERT(context_ != nullptr && stream_ != nullptr && memory_ != 0,
                "device.work_needs_context_stream_and_memory");
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(enqueue(batch, logits));
  // The incident was an enqueue without this. Here, so that no backend can forget it.
  TORPOR_CHECK(synchronize());
  times_.infer = clock_.now().boot - began;
  return {};
}

// What was taken before a failure stays until release(), which the caller owes anyway.
Status DeviceBackend::wake() {
  TORPOR_CHECK(probe());
  // A wake that failed half way left what it had taken.
  TORPOR_CHECK(release());
  TORPOR_ASSERT(context_ == nullptr && stream_ == nullptr && memory_ == 0,
                "device.a_wake_starts_with_nothing_held");
  const BootTime began = clock_.now().boot;
  TORPOR_CHECK(take_device());
  const BootTime ready = clock_.now().boot;
  // One block for all: one call to fail, and one to give back.
  TORPOR_CHECK(check(driver_->memory_allocate(&memory_, device_bytes()), "cuMemAlloc"));
  TORPOR_CHECK(open());
  times_.init = ready - began;
  times_.load = clock_.now().boot - ready;
  // Last: until here run() must not believe in anything.
  awake_ = true;
  return {};
}

Status DeviceBackend::take_device() {
  TORPOR_CHECK(check(driver_->init(0), "cuInit"));
  int count = 0;
  TORPOR_CHECK(check(driver_->device_count(&count), "cuDeviceGetCount"));
  if (count == 0) return check(kNoDevice, "cuDeviceGetCount");
  Device device = 0;
  TORPOR_CHECK(check(driver_->device_get(&device, 0), "cuDeviceGet"));
  // Before the context: a device the plan was not made for stays asleep.
  TORPOR_CHECK(inspect(device));
  TORPOR_CHECK(check(driver_->context_create(&context_, kScheduleBlocking, device), "cuCtxCreate"));
  return check(driver_->stream_create(&stream_, kStreamNonBlocking), "cuStreamCreate");
}

// A broken context answers every call with the error that broke it; destroying it frees all
// that was its own. So that is the one answer that counts, and the others are dropped.
Status DeviceBackend::release() {
  // First: whatever fails below, the next run() begins with a wake.
  awake_ = false;
  if (context_ == nullptr) {
    TORPOR_ASSERT(stream_ == nullptr && memory_ == 0, "device.nothing_is_held_without_a_context");
    return {};
  }
  const BootTime began = clock_.now().boot;
  // First of all: what is still in the stream uses what goes next.
  if (stream_ != nullptr) (void)driver_->stream_synchronize(stream_);
  // Also where open() failed half way: close() takes what is there.
  close();
  if (memory_ != 0) (void)driver_->memory_free(memory_);
  if (stream_ != nullptr) (void)driver_->stream_destroy(stream_);
  memory_ = 0;
  stream_ = nullptr;
  const Status destroyed = check(driver_->context_destroy(context_), "cuCtxDestroy");
  context_ = nullptr;
  times_.teardown = clock_.now().boot - began;
  return destroyed;
}

Result<std::size_t> DeviceBackend::free_bytes() const {
  if (!awake_) {
    Error error{.reason = Reason::model_not_loaded};
    error.where << name() << ": asleep";
    return error;
  }
  std::size_t free = 0;
  std::size_t total = 0;
  TORPOR_CHECK(check(driver_->memory_info(&free, &total), "cuMemGetInfo"));
  return free;
}

}  // namespace torpor::cuda
