// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/error.h"

namespace torpor {

// The name of a meter and, while its readings fail, the state it is in:
// "ina3221 VDD_IN", "ina3221 VDD_IN: EIO". A name of at most 32 characters leaves room for it.
// Inside power only.
class SourceName {
 public:
  explicit SourceName(std::string_view name) : name_(name), shown_(name) {}
  void sound() {
    shown_ = name_;
    state_.clear();
  }
  // The errno by name, "absent", "denied", "bad value".
  void failed(const Error& error);
  // Any other state, in a word or two.
  void failed(std::string_view state) {
    state_ = state;
    shown_ = name_;
    shown_ << ": " << state;
  }
  std::string_view view() const { return shown_.view(); }
  std::string_view state() const { return state_.view(); }  // empty while sound

 private:
  FixedString<48> name_;
  FixedString<48> shown_;
  FixedString<24> state_;
};

}  // namespace torpor
