// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Compiled where the toolkit is, and only to fail there if driver.h says something else than
// cuda.h about the calls it declares.
#include <cuda.h>

#include <type_traits>

#include "model/device/driver.h"

namespace torpor::cuda {
namespace {

// The same sizes and kinds, parameter by parameter, are the same call.
template <class Ours, class Theirs>
constexpr bool same_kind() {
  return sizeof(Ours) == sizeof(Theirs) && std::is_pointer_v<Ours> == std::is_pointer_v<Theirs>;
}
template <class Ours, class Theirs>
struct Same;
template <class... Ours, class... Theirs>
struct Same<Code (*)(Ours...), CUresult (*)(Theirs...)> {
  static constexpr bool value = sizeof...(Ours) == sizeof...(Theirs) && (same_kind<Ours, Theirs>() && ...);
};

#define TORPOR_DRIVER(member, symbol, parameters) \
  static_assert(Same<decltype(Driver::member), decltype(&::symbol)>::value, #symbol);
TORPOR_DRIVER_CALLS
#undef TORPOR_DRIVER

static_assert(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR == kCapabilityMajor &&
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR == kCapabilityMinor);
static_assert(CUDA_SUCCESS == 0 && CU_STREAM_NON_BLOCKING == kStreamNonBlocking &&
              CU_CTX_SCHED_BLOCKING_SYNC == kScheduleBlocking);

}  // namespace
}  // namespace torpor::cuda
