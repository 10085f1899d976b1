// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/device/driver.h"

// A driver without a device. Its memory is the host's, counted; its kernels are the same
// steps as loops. Stricter than the real one: nothing that is put into a stream happens
// before the stream is synchronised, a context is destroyed only when nothing of it is left,
// and what is not the driver's is not taken (std::abort()). One at a time.
namespace torpor::cuda {

class FakeDriver {
 public:
  FakeDriver();
  ~FakeDriver();
  FakeDriver(const FakeDriver&) = delete;
  FakeDriver& operator=(const FakeDriver&) = delete;

  const Driver* table() const { return &table_; }
  // Work of another library on the stream, done in its turn.
  void put_into_stream(std::function<void()> work) { stream_.push_back(std::move(work)); }
  // The n-th call from now on (from 1) fails, once; with a broken context every later call but
  // those that release does. 0: none.
  void fail_call(std::uint64_t n, Code code) {
    fail_at_ = n == 0 ? 0 : calls_ + n;
    fail_with_ = code;
  }
  void set_devices(int count) { devices_ = count; }
  std::uint64_t calls() const { return calls_; }
  // Names of the calls so far, those that failed with '!' behind.
  const std::vector<std::string>& log() const { return log_; }
  [[nodiscard]] bool holds_nothing() const {
    return contexts_ == 0 && modules_ == 0 && streams_ == 0 && memory_.empty();
  }

 private:
  friend struct FakeCalls;
  Code enter(const char* call);

  Driver table_;
  int devices_ = 1;
  std::uint64_t calls_ = 0;
  std::uint64_t fail_at_ = 0;
  Code fail_with_ = 0;
  std::vector<std::string> log_;
  bool initialised_ = false;
  int contexts_ = 0;
  int modules_ = 0;
  int streams_ = 0;
  std::map<DevicePointer, std::unique_ptr<std::byte[]>> memory_;
  std::vector<std::function<void()>> stream_;
};

}  // namespace torpor::cuda
