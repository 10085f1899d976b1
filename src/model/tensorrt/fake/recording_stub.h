// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "model/device/fake/fake_driver.h"
#include "model/model_file.h"

namespace torpor {

// TensorRT for tests: keeps the order of calls and destructions, fails the call it is told
// to, and answers with the reference kernels once the fake driver's stream is synchronised.
// One at a time, beside one FakeDriver.
class RecordingStub {
 public:
  // `model` is what the plan stands for.
  RecordingStub(cuda::FakeDriver& driver, const ModelFile& model);
  ~RecordingStub();
  RecordingStub(const RecordingStub&) = delete;
  RecordingStub& operator=(const RecordingStub&) = delete;

  // The n-th call from now on (from 1) fails, once; 0: none.
  void fail_call(std::uint64_t n) { fail_at_ = n == 0 ? 0 : calls_ + n; }
  std::uint64_t calls() const { return calls_; }
  const std::vector<std::string>& log() const { return log_; }
  int alive() const { return alive_; }  // objects not yet destroyed

 private:
  friend struct StubCalls;
  cuda::FakeDriver& driver_;
  const ModelFile& model_;
  std::uint64_t calls_ = 0;
  std::uint64_t fail_at_ = 0;
  int alive_ = 0;
  std::vector<std::string> log_;
};

}  // namespace torpor
