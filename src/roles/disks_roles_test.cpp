// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Real roles on real disks that are full, read-only, slow or gone: they go on looking, and say it.
// sim/storage_test.cpp is the same on stepped time. Mounts lie in a namespace of this process alone
// and go with it.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include "base/posix/unique_fd.h"
#include "roles/fake/armed_roles_fixture.h"

namespace torpor {
namespace {

constexpr std::uint64_t kIll = 12;
constexpr std::uint64_t kLongIll = 200;

enum class Illness { full, full_at_start, read_only_at_start, removed, slow_at_start };
struct Case {
  const char* name;
  const char* place;  // of the three directories that roles write to
  Illness illness;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class DisksTest : public ArmedRolesTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    if (is_slow()) {
      ArmedRolesTest::SetUp();
      if (!HasFatalFailure()) begin_again();
      return;
    }
    if (::geteuid() != 0) GTEST_SKIP() << "not run: only root may mount the disks that this test fills";
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      GTEST_SKIP() << "not run: no mount namespace of its own may be had here";
    ArmedRolesTest::SetUp();
    if (HasFatalFailure()) return;
    begin_again();
    if (GetParam().illness == Illness::removed) return;
    std::filesystem::create_directory(at("disk"));
    ASSERT_EQ(::mount("tmpfs", at("disk").c_str(), "tmpfs", 0, "size=4m,mode=755"), 0);
    mounted_ = true;
    move_to_the_disk();
  }
  void TearDown() override {
    sampler_.reset();
    detector_.reset();
    if (mounted_) {
      EXPECT_EQ(::umount2(at(place()).c_str(), MNT_DETACH), 0);
      EXPECT_EQ(::umount2(at("disk").c_str(), MNT_DETACH), 0);
    }
    if (!dir_.empty()) RolesTest::TearDown();
  }

  static const char* place() { return GetParam().place; }
  static bool recording_is_ill() { return std::string_view(place()) == "reports"; }
  static bool ill_at_start() {
    return GetParam().illness != Illness::full && GetParam().illness != Illness::removed;
  }
  static bool is_slow() { return GetParam().illness == Illness::slow_at_start; }
  static std::uint64_t ill_cycles() { return long_tests() ? kLongIll : kIll; }
  std::string home() const { return at("disk/") + place(); }

  // The directory lies on the disk, at the path the roles know it by.
  void move_to_the_disk() {
    if (std::filesystem::exists(at(place()))) {
      std::filesystem::copy(at(place()), home(), std::filesystem::copy_options::recursive);
      std::filesystem::remove_all(at(place()));
    } else {
      std::filesystem::create_directory(home());
    }
    std::filesystem::create_directory(at(place()));
    ASSERT_EQ(::mount(home().c_str(), at(place()).c_str(), nullptr, MS_BIND, nullptr), 0);
  }
  // A slow disk: each storage call of a role takes a millisecond, 200 of them on its clock.
  Before on_the_disk(const char* name) const {
    if (!is_slow() || !ill_) return {};
    const std::string calls = "write,fsync,fdatasync,ftruncate,?rename,?renameat,?unlink,?unlinkat";
    return {"strace", "-qq", "-o", at(std::string(name) + ".calls"), "-e", "trace=" + calls, "-e",
            "inject=" + calls + ":delay_enter=1000",
            // A leak checker cannot run in a process that is traced.
            "/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0"};
  }
  void start_sampler(const char* source) { sampler_.emplace(start_sampling(source, on_the_disk("sampler"))); }
  void start(const char* source) {
    start_sampler(source);
    detector_.emplace(start_detector(kSpeed, "0", on_the_disk("detector")));
  }
  // A tracer keeps signals from itself: they are for the role that it started.
  void stop(ChildProcess& child) {
    const std::string id = std::to_string(child.id());
    int traced = 0;
    if (is_slow()) std::ifstream("/proc/" + id + "/task/" + id + "/children") >> traced;
    if (traced == 0) {
      child.terminate();
    } else {
      ASSERT_EQ(::kill(traced, SIGTERM), 0);
    }
    ASSERT_EQ(wait_for(child), 0) << logs();
  }
  void stop() {
    ASSERT_NO_FATAL_FAILURE(stop(*detector_));
    ASSERT_NO_FATAL_FAILURE(stop(*sampler_));
  }
  // Takes what room has become free, also by a file that was just replaced.
  void fill() const {
    const UniqueFd fd(::open(at("disk/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    static const char page[4096] = {};
    while (::write(fd.get(), page, sizeof page) > 0) {
    }
  }
  void make_ill() {
    switch (GetParam().illness) {
      case Illness::full:
      case Illness::full_at_start:
        fill();
        break;
      case Illness::read_only_at_start:
        ASSERT_EQ(::mount(nullptr, at("disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0)
            << std::strerror(errno);
        break;
      case Illness::removed:
        // Away in one step: what a role writes meanwhile must not keep a half of it alive.
        std::filesystem::rename(at(place()), at("gone"));
        std::filesystem::remove_all(at("gone"));
        break;
      case Illness::slow_at_start:
        break;
    }
    ill_ = true;
  }
  void heal() {
    if (is_slow()) return;
    ill_ = false;
    if (GetParam().illness == Illness::read_only_at_start) {
      ASSERT_EQ(::mount(nullptr, at("disk").c_str(), nullptr, MS_REMOUNT, "size=4m,mode=755"), 0);
    }
    std::filesystem::remove(at("disk/ballast"));
  }
  bool is_full() const {
    return GetParam().illness == Illness::full || GetParam().illness == Illness::full_at_start;
  }
  // Bounded by the test's own time-out, and by the end of either role.
  template <class Done>
  void await(Done done) {
    while (!done()) {
      ASSERT_FALSE(detector_->exit_code().has_value()) << logs();
      ASSERT_FALSE(sampler_->exit_code().has_value()) << logs();
      if (ill_ && is_full()) fill();
      ::usleep(2000);
    }
  }
  void await_cycles(std::uint64_t more) {
    const std::uint64_t before = cycles_told();
    await([&] { return cycles_told() >= before + more; });
  }
  // The cycle that was first said to be an alarm; 0: none yet.
  std::uint64_t alarm_said() const {
    const std::string said = slurp(at("detector.log"));
    const std::size_t end = said.find(": alarm");
    if (end == std::string::npos) return 0;
    return std::strtoull(said.c_str() + said.rfind("cycle ", end) + 6, nullptr, 10);
  }
  // Nothing is missing in silence, and what an ill disk kept out is owned up to.
  void judge(const std::vector<CycleReport>& log, std::uint64_t alarm) const {
    ASSERT_FALSE(log.empty());
    std::uint64_t cycle = log.front().cycle - 1 - log.front().unwritten;
    std::size_t owned_up = 0;
    bool latched = false;
    for (const CycleReport& report : log) {
      ASSERT_GT(report.cycle, cycle);
      EXPECT_EQ(report.unwritten, report.cycle - cycle - 1) << "before cycle " << report.cycle;
      EXPECT_EQ(report.has(Breach::storage), !report.storage_note.empty());
      cycle = report.cycle;
      owned_up += report.has(Breach::storage) ? 1 : 0;
      EXPECT_TRUE(report.unwritten == 0 || report.has(Breach::storage));
      EXPECT_TRUE(!latched || report.verdict.latched) << "forgotten at cycle " << report.cycle;
      latched = report.verdict.latched;
      if (!latched) continue;
      EXPECT_EQ(report.verdict.first_crossing_cycle, alarm);
      EXPECT_EQ(report.verdict.arming_epoch, 1u);
    }
    EXPECT_TRUE(latched);
    if (GetParam().illness == Illness::removed) {
      EXPECT_LE(owned_up, 1u) << "what was removed was made anew: only a write in its midst can fail";
    } else if (is_slow()) {
      EXPECT_EQ(owned_up, 0u) << "late is not lost";
    } else {
      EXPECT_GT(owned_up, 0u) << logs();
    }
    EXPECT_FALSE(log.back().has(Breach::storage)) << "well again: " << log.back().storage_note.view();
  }

  std::optional<ChildProcess> sampler_, detector_;
  bool mounted_ = false;
  bool ill_ = false;
};

TEST_P(DisksTest, looks_go_on_and_the_alarm_of_the_gap_is_latched_afterwards) {
  // A life before: of the state, under the first contract; so a start has a counter to advance.
  work_under(ill_at_start() ? "1" : "2");
  start(kSound);
  await_cycles(3);
  if (ill_at_start() || recording_is_ill()) stop();
  work_under("2");
  const std::vector<CycleReport> before = reports();
  ASSERT_FALSE(before.empty());
  if (ill_at_start()) make_ill();
  if (detector_->exit_code()) start(kSound);
  if (!ill_at_start()) {
    await_cycles(2);
    make_ill();
  }
  await_cycles(ill_cycles());
  // The bearing breaks while nothing can be written.
  ASSERT_NO_FATAL_FAILURE(stop(*sampler_));
  start_sampler(kDamaged);
  await([&] { return alarm_said() != 0; });
  const std::uint64_t alarm = alarm_said();
  heal();
  await_cycles(3);
  stop();
  judge(reports(), alarm);
  EXPECT_EQ(counter("detector"), 2u);
  EXPECT_EQ(counter("sampler"), 2u);
  // And so it is for whoever starts next.
  start(kSound);
  await_cycles(2);
  stop();
  const std::vector<CycleReport> after = reports();
  judge(after, alarm);
  EXPECT_NE(after.back().verdict.reason, VerdictReason::learning_fit) << "what was learned is still there";
  if (GetParam().illness == Illness::removed && recording_is_ill()) return;
  ASSERT_GT(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i].cycle, before[i].cycle);
}

INSTANTIATE_TEST_SUITE_P(
    Disks, DisksTest,
    ::testing::Values(Case{"detector_state_full", "detector", Illness::full},
                      Case{"detector_state_full_at_start", "detector", Illness::full_at_start},
                      Case{"detector_state_read_only_at_start", "detector", Illness::read_only_at_start},
                      Case{"detector_state_removed", "detector", Illness::removed},
                      Case{"reports_full", "reports", Illness::full},
                      Case{"reports_full_at_start", "reports", Illness::full_at_start},
                      Case{"reports_read_only_at_start", "reports", Illness::read_only_at_start},
                      Case{"reports_removed", "reports", Illness::removed},
                      Case{"sampler_state_full_at_start", "sampler", Illness::full_at_start},
                      Case{"sampler_state_read_only_at_start", "sampler", Illness::read_only_at_start},
                      Case{"sampler_state_removed", "sampler", Illness::removed},
                      Case{"every_call_slow", "", Illness::slow_at_start}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace torpor
