// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What every backend must do, on the model that ships. Those that need a device are skipped,
// with the reason, where there is none; on a machine with one: tools/dev gpu.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <cmath>
#include <functional>

#include "base/fake/places.h"
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "model/backends/backends.h"
#include "model/cpu/cpu_backend.h"
#include "model/cuda/cuda_backend.h"
#include "model/device/fake/fake_driver.h"
#include "model/fake/models.h"
#include "model/tensorrt/fake/recording_stub.h"
#include "model/tensorrt/plan_file.h"
#include "model/tensorrt/plugin.h"
#include "model/worker/worker_backend.h"

namespace torpor {
namespace {

const std::string kModel = in_source("data/detector.model");
constexpr std::size_t kBatch = 8;
const PosixClock kClock = PosixClock::unscaled();

// A backend in its surroundings.
struct Subject {
  std::unique_ptr<Backend> backend;
  float bound = 0;  // of |logit - reference|; 0: bit for bit
  // After release(), as far as it can be seen from outside.
  std::function<bool()> holds_nothing = [] { return true; };
  std::string skip;                                 // why it cannot be tried here
  std::vector<std::shared_ptr<void>> surroundings;  // outlive the backend

  Subject() = default;
  Subject(Subject&&) = default;
  ~Subject() {
    backend.reset();
    while (!surroundings.empty()) surroundings.pop_back();
  }
};

struct Case {
  std::string name;
  std::function<Subject(const ModelFile& model)> make;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

Subject cpu(const Kernels& kernels) {
  Subject subject;
  subject.backend = std::make_unique<CpuBackend>(kernels);
  return subject;
}

bool no_child() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

Subject worker(WorkerPolicy policy) {
  Subject subject;
  subject.backend =
      std::make_unique<WorkerBackend>(WorkerBackend::Setup{.program = in_build("bin/torpor-stand-in-worker"),
                                                           .backend = "cpu",
                                                           .model_path = kModel,
                                                           .policy = policy,
                                                           .infer_deadline = std::chrono::minutes(2),
                                                           .release_deadline = std::chrono::minutes(2)},
                                      kClock);
  if (policy == WorkerPolicy::exit) subject.holds_nothing = no_child;
#if defined(TORPOR_EMULATED)
  subject.skip = "an emulated process cannot start a program of its own kind";
#endif
  return subject;
}

Subject cuda_on_a_fake_driver() {
  static const std::byte kNoKernels[1] = {};
  Subject subject;
  const auto driver = std::make_shared<cuda::FakeDriver>();
  subject.surroundings = {driver};
  subject.backend = std::make_unique<cuda::CudaBackend>(kClock, driver->table(), kNoKernels);
  subject.holds_nothing = [driver = driver.get()] { return driver->holds_nothing(); };
  return subject;
}

// A device that is not there is found out by running: probe() does not touch it.
std::string why_not(Backend& backend, const ModelFile& model) {
  const auto tokens = random_tokens(1, 1);
  float logit = 0;
  Status status = backend.probe();
  if (status) status = backend.load(model, 1);
  if (status) status = backend.run(tokens, {&logit, 1});
  if (status) status = backend.release();
  if (!status &&
      (status.error().reason == Reason::device_absent || status.error().reason == Reason::file_missing))
    return std::string(one_line(status.error()).view());
  return "";
}

Subject cuda_on_this_machine(const ModelFile& model) {
  Subject subject;
  cuda::CudaBackend tried(kClock);
  subject.skip = why_not(tried, model);
  subject.backend = std::make_unique<cuda::CudaBackend>(kClock);
  return subject;
}

Subject tensorrt_on_a_stub(const ModelFile& model) {
  Subject subject;
  const auto driver = std::make_shared<cuda::FakeDriver>();
  const auto stub = std::make_shared<RecordingStub>(*driver, model);
  const auto files = std::make_shared<PosixFiles>();
  const std::string path = ::testing::TempDir() + "conformance_" + std::to_string(::getpid()) + ".plan";
  const auto remove = std::shared_ptr<void>(nullptr, [path, files](void*) { (void)files->remove(path); });
  const std::byte plan[3] = {};
  EXPECT_TRUE(
      files
          ->replace(path,
                    encode_plan_file(
                        {.tensorrt = 100'300, .capability = 87, .max_batch = kBatch, .model = model.digest()},
                        plan),
                    0644)
          .ok());
  subject.surroundings = {driver, stub, files, remove};
  auto opened =
      open_tensorrt(in_build("lib/libtorpor_tensorrt_stub.so").c_str(),
                    {.plan_path = path, .files = *files, .clock = kClock, .driver = driver->table()});
  EXPECT_TRUE(opened.ok()) << one_line(opened.error()).view();
  subject.backend = *std::move(opened);
  subject.holds_nothing = [driver = driver.get(), stub = stub.get()] {
    return driver->holds_nothing() && stub->alive() == 0;
  };
  return subject;
}

Subject tensorrt_on_this_machine(const ModelFile& model) {
  static PosixFiles files;
  static const std::string plan = in_build("detector.plan");
  const auto open = [] {
    return open_tensorrt(in_build("bin/libtorpor_tensorrt.so").c_str(),
                         {.plan_path = plan, .files = files, .clock = kClock});
  };
  Subject subject;
  auto tried = open();
  subject.skip = tried ? why_not(**tried, model) : std::string(one_line(tried.error()).view());
  if (!subject.skip.empty()) return subject;
  subject.backend = *open();
  subject.bound = 0.05f;  // kTensorRtBound
  return subject;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const KernelList list = available_kernels();
  for (std::size_t i = 0; i < list.count; ++i) {
    std::string name = "cpu_" + std::string(list.tables[i]->name);
    std::replace(name.begin(), name.end(), '-', '_');
    all.push_back({name, [kernels = list.tables[i]](const ModelFile&) { return cpu(*kernels); }});
  }
  all.push_back({"worker_exit", [](const ModelFile&) { return worker(WorkerPolicy::exit); }});
  all.push_back({"worker_context", [](const ModelFile&) { return worker(WorkerPolicy::context); }});
  all.push_back({"cuda_fake_driver", [](const ModelFile&) { return cuda_on_a_fake_driver(); }});
  all.push_back({"cuda", cuda_on_this_machine});
  all.push_back({"tensorrt_stub", tensorrt_on_a_stub});
  all.push_back({"tensorrt", tensorrt_on_this_machine});
  return all;
}

class ConformanceTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    PosixFiles files;
    auto opened = ModelFile::open(files, kModel, {});
    ASSERT_TRUE(opened.ok()) << one_line(opened.error()).view();
    model_ = *std::move(opened);
    subject_.emplace(GetParam().make(*model_));
    if (!subject_->skip.empty()) GTEST_SKIP() << subject_->skip;
    const BackendFacts* facts = find_backend(backend().name());
    ASSERT_NE(facts, nullptr) << backend().name();
    EXPECT_EQ(backend().exact(), facts->exact);
  }
  Backend& backend() { return *subject_->backend; }
  bool loaded() { return backend().probe().ok() && backend().load(*model_, kBatch).ok(); }

  std::vector<float> reference(std::span<const TokenSet> sets) const {
    CpuBackend cpu(reference_kernels());
    std::vector<float> logits(sets.size());
    EXPECT_TRUE(cpu.load(*model_, sets.size()).ok() && cpu.run(sets, logits).ok());
    return logits;
  }
  void expect_equal(std::span<const float> logits, std::span<const TokenSet> sets) const {
    const auto expected = reference(sets);
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (subject_->bound == 0) {
        EXPECT_EQ(logits[i], expected[i]) << "set " << i;
      } else {
        EXPECT_LE(std::abs(logits[i] - expected[i]), subject_->bound) << "set " << i;
      }
    }
  }

  std::unique_ptr<ModelFile> model_;
  std::optional<Subject> subject_;
};

TEST_P(ConformanceTest, conformance_logits_equal_the_reference_or_stay_within_the_stated_bound) {
  ASSERT_TRUE(loaded());
  for (const std::size_t size : {kBatch, std::size_t{1}, std::size_t{3}}) {
    const auto sets = random_tokens(40 + size, size);
    std::vector<float> logits(size);
    const Status ran = backend().run(sets, logits);
    ASSERT_TRUE(ran.ok()) << one_line(ran.error()).view();
    expect_equal(logits, sets);
    ASSERT_TRUE(backend().release().ok());
  }
}

TEST_P(ConformanceTest, conformance_extreme_tokens_give_the_logits_of_the_reference) {
  ASSERT_TRUE(loaded());
  auto sets = random_tokens(7, 5);
  const float fills[] = {0.0f, 8.0f, -8.0f, 1e30f, std::numeric_limits<float>::quiet_NaN()};
  // What TensorRT does with a number that is none is its own affair; features make none.
  const std::size_t count = subject_->bound == 0 ? 5 : 3;
  for (std::size_t i = 0; i < count; ++i) {
    sets[i].global.fill(fills[i]);
    for (auto& band : sets[i].band) band.fill(fills[i]);
  }
  std::vector<float> logits(count);
  ASSERT_TRUE(backend().run(std::span(sets).first(count), logits).ok());
  expect_equal(logits, std::span(sets).first(count));
  EXPECT_TRUE(backend().release().ok());
}

TEST_P(ConformanceTest, conformance_run_before_load_is_refused) {
  const auto sets = random_tokens(1, 1);
  float logit = 0;
  EXPECT_EQ(backend().run(sets, {&logit, 1}).error().reason, Reason::model_not_loaded);
  EXPECT_TRUE(backend().release().ok());
  EXPECT_TRUE(subject_->holds_nothing());
}

TEST_P(ConformanceTest, conformance_a_batch_beyond_the_bound_or_without_its_logits_is_refused) {
  ASSERT_TRUE(loaded());
  const auto sets = random_tokens(2, kBatch + 1);
  std::vector<float> logits(kBatch + 1);
  EXPECT_EQ(backend().run(sets, logits).error().reason, Reason::model_batch);
  EXPECT_EQ(backend().run({sets.data(), 2}, {logits.data(), 1}).error().reason, Reason::model_batch);
  EXPECT_TRUE(backend().release().ok());
  EXPECT_TRUE(backend().run({sets.data(), kBatch}, {logits.data(), kBatch}).ok()) << "and is no damage";
  EXPECT_TRUE(backend().release().ok());
}

TEST_P(ConformanceTest, conformance_release_may_be_repeated_and_leaves_nothing_held) {
  ASSERT_TRUE(loaded());
  EXPECT_TRUE(backend().release().ok()) << "of nothing";
  const auto sets = random_tokens(3, 2);
  std::vector<float> logits(2);
  for (int cycle = 0; cycle < 3; ++cycle) {
    ASSERT_TRUE(backend().run(sets, logits).ok()) << "cycle " << cycle;
    EXPECT_TRUE(backend().release().ok());
    EXPECT_TRUE(subject_->holds_nothing());
    EXPECT_TRUE(backend().release().ok());
  }
  expect_equal(logits, sets);
}

TEST_P(ConformanceTest, conformance_run_without_release_goes_on_and_release_then_frees_all) {
  ASSERT_TRUE(loaded());
  const auto sets = random_tokens(5, 2);
  std::vector<float> logits(2);
  for (int cycle = 0; cycle < 2; ++cycle) ASSERT_TRUE(backend().run(sets, logits).ok());
  expect_equal(logits, sets);
  EXPECT_TRUE(backend().release().ok());
  EXPECT_TRUE(subject_->holds_nothing());
}

TEST_P(ConformanceTest, conformance_a_backend_that_goes_takes_its_device_with_it) {
  ASSERT_TRUE(loaded());
  const auto sets = random_tokens(5, 1);
  float logit = 0;
  ASSERT_TRUE(backend().run(sets, {&logit, 1}).ok());
  subject_->backend.reset();
  EXPECT_TRUE(subject_->holds_nothing());
}

INSTANTIATE_TEST_SUITE_P(Backends, ConformanceTest, ::testing::ValuesIn(cases()),
                         ::testing::PrintToStringParamName());

TEST(Conformance, every_backend_of_the_table_is_judged_here) {
  const std::vector<Case> all = cases();
  for (const BackendFacts& backend : kBackends)
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Case& one) {
      return one.name.starts_with(backend.name);
    })) << backend.name;
}

// What the driver itself says: as much is free after ten cycles as before.
TEST(ConformanceOfCuda, conformance_the_device_has_as_much_memory_after_ten_cycles_as_before) {
  PosixFiles files;
  const auto model = ModelFile::open(files, kModel, {});
  ASSERT_TRUE(model.ok());
  cuda::CudaBackend backend(kClock);
  if (const std::string reason = why_not(backend, **model); !reason.empty()) GTEST_SKIP() << reason;
  ASSERT_TRUE(backend.load(**model, kBatch).ok());
  const auto sets = random_tokens(3, kBatch);
  std::vector<float> logits(kBatch);
  std::size_t first = 0;
  for (int cycle = 0; cycle < 10; ++cycle) {
    ASSERT_TRUE(backend.run(sets, logits).ok());
    const auto free = backend.free_bytes();
    ASSERT_TRUE(free.ok());
    if (cycle == 0) first = *free;
    EXPECT_EQ(*free, first) << "cycle " << cycle;
    ASSERT_TRUE(backend.release().ok());
  }
}

}  // namespace
}  // namespace torpor
