// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/device/driver.h"

#include "base/posix/shared_library.h"

namespace torpor::cuda {

Result<const Driver*> open_driver() {
  static Driver driver;
  if (driver.init != nullptr) return &driver;
  // By its version, as drivers ship it: the name without one is a developer's link.
  TORPOR_TRY(const SharedLibrary library,
             SharedLibrary::open({.reason = Reason::device_absent,
                                  .file = "libcuda.so.1",
                                  .provided_by = "the NVIDIA driver, on Debian package libcuda1"},
                                 SharedLibrary::Bind::now));
  // Filled beside the shared one, which must never be seen half full: its first member says that it is.
  Driver found;
#define TORPOR_DRIVER(member, symbol, parameters) TORPOR_CHECK(library.find(found.member, #symbol));
  TORPOR_DRIVER_CALLS
#undef TORPOR_DRIVER
  driver = found;
  return &driver;
}

}  // namespace torpor::cuda
