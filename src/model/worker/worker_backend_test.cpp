// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The detector's end of the worker against real processes, good and bad.
#include "model/worker/worker_backend.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/fake/allocations.h"
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"

namespace torpor {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kStandIn = in_build("bin/torpor-stand-in-worker");
// A worker that hangs, hangs for ever: what the deadline is does not matter then.
constexpr Duration kSoon = milliseconds(100);
// A worker that works is given all the time a loaded machine may need.
constexpr Duration kLong = seconds(120);

class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(TORPOR_EMULATED)
    GTEST_SKIP() << "an emulated process cannot start a program of its own kind";
#endif
    path_ = ::testing::TempDir() + "worker_test_" + std::to_string(::getpid()) + ".model";
    const auto bytes = encode_model_file(random_model(1), "a model for tests\n");
    ASSERT_TRUE(bytes.ok());
    PosixFiles files;
    ASSERT_TRUE(files.replace(path_, *bytes, 0644).ok());
    model_ = random_model_file(1);
    sets_ = random_tokens(2, 3);
    logits_.resize(sets_.size());
  }
  void TearDown() override {
    ::unsetenv("TORPOR_STAND_IN");
    std::filesystem::remove(path_);
  }

  std::unique_ptr<WorkerBackend> worker(const char* how, WorkerPolicy policy = WorkerPolicy::exit,
                                        Duration infer = kLong, Duration release = kLong) {
    ::setenv("TORPOR_STAND_IN", how, 1);
    auto made = std::make_unique<WorkerBackend>(WorkerBackend::Setup{.program = program_,
                                                                     .backend = "cpu",
                                                                     .model_path = path_,
                                                                     .policy = policy,
                                                                     .infer_deadline = infer,
                                                                     .release_deadline = release},
                                                clock_);
    EXPECT_TRUE(made->load(*model_, sets_.size()).ok());
    return made;
  }
  Status run(WorkerBackend& backend) { return backend.run(sets_, logits_); }

  std::vector<float> expected() const {
    CpuBackend cpu(reference_kernels());
    std::vector<float> logits(sets_.size());
    EXPECT_TRUE(cpu.load(*model_, sets_.size()).ok() && cpu.run(sets_, logits).ok());
    return logits;
  }

  const PosixClock clock_ = PosixClock::unscaled();
  std::string program_ = kStandIn;
  std::string path_;
  std::unique_ptr<ModelFile> model_;
  std::vector<TokenSet> sets_;
  std::vector<float> logits_;
};

// No child is left: none runs, none waits to be reaped. (Reaps none itself.)
bool no_child_left() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

TEST_F(WorkerTest, worker_answers_with_the_bits_of_the_reference_and_is_gone_after_release) {
  const auto backend = worker("serve");
  for (int cycle = 0; cycle < 3; ++cycle) {
    const Status ran = run(*backend);
    ASSERT_TRUE(ran.ok()) << one_line(ran.error()).view();
    EXPECT_EQ(logits_, expected());
    EXPECT_FALSE(no_child_left()) << "it holds its device until release";
    EXPECT_TRUE(backend->release().ok());
    EXPECT_TRUE(no_child_left());
  }
}

TEST_F(WorkerTest, worker_times_are_taken_step_by_step_and_reported_as_it_said_them) {
  const auto measured = worker("serve");
  ASSERT_TRUE(run(*measured).ok());
  EXPECT_GT(measured->times().init, Duration::zero());
  EXPECT_GT(measured->times().load, Duration::zero());
  EXPECT_GT(measured->times().infer, Duration::zero());
  const auto said = worker("canned");
  ASSERT_TRUE(run(*said).ok());
  ASSERT_TRUE(said->release().ok());
  EXPECT_EQ(said->times().init, microseconds(1));
  EXPECT_EQ(said->times().load, microseconds(2));
  EXPECT_EQ(said->times().infer, microseconds(3));
  EXPECT_EQ(said->times().teardown, microseconds(4));
}

TEST_F(WorkerTest, worker_of_policy_context_stays_and_pays_its_start_once) {
  const auto backend = worker("serve", WorkerPolicy::context);
  ASSERT_TRUE(run(*backend).ok());
  EXPECT_TRUE(backend->release().ok());
  EXPECT_FALSE(no_child_left());
  EXPECT_GT(backend->times().init, Duration::zero());
  ASSERT_TRUE(run(*backend).ok());
  EXPECT_EQ(logits_, expected());
  EXPECT_EQ(backend->times().init, Duration::zero());
  EXPECT_TRUE(backend->release().ok());
}

TEST_F(WorkerTest, worker_of_policy_context_ends_with_its_backend_and_one_that_died_idle_is_replaced) {
  auto backend = worker("serve", WorkerPolicy::context);
  ASSERT_TRUE(run(*backend).ok());
  ASSERT_TRUE(backend->release().ok());
  // Its only child is the worker; it dies between two cycles.
  const std::string children = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  int id = 0;
  std::ifstream(children) >> id;
  ASSERT_GT(id, 0);
  ASSERT_EQ(::kill(id, SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(id), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(run(*backend).ok());
  EXPECT_EQ(logits_, expected());
  EXPECT_TRUE(backend->release().ok());
  backend.reset();
  EXPECT_TRUE(no_child_left());
}

struct Failing {
  const char* how;
  Reason reason;
  const char* found;
};

TEST_F(WorkerTest, worker_that_fails_costs_its_cycle_by_name_and_the_next_cycle_tries_anew) {
  const Failing cases[] = {{"die", Reason::worker_died, "exit code 3"},
                           {"die_mid_answer", Reason::worker_died, "exit code 3"},
                           {"crash", Reason::worker_died, "signal 6"},
                           {"garbage", Reason::worker_protocol, "90"},
                           {"too_many_logits", Reason::worker_protocol, "4"},
                           {"no_device", Reason::device_failed, "it sleeps on"}};
  for (const Failing& failing : cases) {
    const auto backend = worker(failing.how);
    const Status ran = run(*backend);
    ASSERT_FALSE(ran.ok()) << failing.how;
    EXPECT_EQ(ran.error().reason, failing.reason) << failing.how << one_line(ran.error()).view();
    EXPECT_EQ(ran.error().found.view(), failing.found) << failing.how;
    EXPECT_TRUE(backend->release().ok()) << failing.how;
    EXPECT_TRUE(no_child_left()) << failing.how;
    ::setenv("TORPOR_STAND_IN", "serve", 1);
    EXPECT_TRUE(run(*backend).ok()) << failing.how;
    EXPECT_TRUE(backend->release().ok()) << failing.how;
  }
}

TEST_F(WorkerTest, worker_that_hangs_is_killed_at_the_infer_deadline) {
  for (const char* how : {"hang", "hang_after_request"}) {
    const auto backend = worker(how, WorkerPolicy::exit, kSoon);
    const BootTime began = clock_.now().boot;
    EXPECT_EQ(run(*backend).error().reason, Reason::worker_deadline) << how;
    EXPECT_GE(clock_.now().boot - began, kSoon);
    EXPECT_TRUE(no_child_left()) << how;
  }
}

TEST_F(WorkerTest, worker_that_hangs_up_and_hangs_is_killed_and_named) {
  const auto backend = worker("hang_up_and_stay");
  const Status ran = run(*backend);
  EXPECT_EQ(ran.error().reason, Reason::worker_died);
  EXPECT_EQ(ran.error().found.view(), "it closed its socket and stayed");
  EXPECT_TRUE(no_child_left());
}

TEST_F(WorkerTest, worker_that_hangs_in_or_after_its_release_is_killed_at_the_release_deadline) {
  for (const char* how : {"hang_in_release", "hang_after_release"}) {
    const auto backend = worker(how, WorkerPolicy::exit, kLong, kSoon);
    ASSERT_TRUE(run(*backend).ok()) << how;
    EXPECT_EQ(backend->release().error().reason, Reason::worker_deadline) << how;
    EXPECT_TRUE(no_child_left()) << how;
  }
}

TEST_F(WorkerTest, worker_that_cannot_give_the_device_back_says_so) {
  const auto backend = worker("fail_in_release");
  ASSERT_TRUE(run(*backend).ok());
  const Status released = backend->release();
  EXPECT_EQ(released.error().reason, Reason::device_failed);
  EXPECT_EQ(released.error().found.view(), "it stays awake");
  EXPECT_TRUE(no_child_left());
}

TEST_F(WorkerTest, worker_that_is_missing_is_named_each_cycle) {
  program_ = "/nowhere/torpor-infer";
  const auto backend = worker("serve");
  for (int cycle = 0; cycle < 2; ++cycle) {
    EXPECT_EQ(run(*backend).error().reason, Reason::worker_missing);
    EXPECT_TRUE(backend->release().ok());
  }
}

TEST_F(WorkerTest, worker_refuses_a_model_the_contract_does_not_name) {
  PosixFiles files;
  const auto other = encode_model_file(random_model(7), "another model\n");
  ASSERT_TRUE(files.replace(path_, *other, 0644).ok());
  const auto backend = worker("serve");
  EXPECT_EQ(run(*backend).error().reason, Reason::model_digest);
  EXPECT_TRUE(backend->release().ok());
  EXPECT_TRUE(no_child_left());
}

TEST_F(WorkerTest, worker_is_stopped_by_a_pending_sigterm_that_stays_pending) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  sigset_t before;
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &ends, &before), 0);
  const auto backend = worker("hang");
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_EQ(run(*backend).error().reason, Reason::worker_interrupted);
  EXPECT_TRUE(no_child_left());
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_TRUE(::sigismember(&pending, SIGTERM));
  const timespec none{};
  EXPECT_EQ(::sigtimedwait(&ends, nullptr, &none), SIGTERM);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(WorkerTest, worker_cycles_use_no_heap_of_ours_after_load) {
  const auto backend = worker("serve");
  const std::size_t before = allocations_for_test();
  for (int cycle = 0; cycle < 3; ++cycle) {
    ASSERT_TRUE(run(*backend).ok());
    ASSERT_TRUE(backend->release().ok());
  }
  EXPECT_EQ(allocations_for_test(), before);
}

TEST_F(WorkerTest, worker_that_hangs_does_not_outlive_a_killed_parent) {
  // Orphans of the parent below come to us.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    const auto backend = worker("hang_after_request");
    (void)run(*backend);
    ::_exit(0);
  }
  const std::string children =
      "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
  int id = 0;
  while (id == 0) {
    std::ifstream(children) >> id;
    ::usleep(1000);
  }
  ASSERT_EQ(::kill(parent, SIGKILL), 0);
  int how = 0;
  ASSERT_EQ(::waitpid(parent, &how, 0), parent);
  ASSERT_EQ(::waitpid(id, &how, 0), id) << "it was handed to us, and ended";
  EXPECT_TRUE(no_child_left());
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace torpor
