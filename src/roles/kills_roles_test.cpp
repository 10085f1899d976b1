// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Real roles that are killed at their storage calls around an alarm: what the record log told
// before is what it tells afterwards. sim/kills_test.cpp is the same on stepped time, at each call.
#include <chrono>
#include <map>
#include <random>

#include "roles/fake/armed_roles_fixture.h"

namespace torpor {
namespace {

constexpr int kKills = 20;
constexpr int kManyKills = 1000;
constexpr std::uint64_t kAround = 5;  // cycles

const std::string kStorageCalls =
    "write,fsync,fdatasync,ftruncate,?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat";

class RoleKillsTest : public ArmedRolesTest {
 protected:
  // Everything that may only rise, as it stands on disk.
  struct Stand {
    std::vector<CycleReport> log;
    std::uint64_t detector = 0, sampler = 0;  // rollback counters
    SpoolState cursor;
  };
  Stand stand() { return {reports(), counter("detector"), counter("sampler"), cursor()}; }

  // The how-many-th of which call.
  struct Call {
    std::string name;
    std::uint64_t number = 0;
  };
  // A role that dies as it makes this call; none: it does not.
  Before traced(const char* name, const Call* call) const {
    Before before = {"strace", "-qq", "-o", at(std::string(name) + ".calls"), "-e", "trace=" + kStorageCalls};
    if (call != nullptr)
      before.insert(before.end(),
                    {"-e", "inject=" + call->name + ":signal=KILL:when=" + std::to_string(call->number)});
    // A leak checker cannot run in a process that is traced.
    before.insert(before.end(), {"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0"});
    return before;
  }
  // Of a role that was not killed, in order.
  std::vector<Call> calls_of(const char* name) const {
    std::istringstream lines(slurp(at(std::string(name) + ".calls")));
    std::vector<Call> calls;
    std::map<std::string, std::uint64_t> so_far;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t end = line.find('(');
      if (end == std::string::npos) continue;
      const std::string call = line.substr(0, end);
      calls.push_back({call, ++so_far[call]});
    }
    return calls;
  }
  static std::string in_words(const Call* call) {
    return call == nullptr ? "not" : "at " + call->name + " " + std::to_string(call->number);
  }
  static bool died(ChildProcess& child) { return child.exit_code() == 128 + SIGKILL; }

  // The cycles around the alarm, until a role has died. A sampler that dies is started again at once,
  // as a supervisor does.
  void live(const Call* detector_call, const Call* sampler_call, const char* source) {
    sampler_.emplace(
        start_sampling(source, sampler_call != nullptr ? traced("sampler", sampler_call) : Before{}));
    ChildProcess detector =
        start_detector(kSpeed, "0", detector_call != nullptr ? traced("detector", detector_call) : Before{});
    const int sampler_kills = at_call_["sampler"];
    std::uint64_t end = kAround;  // cycles told, after which it is enough
    while (!detector.exit_code()) {
      if (died(*sampler_)) {
        note_kill("sampler", *sampler_call);
        sampler_.emplace(start_sampling(source));
        end = cycles_told() + 2;
      }
      if (detector_call == nullptr && cycles_told() >= end) detector.terminate();
      ::usleep(500);
    }
    if (died(detector)) {
      note_kill("detector", *detector_call);
    } else {
      ASSERT_EQ(detector.exit_code(), 0) << logs();
    }
    // One that lives on dies all the same, of nothing in particular: its tracer would not outlive it.
    if (sampler_call != nullptr && at_call_["sampler"] == sampler_kills) kill_traced_sampler();
  }
  void kill_traced_sampler() {
    const std::string id = std::to_string(sampler_->id());
    int traced = 0;
    std::ifstream("/proc/" + id + "/task/" + id + "/children") >> traced;
    if (traced > 0) ::kill(traced, SIGKILL);
    EXPECT_EQ(wait_for(*sampler_), 128 + SIGKILL);
    note_kill("sampler", {.name = "its detector's death"});
  }
  // Which storage calls the cycles around the alarm make.
  void watch_calls() {
    sampler_.emplace(start_sampling(kDamaged, traced("sampler", nullptr)));
    ChildProcess detector = start_detector(kSpeed, std::to_string(kAround), traced("detector", nullptr));
    ASSERT_EQ(wait_for(detector), 0) << logs();
    ASSERT_EQ(wait_for(*sampler_), 0) << logs();
    detector_calls_ = calls_of("detector");
    sampler_calls_ = calls_of("sampler");
    ASSERT_GT(detector_calls_.size(), 50u);
    ASSERT_GT(sampler_calls_.size(), 5u);
  }
  void note_kill(const std::string& role, const Call& call) {
    ++kills_;
    ++at_call_[role];
    ++at_call_[role + " " + call.name];
  }
  // Both run again, to an end of their own.
  void go_on(const char* source) {
    if (sampler_->exit_code()) sampler_.emplace(start_sampling(source));
    ChildProcess detector = start_detector(kSpeed, "3");
    ASSERT_EQ(wait_for(detector), 0) << logs();
    ASSERT_EQ(wait_for(*sampler_), 0) << logs();
  }
  // No number twice, one alarm under one id, and latched from then on.
  void judge(const std::vector<CycleReport>& log) {
    std::uint64_t cycle = 0;
    const Verdict* alarm = nullptr;
    for (const CycleReport& report : log) {
      ASSERT_GT(report.cycle, cycle) << "a cycle number twice, or falling";
      cycle = report.cycle;
      const Verdict& v = report.verdict;
      ASSERT_EQ(v.arming_epoch, 1u);
      if (alarm != nullptr) {
        ASSERT_TRUE(v.latched) << "forgotten at cycle " << cycle;
        ASSERT_EQ(v.first_crossing_cycle, alarm->first_crossing_cycle) << "another id at cycle " << cycle;
      } else if (v.latched) {
        ASSERT_EQ(v.first_crossing_cycle, cycle) << "raised in the cycle that tells of it first";
        alarm = &v;
      }
    }
  }
  void nothing_fell(const Stand& before, const Stand& after) {
    ASSERT_GE(after.log.size(), before.log.size());
    for (std::size_t i = 0; i < before.log.size(); ++i) {
      ASSERT_EQ(after.log[i].cycle, before.log[i].cycle);
      ASSERT_EQ(after.log[i].verdict.latched, before.log[i].verdict.latched);
    }
    ASSERT_GE(after.detector, before.detector);
    ASSERT_GE(after.sampler, before.sampler);
    ASSERT_GE(after.cursor.head.cycle, before.cursor.head.cycle);
    ASSERT_GE(after.cursor.head.totals.cycles, before.cursor.head.totals.cycles);
    ASSERT_GE(after.cursor.cursor.place, before.cursor.cursor.place);
  }

  std::optional<ChildProcess> sampler_;
  std::vector<Call> detector_calls_, sampler_calls_;
  int kills_ = 0;
  std::map<std::string, int> at_call_;
};

TEST_F(RoleKillsTest, roles_killed_at_their_storage_calls_lose_no_alarm_and_double_none) {
  const char* seed_text = std::getenv("TORPOR_SEED");
  const std::uint64_t seed =
      seed_text == nullptr ? std::random_device{}() : std::strtoull(seed_text, nullptr, 10);
  SCOPED_TRACE("TORPOR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  begin_again();
  ASSERT_NO_FATAL_FAILURE(put_before_alarm());
  ASSERT_NO_FATAL_FAILURE(watch_calls());
  ASSERT_FALSE(reports().empty());

  const int wanted = long_tests() ? kManyKills : kKills;
  int alarms = 0, told_before = 0;
  for (int life = 0; kills_ < wanted; ++life) {
    const std::uint64_t who = random() % 4;  // the detector twice, the sampler, both
    const auto any = [&](const std::vector<Call>& calls) { return &calls[random() % calls.size()]; };
    const Call* detector_call = who != 2 ? any(detector_calls_) : nullptr;
    const Call* sampler_call = who >= 2 ? any(sampler_calls_) : nullptr;
    const char* source = random() % 2 == 0 ? kDamaged : kShocked;
    SCOPED_TRACE(::testing::Message() << "life " << life << ": detector dies " << in_words(detector_call)
                                      << ", sampler " << in_words(sampler_call) << ", " << source);
    begin_again();
    ASSERT_NO_FATAL_FAILURE(put_before_alarm());
    ASSERT_NO_FATAL_FAILURE(live(detector_call, sampler_call, source));
    Stand before = stand();
    ASSERT_NO_FATAL_FAILURE(judge(before.log));
    told_before += !before.log.empty() && before.log.back().verdict.latched ? 1 : 0;
    do {
      ASSERT_NO_FATAL_FAILURE(go_on(source));
      Stand after = stand();
      ASSERT_NO_FATAL_FAILURE(judge(after.log));
      ASSERT_NO_FATAL_FAILURE(nothing_fell(before, after));
      ASSERT_GT(after.log.size(), before.log.size()) << "it went on";
      before = std::move(after);
      // Bounded by the test's own time-out: how many cycles a loaded machine scores is its affair.
    } while (!before.log.back().verdict.latched || before.detector != 2 || before.sampler != 2);
    ++alarms;
  }
  std::ostringstream calls;
  for (const auto& [call, times] : at_call_) calls << " " << call << ":" << times;
  std::cout << kills_ << " kills, " << alarms << " alarms, " << told_before << " of them told before; at"
            << calls.str() << "\n";
  EXPECT_GT(told_before, 0);
  EXPECT_LT(told_before, alarms);
}

}  // namespace
}  // namespace torpor
