// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/device/fake/fake_driver.h"

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "model/cuda/steps.h"

namespace torpor::cuda {
namespace {

FakeDriver* fake = nullptr;

void must(bool ok) {
  if (!ok) std::abort();
}

// Handles that cannot be mistaken for memory.
template <class Handle>
Handle handle(std::uintptr_t value) {
  return reinterpret_cast<Handle>(value);
}

}  // namespace

struct FakeCalls {
  static Code init(unsigned) {
    const Code code = fake->enter("init");
    fake->initialised_ = code == 0;
    return code;
  }
  static Code error_name(Code, const char** name) {
    *name = "FAKE_ERROR";
    return 0;
  }
  static Code device_count(int* count) {
    must(fake->initialised_);
    *count = fake->devices_;
    return fake->enter("device_count");
  }
  static Code device_get(Device* device, int ordinal) {
    must(ordinal < fake->devices_);
    *device = 7;
    return fake->enter("device_get");
  }
  static Code device_attribute(int* value, int attribute, Device device) {
    must(device == 7 && (attribute == kCapabilityMajor || attribute == kCapabilityMinor));
    *value = attribute == kCapabilityMajor ? 8 : 7;  // an Orin
    return fake->enter("device_attribute");
  }
  static Code context_create(Context* context, unsigned flags, Device device) {
    must(device == 7 && flags == kScheduleBlocking && fake->contexts_ == 0);
    const Code code = fake->enter("context_create");
    if (code != 0) return code;
    ++fake->contexts_;
    *context = handle<Context>(0x10);
    return 0;
  }
  static Code context_destroy(Context context) {
    must(context == handle<Context>(0x10) && fake->contexts_ == 1);
    must(fake->modules_ == 0 && fake->streams_ == 0 && fake->memory_.empty());
    const Code code = fake->enter("context_destroy");
    --fake->contexts_;
    return code;
  }
  static Code memory_info(std::size_t* free, std::size_t* total) {
    *free = 1000 - fake->memory_.size();
    *total = 1000;
    return fake->enter("memory_info");
  }
  static Code module_load(Module* module, const void* image) {
    must(image != nullptr && fake->contexts_ == 1);
    const Code code = fake->enter("module_load");
    if (code != 0) return code;
    ++fake->modules_;
    *module = handle<Module>(0x20);
    return 0;
  }
  static Code module_unload(Module module) {
    must(module == handle<Module>(0x20) && fake->modules_ == 1);
    --fake->modules_;
    return fake->enter("module_unload");
  }
  static Code module_function(Function* function, Module module, const char* name) {
    must(module == handle<Module>(0x20));
    constexpr std::string_view kNames[] = {
#define TORPOR_STEP(step) "torpor_" #step,
#include "model/cuda/steps.def"
#undef TORPOR_STEP
    };
    std::uintptr_t index = 0;
    while (index < kSteps && kNames[index] != name) ++index;
    must(index < kSteps);
    *function = handle<Function>(0x100 + index);
    return fake->enter("module_function");
  }
  static Code stream_create(Stream* stream, unsigned flags) {
    must(flags == kStreamNonBlocking);
    const Code code = fake->enter("stream_create");
    if (code != 0) return code;
    ++fake->streams_;
    *stream = handle<Stream>(0x30);
    return 0;
  }
  static Code stream_synchronize(Stream stream) {
    must(stream == handle<Stream>(0x30) && fake->streams_ == 1);
    const Code code = fake->enter("stream_synchronize");
    if (code == 0)
      for (const auto& work : fake->stream_) work();
    fake->stream_.clear();
    return code;
  }
  static Code stream_destroy(Stream stream) {
    must(stream == handle<Stream>(0x30) && fake->streams_ == 1);
    --fake->streams_;
    return fake->enter("stream_destroy");
  }
  static Code memory_allocate(DevicePointer* memory, std::size_t bytes) {
    const Code code = fake->enter("memory_allocate");
    if (code != 0) return code;
    auto block = std::make_unique<std::byte[]>(bytes + 64);
    std::memset(block.get(), 0x5a, bytes + 64);  // fresh device memory holds anything
    *memory = (reinterpret_cast<DevicePointer>(block.get()) + 63) / 64 * 64;
    fake->memory_[*memory] = std::move(block);
    return 0;
  }
  static Code memory_free(DevicePointer memory) {
    must(fake->stream_.empty() && fake->memory_.erase(memory) == 1);
    return fake->enter("memory_free");
  }
  static Code copy_in(DevicePointer to, const void* from, std::size_t bytes, Stream) {
    const Code code = fake->enter("copy_in");
    if (code == 0) fake->stream_.push_back([=] { std::memcpy(reinterpret_cast<void*>(to), from, bytes); });
    return code;
  }
  static Code copy_out(void* to, DevicePointer from, std::size_t bytes, Stream) {
    const Code code = fake->enter("copy_out");
    if (code == 0)
      fake->stream_.push_back([=] { std::memcpy(to, reinterpret_cast<const void*>(from), bytes); });
    return code;
  }
  static Code launch(Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                     unsigned block_y, unsigned block_z, unsigned, Stream, void** arguments, void**) {
    must(grid_y * grid_z * block_y * block_z == 1);
    const Code code = fake->enter("launch");
    if (code != 0) return code;
    const auto step = static_cast<KernelStep>(reinterpret_cast<std::uintptr_t>(function) - 0x100);
    const Net net = *static_cast<const Net*>(arguments[0]);
    const auto layer = *static_cast<const std::uint32_t*>(arguments[1]);
    const auto count = *static_cast<const std::uint32_t*>(arguments[2]);
    must(std::uint64_t{grid_x} * block_x >= count);
    fake->stream_.push_back([=] {
      // From the last to the first: no cell may count on the one before it.
      for (std::uint32_t i = count; i-- > 0;) run_cell(net, step, layer, i);
    });
    return 0;
  }
};

FakeDriver::FakeDriver() {
  must(fake == nullptr);
  fake = this;
#define TORPOR_DRIVER(member, symbol, parameters) table_.member = &FakeCalls::member;
  TORPOR_DRIVER_CALLS
#undef TORPOR_DRIVER
}

FakeDriver::~FakeDriver() { fake = nullptr; }

Code FakeDriver::enter(const char* call) {
  ++calls_;
  const bool fails = calls_ == fail_at_;
  log_.push_back(std::string(call) + (fails ? "!" : ""));
  return fails ? fail_with_ : 0;
}

}  // namespace torpor::cuda
