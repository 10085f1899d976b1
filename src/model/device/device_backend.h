// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string_view>

#include "model/backend.h"
#include "model/device/driver.h"

namespace torpor::cuda {

// The life of a backend on the first NVIDIA GPU, the same whatever computes there. probe()
// and load() stay away from the device; run() wakes it where it sleeps, and waits for its
// answer; release() gives back everything in the opposite order of taking:
//
//   taken     context, stream, memory, what open() makes (kernels or engine)
//   released  stream synchronised; what open() made; memory; stream; context
//
// and is done only when the context is destroyed: with it the device can sleep.
//
// A backend on a GPU derives from this, fills in what differs, and calls release() in its own
// destructor, while what it adds is still there. One thread.
//
// Errors beside Backend's: device_absent (no driver, no GPU), device_failed with the driver's
// call and its name for the error. After either, release() and run() may be tried again.
class DeviceBackend : public Backend {
 public:
  DeviceBackend(const DeviceBackend&) = delete;
  DeviceBackend& operator=(const DeviceBackend&) = delete;
  ~DeviceBackend() override;

  Status probe() override;
  Status load(const ModelFile& model, std::size_t max_batch) final;
  Status run(std::span<const TokenSet> batch, std::span<float> logits) final;
  Status release() final;
  // `init`: until context and stream are there; `load`: code and model onto the device.
  BackendTimes times() const final { return times_; }

  // What the driver says is free on the device; only between run() and release().
  Result<std::size_t> free_bytes() const;

 protected:
  // `clock` is real time. A driver other than this machine's (null) is for tests.
  DeviceBackend(const Clock& clock, const Driver* driver) : clock_(clock), driver_(driver) {}

  // In the order of life. All but the first run with probe() done.
  // Of load(): all that needs no device. The device is released.
  virtual Status prepare(const ModelFile& model, std::size_t max_batch) = 0;
  // What the device is may be asked before a context wakes it. An error leaves it asleep.
  virtual Status inspect(Device) { return {}; }
  // Of the one block at memory(), for the largest batch.
  virtual std::size_t device_bytes() = 0;
  // Context, stream and memory are there. Where it fails, close() is called all the same.
  virtual Status open() = 0;
  // Puts one batch and the way back of its logits into the stream. run() synchronises it.
  virtual Status enqueue(std::span<const TokenSet> batch, std::span<float> logits) = 0;
  // Gives back what open() made, newest first, as far as it came. The stream is synchronised.
  virtual void close() = 0;

  const Driver& driver() const { return *driver_; }
  Stream stream() const { return stream_; }
  DevicePointer memory() const { return memory_; }
  std::size_t max_batch() const { return max_batch_; }
  Status check(Code code, std::string_view call) const;
  Status synchronize() const;

 private:
  Status wake();
  Status take_device();

  const Clock& clock_;
  const Driver* driver_;
  std::size_t max_batch_ = 0;  // 0: nothing loaded
  BackendTimes times_;

  // Held between run() and release(), in the order of taking.
  Context context_ = nullptr;
  Stream stream_ = nullptr;
  DevicePointer memory_ = 0;
  bool awake_ = false;  // all of it, and what open() made
};

}  // namespace torpor::cuda
