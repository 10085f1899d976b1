// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

// The calls of the CUDA driver API that torpor makes, and no more, so that one binary runs
// with and without a GPU: libcuda.so.1 is opened when first needed. Types and values as in
// the driver's ABI; driver_check.cu compares them with the toolkit's cuda.h.
namespace torpor::cuda {

using Code = int;  // CUresult; 0 is success
using Device = int;
using DevicePointer = unsigned long long;
struct ContextTag;
struct ModuleTag;
struct FunctionTag;
struct StreamTag;
using Context = ContextTag*;
using Module = ModuleTag*;
using Function = FunctionTag*;
using Stream = StreamTag*;

inline constexpr int kCapabilityMajor = 75;
inline constexpr int kCapabilityMinor = 76;
inline constexpr unsigned kStreamNonBlocking = 1;
inline constexpr unsigned kScheduleBlocking = 4;  // wait asleep, not in a loop

// TORPOR_DRIVER(member, symbol, parameters)
#define TORPOR_DRIVER_CALLS                                                                                  \
  TORPOR_DRIVER(init, cuInit, (unsigned flags))                                                              \
  TORPOR_DRIVER(error_name, cuGetErrorName, (Code code, const char** name))                                  \
  TORPOR_DRIVER(device_count, cuDeviceGetCount, (int* count))                                                \
  TORPOR_DRIVER(device_get, cuDeviceGet, (Device * device, int ordinal))                                     \
  TORPOR_DRIVER(device_attribute, cuDeviceGetAttribute, (int* value, int attribute, Device device))          \
  TORPOR_DRIVER(context_create, cuCtxCreate_v2, (Context * context, unsigned flags, Device device))          \
  TORPOR_DRIVER(context_destroy, cuCtxDestroy_v2, (Context context))                                         \
  TORPOR_DRIVER(memory_info, cuMemGetInfo_v2, (std::size_t * free_bytes, std::size_t * total_bytes))         \
  TORPOR_DRIVER(module_load, cuModuleLoadData, (Module * module, const void* image))                         \
  TORPOR_DRIVER(module_unload, cuModuleUnload, (Module module))                                              \
  TORPOR_DRIVER(module_function, cuModuleGetFunction, (Function * function, Module module, const char*))     \
  TORPOR_DRIVER(stream_create, cuStreamCreate, (Stream * stream, unsigned flags))                            \
  TORPOR_DRIVER(stream_synchronize, cuStreamSynchronize, (Stream stream))                                    \
  TORPOR_DRIVER(stream_destroy, cuStreamDestroy_v2, (Stream stream))                                         \
  TORPOR_DRIVER(memory_allocate, cuMemAlloc_v2, (DevicePointer * memory, std::size_t bytes))                 \
  TORPOR_DRIVER(memory_free, cuMemFree_v2, (DevicePointer memory))                                           \
  TORPOR_DRIVER(copy_in, cuMemcpyHtoDAsync_v2,                                                               \
                (DevicePointer to, const void* from, std::size_t bytes, Stream stream))                      \
  TORPOR_DRIVER(copy_out, cuMemcpyDtoHAsync_v2,                                                              \
                (void* to, DevicePointer from, std::size_t bytes, Stream stream))                            \
  TORPOR_DRIVER(launch, cuLaunchKernel,                                                                      \
                (Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,     \
                 unsigned block_y, unsigned block_z, unsigned shared_bytes, Stream stream, void** arguments, \
                 void** extra))

// A table of them; a test gives one of its own.
struct Driver {
#define TORPOR_DRIVER(member, symbol, parameters) Code(*member) parameters = nullptr;
  TORPOR_DRIVER_CALLS
#undef TORPOR_DRIVER
};

// From libcuda.so.1, which stays open. Wakes no device. device_absent when the library or one
// of the calls is not there.
Result<const Driver*> open_driver();

}  // namespace torpor::cuda
