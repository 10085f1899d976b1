// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace torpor {

// A library that is opened when it is needed and not linked: whoever never needs it neither has to
// install it nor carries it in memory. It stays open for the rest of the process, since functions of
// it are kept. One thread, as dlopen() beside a running one is the caller's affair.
class SharedLibrary {
 public:
  // What to say where it is not there. The texts outlive the library.
  struct Need {
    Reason reason{};
    const char* file = nullptr;      // as the loader finds it: "libsndfile.so.1"
    std::string_view provided_by{};  // what to install: "libsndfile, Debian package libsndfile1"
  };
  // lazy: a function is bound when it is first called, for libraries of which little is.
  enum class Bind : std::uint8_t { lazy, now };

  // Names of the library stay its own: nothing loaded later binds to them. Error: need.reason, with
  // file, the loader's words and what provides it.
  static Result<SharedLibrary> open(const Need& need, Bind bind);

  // Points `function` at the function of that name. Error: need.reason, naming it.
  template <class F>
  Status find(F*& function, const char* symbol) const {
    TORPOR_TRY(void* const found, address_of(symbol));
    function = reinterpret_cast<F*>(found);
    return {};
  }

 private:
  SharedLibrary(const Need& need, void* handle) : need_(need), handle_(handle) {}
  Result<void*> address_of(const char* symbol) const;
  Need need_;
  void* handle_;
};

}  // namespace torpor
