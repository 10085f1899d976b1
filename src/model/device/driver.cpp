// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/device/driver.h"

#include <dlfcn.h>

namespace torpor::cuda {

Result<const Driver*> open_driver() {
  static Driver driver;
  if (driver.init != nullptr) return &driver;
  // By its version, as drivers ship it: the name without one is a developer's link.
  void* library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    Error error{.reason = Reason::device_absent, .where = "libcuda.so.1"};
    error.found << "no NVIDIA driver on this machine";
    return error;
  }
  // Filled beside the shared one, which must never be seen half full: its first member says that it is.
  Driver found;
  // All are looked up before the answer, and the last one missing is named.
  const char* missing = nullptr;
#define TORPOR_DRIVER(member, symbol, parameters)                                     \
  found.member = reinterpret_cast<decltype(found.member)>(::dlsym(library, #symbol)); \
  if (found.member == nullptr) missing = #symbol;
  TORPOR_DRIVER_CALLS
#undef TORPOR_DRIVER
  if (missing != nullptr) {
    Error error{.reason = Reason::device_absent, .where = "libcuda.so.1"};
    error.found << "a driver without " << missing;
    return error;
  }
  driver = found;
  return &driver;
}

}  // namespace torpor::cuda
