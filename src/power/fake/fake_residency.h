// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "power/residency.h"

namespace torpor {

// A compute device for tests that counts who holds it, and can be told to leak: release()
// then claims to be done and the device stays hot, as in the incident. A release without
// an acquire is a bug of the caller and traps.
class FakeResidency final : public ResidencyProbe {
 public:
  void acquire() { ++holders_; }
  Status release() {
    if (holders_ == 0) __builtin_trap();
    if (!leaking_) --holders_;
    return {};
  }
  // From now on. Ending the leak does not cool what is already held.
  void leak(bool yes) { leaking_ = yes; }
  // Nothing can be seen from now on (a missing capability).
  void hide(bool yes) { hidden_ = yes; }
  int holders() const { return holders_; }
  int checks() const { return checks_; }

  ResidencyState check(FixedString<64>& note) override {
    ++checks_;
    note.clear();
    if (hidden_) {
      note << "CAP_SYS_PTRACE is missing";
      return ResidencyState::unknown;
    }
    if (holders_ > 0) {
      note << "fake device held by " << holders_;
      return ResidencyState::resident;
    }
    note << "fake device idle";
    return ResidencyState::released;
  }

 private:
  int holders_ = 0;
  int checks_ = 0;
  bool leaking_ = false;
  bool hidden_ = false;
};

}  // namespace torpor
