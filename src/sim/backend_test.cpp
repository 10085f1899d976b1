// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A backend that fails, and what the cycle then says and does.
#include <gtest/gtest.h>

#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kLearning = 240;  // fit and calibration of incident_contract()

// The CPU's scores under the name of a device that can be told to fail.
class MoodyBackend final : public Backend {
 public:
  explicit MoodyBackend(std::string name) : name_(std::move(name)), model_(random_model_file(11)) {
    if (!inner_.load(*model_, 1)) __builtin_trap();
  }
  std::string_view name() const override { return name_; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile& model, std::size_t max_batch) override {
    return inner_.load(model, max_batch);
  }
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override {
    ++runs;
    if (run_fails) return Error{.reason = *run_fails, .where = "moody"};
    return inner_.run(batch, logits);
  }
  Status release() override {
    if (release_fails) return Error{.reason = *release_fails, .where = "moody"};
    return {};
  }
  BackendTimes times() const override {
    return {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4)};
  }

  std::optional<Reason> run_fails;
  std::optional<Reason> release_fails;
  int runs = 0;

 private:
  std::string name_;
  std::unique_ptr<ModelFile> model_;
  CpuBackend inner_;
};

// Processes of one robot over one state directory: each run is a start of both roles.
class BackendTest : public ::testing::Test, private DutyListener {
 protected:
  BackendTest() { EXPECT_TRUE(files_.make_directories("/state").ok()); }

  void run(std::uint64_t cycles, Backend& backend, Backend* fallback = nullptr) {
    MemoryLinkPair link({});
    const OwnSide detector_side = side(LinkRole::detector);
    const OwnSide sampler_side = side(LinkRole::sampler);
    auto appraiser = Appraiser::make(contract_, 0, {backend, files_}, {"/state", 0}, nullptr);
    ASSERT_TRUE(appraiser.ok());
    std::unique_ptr<Appraiser> other;
    if (fallback != nullptr)
      other = *Appraiser::make(contract_, 0, {*fallback, files_}, {"/state", 0}, nullptr);
    QueueMemory memory(contract_);
    QueueMemory sampler_memory(contract_);
    TaggedSource source(contract_);
    DeclaredMeter meter({.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000});
    auto budget = StoredBudget::open(files_, "/state", contract_.terms(), "stepped", clock_.now().boot);
    ASSERT_TRUE(budget.ok());
    CpuResidency residency;
    Detector detector(
        {.link = link.dialer(),
         .clock = clock_,
         .own = detector_side,
         .backend = backend,
         .residency = residency,
         .sensor = {.appraiser = **appraiser, .fallback = other.get(), .memory = memory.memory()},
         .meter = meter,
         .budget = *budget,
         .listener = *this},
        {.device = "robot",
         .boot_id = "stepped",
         .last_cycle = reports_.empty() ? 0 : reports_.back().cycle,
         .cycle_limit = cycles});
    SamplerRole sampler({.link = link.listener(),
                         .clock = clock_,
                         .source = source,
                         .own = sampler_side,
                         .memory = sampler_memory.memory()});
    SteppedWorld world(clock_);
    const auto events = [&](Link& end) {
      return SteppedWorld::LinkEvents{.readable = [&] { return link.readable(end); },
                                      .writable = [&] { return link.writable(end); }};
    };
    world.add(sampler, events(link.listener()));
    const std::size_t index = world.add(detector, events(link.dialer()));
    for (std::uint64_t i = 0; i <= cycles && !world.exit_code(index); ++i)
      world.run_until(clock_.now().boot + contract_.period());
    exit_code_ = world.exit_code(index);
  }
  const CycleReport& last() const { return reports_.back(); }

  FakeClock clock_;
  const Contract contract_ = incident_contract(5500);
  MemoryFiles files_;
  std::vector<CycleReport> reports_;
  std::optional<int> exit_code_;

 private:
  OwnSide side(LinkRole role) const {
    return {.role = role,
            .boot_epoch = role == LinkRole::detector ? 1u : 2u,
            .contract = &contract_,
            .bundle = {},
            .peer_timeout = seconds(10)};
  }
  Status agreed() override { return {}; }
  Status reported(const CycleReport& report) override {
    reports_.push_back(report);
    return {};
  }
};

TEST_F(BackendTest, worker_times_and_the_name_of_who_scored_are_reported) {
  MoodyBackend cuda("cuda");
  run(kLearning + 1, cuda);
  EXPECT_EQ(reports_.front().backend.view(), "cuda");
  EXPECT_EQ(reports_.front().worker[0], Duration::zero()) << "no network runs in the fit";
  EXPECT_TRUE(last().inferred);
  const std::array<Duration, kWorkerSteps> times = {milliseconds(1), milliseconds(2), milliseconds(3),
                                                    milliseconds(4)};
  EXPECT_EQ(last().worker, times);
}

TEST_F(BackendTest, a_worker_that_fails_is_a_breach_of_its_cycle_alone) {
  MoodyBackend cuda("cuda");
  run(kLearning, cuda);
  cuda.run_fails = Reason::worker_died;
  run(1, cuda);
  EXPECT_EQ(last().verdict.kind, VerdictKind::not_scored);
  EXPECT_EQ(last().verdict.reason, VerdictReason::backend_failed);
  EXPECT_TRUE(last().has(Breach::inference));
  EXPECT_FALSE(last().has(Breach::device));
  EXPECT_EQ(last().backend_note.view(), "worker_died: moody");
  cuda.run_fails.reset();
  run(1, cuda);
  EXPECT_TRUE(last().inferred);
  EXPECT_FALSE(last().has(Breach::inference));
}

TEST_F(BackendTest, a_device_that_does_not_wake_is_a_breach_of_its_own) {
  MoodyBackend cuda("cuda");
  run(kLearning, cuda);
  for (const Reason reason : {Reason::device_absent, Reason::device_failed}) {
    cuda.run_fails = reason;
    run(1, cuda);
    EXPECT_TRUE(last().has(Breach::device));
    EXPECT_TRUE(last().has(Breach::inference));
  }
}

TEST_F(BackendTest, a_release_that_fails_is_a_leak_even_where_the_probe_sees_none) {
  MoodyBackend cuda("cuda");
  run(kLearning, cuda);
  cuda.release_fails = Reason::worker_deadline;
  run(1, cuda);
  EXPECT_TRUE(last().inferred);
  EXPECT_TRUE(last().has(Breach::residency));
  EXPECT_EQ(last().backend_note.view(), "worker_deadline: moody");
}

TEST_F(BackendTest, a_worker_stopped_by_sigterm_ends_the_detector_and_leaves_no_report) {
  MoodyBackend cuda("cuda");
  run(kLearning, cuda);
  const std::size_t before = reports_.size();
  cuda.run_fails = Reason::worker_interrupted;
  run(5, cuda);
  EXPECT_EQ(exit_code_, 0);
  EXPECT_EQ(reports_.size(), before);
  cuda.run_fails.reset();
  run(1, cuda);
  EXPECT_EQ(last().cycle, before + 1) << "its number is used again";
}

TEST_F(BackendTest, an_armed_cpu_baseline_scores_exactly_the_cycles_whose_worker_failed) {
  MoodyBackend cpu("cpu");
  run(kLearning, cpu);  // the robot was on the CPU before
  const int cpu_runs = cpu.runs;
  MoodyBackend cuda("cuda");
  run(kLearning, cuda, &cpu);
  ASSERT_EQ(cpu.runs, cpu_runs) << "nothing failed";
  cuda.run_fails = Reason::worker_deadline;
  run(3, cuda, &cpu);
  EXPECT_EQ(cpu.runs, cpu_runs + 3);
  EXPECT_TRUE(last().inferred);
  EXPECT_EQ(last().backend.view(), "cpu");
  EXPECT_EQ(last().verdict.kind, VerdictKind::healthy);
  EXPECT_TRUE(last().has(Breach::inference)) << "scored, and still alarmed";
  EXPECT_EQ(last().backend_note.view(), "worker_deadline: moody");
  EXPECT_EQ(last().worker[0], Duration::zero());
  cuda.run_fails.reset();
  run(1, cuda, &cpu);
  EXPECT_EQ(last().backend.view(), "cuda");
  EXPECT_EQ(cpu.runs, cpu_runs + 3);
}

TEST_F(BackendTest, a_cpu_baseline_that_is_not_armed_falls_back_to_nothing) {
  MoodyBackend cpu("cpu");
  run(kLearning - 1, cpu);
  const int cpu_runs = cpu.runs;
  MoodyBackend cuda("cuda");
  run(kLearning, cuda, &cpu);
  cuda.run_fails = Reason::worker_deadline;
  run(1, cuda, &cpu);
  EXPECT_EQ(cpu.runs, cpu_runs);
  EXPECT_EQ(last().verdict.reason, VerdictReason::backend_failed);
  EXPECT_EQ(last().backend.view(), "cuda");
}

}  // namespace
}  // namespace torpor
