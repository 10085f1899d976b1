// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/fake/recording_stub.h"

#include <NvInfer.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "model/cpu/cpu_backend.h"

namespace torpor {
namespace {

RecordingStub* stub = nullptr;

void must(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

struct StubCalls {
  static bool enter(const std::string& call) {
    ++stub->calls_;
    const bool fails = stub->calls_ == stub->fail_at_;
    stub->log_.push_back(call + (fails ? "!" : ""));
    return !fails;
  }
  static void made() { ++stub->alive_; }
  static void gone(const char* what) {
    --stub->alive_;
    stub->log_.push_back(std::string("~") + what);
  }
  static const ModelFile& model() { return stub->model_; }
  static cuda::FakeDriver& driver() { return stub->driver_; }
};

namespace {

using nvinfer1::Dims;

class Context final : public nvinfer1::IExecutionContext {
 public:
  Context() { StubCalls::made(); }
  ~Context() override { StubCalls::gone("context"); }
  bool setOptimizationProfileAsync(std::int32_t profile, cudaStream_t stream) noexcept override {
    must(profile == 0 && stream != nullptr);
    return StubCalls::enter("setOptimizationProfileAsync");
  }
  bool setInputShape(const char* name, const Dims& dims) noexcept override {
    sets_[name] = static_cast<std::size_t>(dims.d[0]);
    must(name == std::string("band") ? dims.nbDims == 3 && dims.d[1] == kBands && dims.d[2] == kBandInputs
                                     : dims.nbDims == 2 && dims.d[1] == kGlobalInputs);
    return StubCalls::enter(std::string("setInputShape ") + name);
  }
  bool setTensorAddress(const char* name, void* data) noexcept override {
    address_[name] = static_cast<float*>(data);
    return StubCalls::enter(std::string("setTensorAddress ") + name);
  }
  bool enqueueV3(cudaStream_t stream) noexcept override {
    must(stream != nullptr && sets_.at("band") == sets_.at("global") && address_.size() == 3);
    const bool done = StubCalls::enter("enqueueV3");
    if (done)
      StubCalls::driver().put_into_stream([sets = sets_.at("band"), at = address_] {
        answer(sets, at.at("band"), at.at("global"), at.at("logit"));
      });
    return done;
  }

 private:
  static void answer(std::size_t sets, const float* band, const float* global, float* logits) {
    std::vector<TokenSet> batch(sets);
    for (std::size_t i = 0; i < sets; ++i) {
      std::memcpy(batch[i].band.data(), band + i * kBands * kBandInputs, sizeof batch[i].band);
      std::memcpy(batch[i].global.data(), global + i * kGlobalInputs, sizeof batch[i].global);
    }
    CpuBackend cpu(reference_kernels());
    must(cpu.load(StubCalls::model(), sets).ok() && cpu.run(batch, {logits, sets}).ok());
  }
  std::map<std::string, std::size_t> sets_;
  std::map<std::string, float*> address_;
};

class Engine final : public nvinfer1::ICudaEngine {
 public:
  Engine() { StubCalls::made(); }
  ~Engine() override { StubCalls::gone("engine"); }
  nvinfer1::IExecutionContext* createExecutionContext() noexcept override {
    return StubCalls::enter("createExecutionContext") ? new Context : nullptr;
  }
};

class Runtime final : public nvinfer1::IRuntime {
 public:
  explicit Runtime(nvinfer1::ILogger& logger) : logger_(logger) { StubCalls::made(); }
  ~Runtime() override { StubCalls::gone("runtime"); }
  nvinfer1::ICudaEngine* deserializeCudaEngine(const void* plan, std::size_t bytes) noexcept override {
    must(plan != nullptr && bytes > 0);
    if (StubCalls::enter("deserializeCudaEngine")) return new Engine;
    logger_.log(nvinfer1::ILogger::Severity::kERROR, "the plan is broken");
    return nullptr;
  }

 private:
  nvinfer1::ILogger& logger_;
};

}  // namespace

RecordingStub::RecordingStub(cuda::FakeDriver& driver, const ModelFile& model)
    : driver_(driver), model_(model) {
  must(stub == nullptr);
  stub = this;
}

RecordingStub::~RecordingStub() { stub = nullptr; }

}  // namespace torpor

namespace nvinfer1 {

IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return torpor::StubCalls::enter("createInferRuntime") ? new torpor::Runtime(logger) : nullptr;
}

}  // namespace nvinfer1
