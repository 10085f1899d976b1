// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A real torpord whose network runs in a worker, good or bad.
#include <csignal>
#include <fstream>

#include "base/fake/places.h"
#include "base/posix/posix_clock.h"
#include "contract/host/admission.h"
#include "duty/appraiser.h"
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

// The backend whose baseline is learned here; it is never asked.
class NamedBackend final : public Backend {
 public:
  explicit NamedBackend(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile&, std::size_t) override { return {}; }
  Status run(std::span<const TokenSet>, std::span<float>) override {
    return Error{.reason = Reason::internal};
  }
  Status release() override { return {}; }

 private:
  std::string_view name_;
};

// A detector whose fit is behind it: from its first cycle on the network is wanted.
class WorkerRolesTest : public RolesTest {
 protected:
  void SetUp() override {
    RolesTest::SetUp();
    sign("examples/demo.toml", at("detector.bundle"));
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
    fit("cuda");
    fit("cpu");
  }

  // Feeds windows of noise to the code that ships, until the feature baseline is closed.
  void fit(std::string_view backend_name) {
    PosixFiles files;
    const auto uid = static_cast<std::uint32_t>(::getuid());
    const auto admission =
        admit(files, {.bundle = at("detector.bundle"), .trust = at("trust"), .state_dir = at("detector")},
              "warehouse-amr", uid, PosixClock::unscaled().now());
    ASSERT_TRUE(admission.ok()) << one_line(admission.error()).view();
    const Terms& terms = admission->contract.terms();
    const SensorTerms& sensor = terms.sensors()[0];
    NamedBackend backend(backend_name);
    auto appraiser =
        Appraiser::make(admission->contract, 0, {backend, files}, {at("detector"), uid}, nullptr);
    ASSERT_TRUE(appraiser.ok()) << one_line(appraiser.error()).view();
    std::vector<std::int16_t> samples(window_samples(terms.duty, sensor) * sensor.axes);
    const std::uint32_t start = 0;
    const Window window{.id = 1,
                        .sensor = 0,
                        .rate_mhz = sensor.rate_mhz,
                        .axes = sensor.axes,
                        .scale_pg = 500'000'000,
                        .samples = samples,
                        .block_starts = {&start, 1},
                        .context = {.rpm_milli = 1'800'000}};
    std::uint32_t random = 1;
    for (std::uint32_t cycle = 1; cycle <= terms.alarm.fit_cycles; ++cycle) {
      for (std::int16_t& sample : samples) {
        random = random * 1'664'525 + 1'013'904'223;
        sample = static_cast<std::int16_t>(static_cast<std::int32_t>(random) >> 22);
      }
      (void)(*appraiser)->appraise(cycle, window, WindowQuality::good);
    }
    ASSERT_EQ((*appraiser)->judge().state(), JudgeState::learning_calibration);
    ASSERT_TRUE((*appraiser)->save_learned(true).ok());
  }

  // The site's choice; the kernel's files of the machine are those below at("root").
  void choose(const std::string& backend, const std::string& worker, bool fallback = false) {
    std::filesystem::create_directories(device_directory());
    std::string site = slurp(source_file("examples/site.toml"));
    const auto set = [&site](const std::string& field, const std::string& value) {
      const std::size_t begin = site.find("\n" + field + " = ") + 1;
      ASSERT_NE(begin, 0u) << field;
      site.replace(begin, site.find('\n', begin) - begin, field + " = " + value);
    };
    set("name", "\"" + backend + "\"");
    set("worker", "\"" + worker + "\"");
    set("cpu_fallback", fallback ? "true" : "false");
    set("root", "\"" + at("root") + "\"");
    std::ofstream(at("site.toml")) << site;
  }
  std::string device_directory() const { return at("root/sys/devices/platform/17000000.gpu/power"); }
  std::string device_status() const { return device_directory() + "/runtime_status"; }

  // So many cycles; the reports of those in which a good window came, as it does where the
  // machine is not overloaded.
  std::vector<CycleReport> run_on(const std::string& how, const std::string& cycles) {
    std::filesystem::remove_all(at("reports"));
    ChildProcess sampler = start_sampler("20");
    ChildProcess detector = start_worker_detector(how, cycles, "20");
    EXPECT_EQ(wait_for(detector), 0) << logs();
    EXPECT_EQ(wait_for(sampler), 0) << logs();
    auto all = reports();
    std::erase_if(all, [](const CycleReport& report) { return report.quality != WindowQuality::good; });
    return all;
  }
  ChildProcess start_worker_detector(const std::string& how, const std::string& cycles,
                                     const std::string& speed, const std::vector<std::string>& before = {}) {
    std::vector<std::string> environment = {"/usr/bin/env", "TORPOR_STAND_IN=" + how,
                                            "TORPOR_STAND_IN_DEVICE=" + device_status()};
    environment.insert(environment.end(), before.begin(), before.end());
    return start_detector(speed, cycles, environment);
  }
  int worker_of(const ChildProcess& detector) const {
    const std::string id = std::to_string(detector.id());
    int worker = 0;
    std::ifstream("/proc/" + id + "/task/" + id + "/children") >> worker;
    return worker;
  }
  static bool runs(int id) { return ::kill(id, 0) == 0; }
};

const std::string kStandIn = bin("torpor-stand-in-worker");

TEST_F(WorkerRolesTest, worker_scores_every_cycle_and_its_times_are_reported) {
  choose("cuda", kStandIn);
  std::ofstream(device_status()) << "suspended\n";
  const auto all = run_on("serve", "5");
  ASSERT_FALSE(all.empty()) << logs();
  for (const CycleReport& report : all) {
    EXPECT_TRUE(report.inferred) << report.cycle << report.backend_note.view();
    EXPECT_EQ(report.backend.view(), "cuda");
    EXPECT_FALSE(report.has(Breach::inference));
    EXPECT_EQ(report.residency, ResidencyState::released) << report.residency_note.view();
    EXPECT_EQ(report.residency_note.view(), "17000000.gpu suspended");
    EXPECT_GT(report.worker[static_cast<std::size_t>(WorkerStep::init)], Duration::zero());
    EXPECT_GT(report.worker[static_cast<std::size_t>(WorkerStep::infer)], Duration::zero());
    EXPECT_LE(report.voluntary_switches_asleep, 2u);
  }
}

TEST_F(WorkerRolesTest, worker_that_ships_scores_for_a_torpord_on_the_cpu) {
  choose("cpu", bin("torpor-infer"));
  const auto all = run_on("", "3");
  ASSERT_FALSE(all.empty()) << logs();
  EXPECT_TRUE(all.back().inferred) << all.back().backend_note.view();
  EXPECT_EQ(all.back().backend.view(), "cpu");
  EXPECT_EQ(all.back().residency_note.view(), "no device held");
  EXPECT_GT(all.back().worker[static_cast<std::size_t>(WorkerStep::init)], Duration::zero());
}

TEST_F(WorkerRolesTest, worker_that_hangs_is_killed_at_the_deadline_and_the_cycle_says_so) {
  choose("cuda", kStandIn);
  const auto all = run_on("hang", "3");
  ASSERT_FALSE(all.empty()) << logs();
  for (const CycleReport& report : all) {
    EXPECT_FALSE(report.inferred);
    EXPECT_EQ(report.verdict.kind, VerdictKind::not_scored);
    EXPECT_EQ(report.verdict.reason, VerdictReason::backend_failed);
    EXPECT_TRUE(report.has(Breach::inference));
    EXPECT_TRUE(report.has(Breach::infer_deadline));
    EXPECT_FALSE(report.has(Breach::device));
    EXPECT_EQ(report.backend_note.view(), "worker_deadline: answering");
  }
}

TEST_F(WorkerRolesTest, worker_that_fails_costs_its_cycle_by_name) {
  struct Case {
    std::string how, worker, note;
    bool device;
  };
  const Case cases[] = {
      {"die_mid_answer", kStandIn, "worker_died: exit code 3", false},
      {"garbage", kStandIn, "worker_protocol: magic and version: 90", false},
      {"too_many_logits", kStandIn, "worker_protocol: count of a message: 3", false},
      {"no_device", kStandIn, "device_failed: stand-in: it sleeps on", true},
      {"", "/nowhere/torpor-infer", "worker_missing: /nowhere/torpor-infer", false},
  };
  for (const Case& one : cases) {
    choose("cuda", one.worker);
    const auto all = run_on(one.how, "2");
    ASSERT_FALSE(all.empty()) << logs();
    EXPECT_EQ(all.back().backend_note.view(), one.note);
    EXPECT_EQ(all.back().verdict.reason, VerdictReason::backend_failed) << one.note;
    EXPECT_TRUE(all.back().has(Breach::inference)) << one.note;
    EXPECT_EQ(all.back().has(Breach::device), one.device) << one.note;
  }
}

TEST_F(WorkerRolesTest, worker_that_leaves_its_device_hot_is_a_leak_caught_in_the_same_cycle) {
  choose("cuda", kStandIn);
  std::ofstream(device_status()) << "suspended\n";
  std::filesystem::create_directories(at("root/proc/4242/fd"));
  std::ofstream(at("root/proc/4242/comm")) << "old-runtime\n";
  std::filesystem::create_symlink("/dev/nvhost-gpu", at("root/proc/4242/fd/7"));
  const auto all = run_on("leak", "3");
  ASSERT_FALSE(all.empty()) << logs();
  EXPECT_TRUE(all[0].inferred);
  EXPECT_EQ(all[0].residency, ResidencyState::resident);
  EXPECT_TRUE(all[0].has(Breach::residency));
  EXPECT_EQ(all[0].residency_note.view(), "17000000.gpu active; held by 4242 old-runtime");
}

TEST_F(WorkerRolesTest, worker_dies_with_a_torpord_that_is_killed) {
  choose("cuda", kStandIn);
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_worker_detector("hang_after_request", "5", "20");
  int worker = 0;
  while (!detector.exit_code() && (worker = worker_of(detector)) == 0) ::usleep(1000);
  ASSERT_GT(worker, 0) << logs();
  // It has taken its request once it waits: exec and the promise to die are behind it.
  const std::string state = "/proc/" + std::to_string(worker) + "/comm";
  while (runs(worker) && slurp(state).find("torpor-stand-in") != 0) ::usleep(1000);
  ASSERT_EQ(::kill(detector.id(), SIGKILL), 0);
  EXPECT_EQ(wait_for(detector), 128 + SIGKILL);
  while (runs(worker) && slurp("/proc/" + std::to_string(worker) + "/stat").find(") Z") == std::string::npos)
    ::usleep(1000);  // bounded by the test's time-out: an orphan would run for ever
}

TEST_F(WorkerRolesTest, worker_at_work_does_not_keep_torpord_from_ending_on_sigterm) {
  choose("cuda", kStandIn);
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_worker_detector("hang", "5", "20");
  int worker = 0;
  while (!detector.exit_code() && (worker = worker_of(detector)) == 0) ::usleep(1000);
  ASSERT_GT(worker, 0) << logs();
  const auto asked = std::chrono::steady_clock::now();
  detector.terminate();
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(1));
  EXPECT_FALSE(runs(worker));
  sampler.terminate();  // it waits for a detector that said it returns
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_TRUE(reports().empty()) << "the cycle it fell into leaves no report";
}

TEST_F(WorkerRolesTest, worker_leaves_torpord_without_any_compute_library) {
  choose("cuda", kStandIn);
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_worker_detector("serve", "4", "20");
  std::size_t looks = 0;
  while (!detector.exit_code()) {
    const std::string maps = slurp("/proc/" + std::to_string(detector.id()) + "/maps");
    for (const char* library : {"libcuda", "libnvinfer", "libcudart", "libnvidia"})
      ASSERT_EQ(maps.find(library), std::string::npos) << library;
    looks += maps.find("torpord") != std::string::npos ? 1 : 0;
    ::usleep(5000);
  }
  EXPECT_GT(looks, 0u);
  EXPECT_EQ(wait_for(sampler), 0) << logs();
}

TEST_F(WorkerRolesTest, worker_cycles_allocate_nothing_after_the_third) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer brings its own malloc, which cannot be interposed";
#endif
  choose("cuda", kStandIn);
  std::ofstream(device_status()) << "suspended\n";
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_worker_detector(
      "serve", "8", "20",
      {"LD_PRELOAD=" + in_build("lib/libmalloc_counter.so"), "TORPOR_ALLOCATION_LOG=" + at("allocations")});
  ASSERT_EQ(wait_for(detector), 0) << logs();
  std::istringstream lines(slurp(at("allocations")));
  std::vector<unsigned long> counts;
  for (unsigned long n = 0; lines >> n;) counts.push_back(n);
  ASSERT_GE(counts.size(), 8u);
  const std::size_t first = counts.size() - 8;
  for (std::size_t i = first + 3; i < counts.size(); ++i)
    EXPECT_EQ(counts[i], counts[first + 2]) << "cycle " << i - first + 1;
}

}  // namespace
}  // namespace torpor
