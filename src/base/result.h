// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "base/assertion.h"
#include "base/error.h"

namespace torpor {

// A value or the Error that kept it from being made. Reading the side that is not
// there is a bug and ends the program at once, in every build.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : ok_(true) { ::new (&value_) T(std::move(value)); }
  Result(Error error) : ok_(false) { ::new (&error_) Error(error); }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : ok_(other.ok_) {
    take(std::move(other));
  }
  Result(const Result& other) requires std::is_copy_constructible_v<T> : ok_(other.ok_) {
    if (ok_) {
      ::new (&value_) T(other.value_);
    } else {
      ::new (&error_) Error(other.error_);
    }
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      this->~Result();
      ok_ = other.ok_;
      take(std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (ok_) value_.~T();
  }

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  T& operator*() & { return must_be(true), value_; }
  const T& operator*() const& { return must_be(true), value_; }
  T&& operator*() && { return must_be(true), std::move(value_); }
  T* operator->() { return must_be(true), &value_; }
  const T* operator->() const { return must_be(true), &value_; }
  const Error& error() const { return must_be(false), error_; }

 private:
  void must_be(bool ok) const { TORPOR_ASSERT(ok_ == ok, "result.the_side_that_is_read_is_there"); }
  void take(Result&& other) {
    if (ok_) {
      ::new (&value_) T(std::move(other.value_));
    } else {
      ::new (&error_) Error(other.error_);
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : ok_(true) {}
  Result(Error error) : ok_(false), error_(error) {}
  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    TORPOR_ASSERT(!ok_, "result.an_error_that_is_read_is_there");
    return error_;
  }

 private:
  bool ok_;
  Error error_{};
};

using Status = Result<void>;

}  // namespace torpor

#define TORPOR_CONCAT_(a, b) a##b
#define TORPOR_CONCAT(a, b) TORPOR_CONCAT_(a, b)

// TORPOR_TRY(auto bytes, files.read(path, 4096)); hands the error to the caller.
#define TORPOR_TRY_(tmp, decl, expr) \
  auto tmp = (expr);                 \
  if (!tmp) return tmp.error();      \
  decl = *std::move(tmp)
#define TORPOR_TRY(decl, expr) TORPOR_TRY_(TORPOR_CONCAT(try_result_, __LINE__), decl, expr)

// For a Status: TORPOR_CHECK(files.replace(path, bytes, 0600));
#define TORPOR_CHECK_(tmp, expr) \
  if (auto tmp = (expr); !tmp) return tmp.error()
#define TORPOR_CHECK(expr) TORPOR_CHECK_(TORPOR_CONCAT(check_result_, __LINE__), expr)
