// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cuda/cuda_backend.h"

#include "base/assertion.h"

namespace torpor::cuda {
namespace {

constexpr unsigned kBlock = 128;  // threads
// Out of the same table as the kernels; their number is held against the enumeration below.
constexpr const char* kKernels[] = {
#define TORPOR_STEP(name) "torpor_" #name,
#include "model/cuda/steps.def"
#undef TORPOR_STEP
};
static_assert(std::size(kKernels) == kSteps);

}  // namespace

Status CudaBackend::probe() {
  // Before the driver is looked for: a build without kernels has nothing to run on any device.
  if (kernels_.empty())
    return Error{.reason = Reason::device_absent, .where = "cuda", .found = "a torpor built without CUDA"};
  return DeviceBackend::probe();
}

Status CudaBackend::prepare(const ModelFile& model, std::size_t max_batch) {
  image_ = make_image(model, net_);
  net_.sets = static_cast<std::uint32_t>(max_batch);
  return {};
}

std::size_t CudaBackend::device_bytes() { return place(net_, image_.size(), nullptr); }

Status CudaBackend::open() {
  // The module brings code for each architecture it was built for; one that is missing fails here, not at
  // a launch.
  TORPOR_CHECK(check(driver().module_load(&module_, kernels_.data()), "cuModuleLoadData"));
  for (std::uint32_t step = 0; step < kSteps; ++step)
    TORPOR_CHECK(check(driver().module_function(&functions_[step], module_, kKernels[step]), kKernels[step]));
  // Addresses of the device, never followed here.
  place(net_, image_.size(), reinterpret_cast<std::byte*>(memory()));
  TORPOR_CHECK(check(driver().copy_in(memory(), image_.data(), image_.size(), stream()), "cuMemcpyHtoD"));
  // Else the copy of the model would be counted as inference.
  return synchronize();
}

Status CudaBackend::enqueue(std::span<const TokenSet> batch, std::span<float> logits) {
  const auto address = [](const void* pointer) { return reinterpret_cast<DevicePointer>(pointer); };
  TORPOR_ASSERT(batch.size() <= net_.sets, "cuda.memory_was_laid_out_for_the_batch");
  // A batch may be smaller than what the memory was laid out for: only the count differs.
  Net net = net_;
  net.sets = static_cast<std::uint32_t>(batch.size());
  TORPOR_CHECK(check(driver().copy_in(address(net.tokens), batch.data(), batch.size_bytes(), stream()),
                     "cuMemcpyHtoD"));
  Status launched;
  // One stream runs its steps in order: none needs a wait for the one before.
  for_each_step(net, [&](KernelStep step, std::uint32_t layer) {
    if (!launched) return;
    std::uint32_t count = cells(net, step);
    // Copied by the driver before launch() returns, so locals will do.
    void* arguments[] = {&net, &layer, &count};
    const auto index = static_cast<std::uint32_t>(step);
    // Rounded up: threads behind `count` leave at once (steps.h).
    launched = check(driver().launch(functions_[index], (count + kBlock - 1) / kBlock, 1, 1, kBlock, 1, 1, 0,
                                     stream(), arguments, nullptr),
                     kKernels[index]);
  });
  TORPOR_CHECK(launched);
  return check(driver().copy_out(logits.data(), address(net.logits), logits.size_bytes(), stream()),
               "cuMemcpyDtoH");
}

// Its answer adds nothing: the context goes next, and with it all that is left of the module.
void CudaBackend::close() {
  if (module_ != nullptr) (void)driver().module_unload(module_);
  module_ = nullptr;
}

}  // namespace torpor::cuda

namespace torpor {

Result<std::unique_ptr<Backend>> make_cuda_backend(const BackendRequest& request) {
  return std::unique_ptr<Backend>(std::make_unique<cuda::CudaBackend>(request.clock));
}

}  // namespace torpor
