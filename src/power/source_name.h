// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/error.h"

namespace torpor {

// The name of a meter and, while its readings fail, the state it is in:
// "ina3221 VDD_IN", "ina3221 VDD_IN: EIO". Inside power only.
class SourceName {
 public:
  explicit SourceName(std::string_view name) : name_(name), shown_(name) {}
  void sound() { shown_ = name_; }
  // The errno by name, "absent", "denied", "bad value".
  void failed(const Error& error);
  // Any other state, in a word or two.
  void failed(std::string_view state) {
    shown_ = name_;
    shown_ << ": " << state;
  }
  std::string_view view() const { return shown_.view(); }

 private:
  FixedString<48> name_;
  FixedString<48> shown_;
};

}  // namespace torpor
