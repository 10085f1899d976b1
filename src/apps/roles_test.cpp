// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Both roles as the real processes they are, set up with the real command.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/posix_files.h"
#include "base/process.h"
#include "report/report_log.h"

namespace torpor {
namespace {

using std::chrono::steady_clock;

std::string bin(const char* program) { return std::string(TORPOR_BINARY_DIR "/bin/") + program; }
std::string source_file(const char* path) { return std::string(TORPOR_SOURCE_DIR "/") + path; }

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Bounded by the test's own time-out, not by a guess at the machine's speed.
int wait_for(ChildProcess& child) {
  std::optional<int> code;
  while (!(code = child.exit_code())) ::usleep(2000);
  return *code;
}

class RolesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_roles_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    run({bin("torpor"), "key", "new", "--out", at("keys")});
    for (const auto& entry : std::filesystem::directory_iterator(at("keys"))) {
      if (entry.path().extension() == ".key") key_ = entry.path();
      if (entry.path().extension() == ".pub") std::filesystem::copy_file(entry.path(), at("trust"));
    }
    std::ofstream(at("site.toml")) << slurp(source_file("examples/site.toml"));
    std::filesystem::permissions(at("site.toml"), std::filesystem::perms(0644));
    std::filesystem::permissions(at("trust"), std::filesystem::perms(0644));
    for (const char* role : {"detector", "sampler"}) std::filesystem::create_directory(at(role));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string at(const std::string& name) const { return dir_ + "/" + name; }

  void run(const std::vector<std::string>& arguments) {
    auto child = ChildProcess::start(arguments, at("setup.log"));
    ASSERT_TRUE(child.ok());
    ASSERT_EQ(wait_for(*child), 0) << slurp(at("setup.log"));
  }

  // Signs an example contract, with one line of it replaced where `from` is not empty.
  void sign(const char* example, const std::string& bundle, const std::string& from = "",
            const std::string& to = "") {
    std::string text = slurp(source_file(example));
    if (!from.empty()) {
      ASSERT_NE(text.find(from), std::string::npos);
      text.replace(text.find(from), from.size(), to);
    }
    const std::string toml = bundle + ".toml";
    std::ofstream(toml) << text;
    const bool complete = text.find("\nsequence") != std::string::npos;
    std::vector<std::string> command = {bin("torpor"), "contract", "sign",  toml,
                                        "--key",       key_,       "--out", bundle};
    if (!complete)
      command.insert(command.end(),
                     {"--sequence", "1", "--not-before", "2026-01-01T00:00:00Z", "--expires", "+90d"});
    run(command);
  }

  std::vector<std::string> role(const char* program, const char* name, const std::string& speed) const {
    return {bin(program),
            "--bundle",
            at(std::string(name) + ".bundle"),
            "--trust",
            at("trust"),
            "--site",
            at("site.toml"),
            "--link",
            "unix:" + at("link"),
            "--state",
            at(name),
            "--speed",
            speed};
  }
  ChildProcess start_sampler(const std::string& speed) {
    auto command = role("torpor-sampler", "sampler", speed);
    command.insert(command.end(), {"--source", "sim:7"});
    auto child = ChildProcess::start(command, at("sampler.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  ChildProcess start_detector(const std::string& speed, const std::string& cycles,
                              const std::vector<std::string>& before = {}) {
    auto command = role("torpord", "detector", speed);
    command.insert(command.begin(), before.begin(), before.end());
    command.insert(command.end(), {"--model", source_file("data/detector.model"), "--reports", at("reports"),
                                   "--cycles", cycles});
    auto child = ChildProcess::start(command, at("detector.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  // A tree of the kernel's files in which the module rail answers as told, and a site that
  // looks there.
  void put_module_rail(const std::string& milliamperes) {
    const std::string rail = at("tree/sys/class/hwmon/hwmon4/");
    std::filesystem::create_directories(rail);
    std::ofstream(rail + "name") << "ina3221\n";
    std::ofstream(rail + "in1_label") << "VDD_IN\n";
    std::ofstream(rail + "in1_input") << "5000\n";
    std::ofstream(rail + "curr1_input") << milliamperes << "\n";
  }
  void look_in_tree() {
    std::filesystem::create_directories(at("tree/sys"));
    std::string text = slurp(at("site.toml"));
    const std::string none = "root = \"\"";
    ASSERT_NE(text.find(none), std::string::npos);
    text.replace(text.find(none), none.size(), "root = \"" + at("tree") + "\"");
    std::ofstream(at("site.toml")) << text;
  }
  std::string bench(const std::vector<std::string>& more) {
    std::vector<std::string> command = {bin("torpor"),
                                        "bench",
                                        "energy",
                                        "--site",
                                        at("site.toml"),
                                        "--model",
                                        source_file("data/detector.model"),
                                        "--sets",
                                        "2",
                                        "--cycles",
                                        "3",
                                        "--rest",
                                        "0.1"};
    command.insert(command.end(), more.begin(), more.end());
    auto child = ChildProcess::start(command, at("bench.log"));
    EXPECT_TRUE(child.ok());
    EXPECT_EQ(wait_for(*child), 0) << slurp(at("bench.log"));
    return slurp(at("bench.log"));
  }

  std::string logs() const { return slurp(at("detector.log")) + slurp(at("sampler.log")); }

  std::vector<CycleReport> reports() {
    PosixFiles files;
    std::vector<CycleReport> all;
    auto reader = ReportReader::open(files, at("reports"));
    if (!reader) return all;
    for (CycleReport report; *reader->next(report);) all.push_back(report);
    return all;
  }

  std::string dir_;
  std::string key_;
};

TEST_F(RolesTest, two_processes_agree_work_and_end_well) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "12");
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 12u);
  EXPECT_EQ(all.back().cycle, 12u);
  for (const CycleReport& report : all) EXPECT_TRUE(report.window_complete) << report.cycle;
  EXPECT_FALSE(std::filesystem::exists(at("detector/refusal.json")));
}

TEST_F(RolesTest, the_sleep_of_a_cycle_costs_at_most_two_voluntary_context_switches) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_detector("20", "8");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 8u);
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_LE(all[i].voluntary_switches_asleep, 2u) << all[i].cycle;
}

TEST_F(RolesTest, nothing_is_allocated_in_a_cycle_after_the_third) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer brings its own malloc, which cannot be interposed";
#endif
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector(
      "50", "20",
      {"/usr/bin/env", "LD_PRELOAD=" + std::string(TORPOR_BINARY_DIR "/lib/libmalloc_counter.so"),
       "TORPOR_ALLOCATION_LOG=" + at("allocations")});
  ASSERT_EQ(wait_for(detector), 0) << logs();
  std::istringstream lines(slurp(at("allocations")));
  std::vector<unsigned long> counts;
  for (unsigned long n = 0; lines >> n;) counts.push_back(n);
  ASSERT_GE(counts.size(), 20u);
  // counts[i] is taken while cycle i + 1 is written: from the third to the last none was added.
  const std::size_t first = counts.size() - 20;
  for (std::size_t i = first + 3; i < counts.size(); ++i)
    EXPECT_EQ(counts[i], counts[first + 2]) << "cycle " << i - first + 1;
}

TEST_F(RolesTest, energy_is_measured_on_the_module_rail_of_the_sites_tree) {
  put_module_rail("780");
  look_in_tree();
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "4");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 4u);
  for (const CycleReport& report : all) {
    EXPECT_EQ(report.energy_source.view(), "ina3221 VDD_IN");
    EXPECT_EQ(report.energy_coverage.view(), "module, without carrier board");
    EXPECT_EQ(report.unmeasured, Duration::zero());
    EXPECT_EQ(report.idle_rail_mw, 3900);
  }
  EXPECT_TRUE(all.back().sleep_interpolated);
}

TEST_F(RolesTest, a_rail_that_answers_garbage_is_named_and_counted_as_unmeasured) {
  put_module_rail("garbage");
  look_in_tree();
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "3");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 3u);
  for (const CycleReport& report : all) {
    EXPECT_EQ(report.energy_source.view(), "ina3221 VDD_IN: bad value");
    EXPECT_GT(report.unmeasured, Duration::zero());
    EXPECT_EQ(report.idle_rail_mw, -1);
    EXPECT_TRUE(report.window_complete);
  }
}

TEST_F(RolesTest, the_budget_outlives_the_process_and_a_damaged_one_is_said_and_taken_as_spent) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  {
    ChildProcess sampler = start_sampler("50");
    ChildProcess detector = start_detector("50", "2");
    ASSERT_EQ(wait_for(detector), 0) << logs();
    ASSERT_EQ(wait_for(sampler), 0) << logs();
  }
  ASSERT_EQ(std::filesystem::file_size(at("detector/energy/budget")), 68u);
  std::ofstream(at("detector/energy/budget")) << "rubbish";
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "2");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  EXPECT_NE(slurp(at("detector.log")).find("budget_damaged"), std::string::npos) << logs();
  EXPECT_EQ(std::filesystem::file_size(at("detector/energy/budget")), 68u);
}

TEST_F(RolesTest, bench_energy_says_what_its_figures_stand_on) {
  look_in_tree();
  const std::string declared = bench({});
  EXPECT_NE(declared.find("CPU-seconds x declared watts"), std::string::npos) << declared;
  EXPECT_NE(declared.find("no meter here"), std::string::npos) << declared;
  EXPECT_NE(declared.find("keep"), std::string::npos) << declared;
  put_module_rail("780");
  const std::string metered = bench({"--json"});
  EXPECT_NE(metered.find("\"source\": \"ina3221 VDD_IN\""), std::string::npos) << metered;
  EXPECT_NE(metered.find("\"mj_per_cycle\""), std::string::npos) << metered;
}

std::uint64_t peak_kib(const ChildProcess& child) {
  std::istringstream status(slurp("/proc/" + std::to_string(child.id()) + "/status"));
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

TEST_F(RolesTest, memory_stays_within_16_mib_and_6_mib_plus_the_queue) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer multiplies memory";
#endif
  sign("examples/contract.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("100");
  ChildProcess detector = start_detector("100", "6");
  std::uint64_t detector_kib = 0;
  std::uint64_t sampler_kib = 0;
  while (!detector.exit_code()) {
    detector_kib = std::max(detector_kib, peak_kib(detector));
    sampler_kib = std::max(sampler_kib, peak_kib(sampler));
    ::usleep(5000);
  }
  ASSERT_EQ(reports().size(), 6u) << logs();
  RecordProperty("torpord_peak_kib", static_cast<int>(detector_kib));
  RecordProperty("sampler_peak_kib", static_cast<int>(sampler_kib));
  EXPECT_GT(detector_kib, 1000u);
  EXPECT_LE(detector_kib, 16u * 1024);
  EXPECT_LE(sampler_kib, 6u * 1024 + 393'216 / 1024);
}

TEST_F(RolesTest, bundles_40_seconds_apart_both_refuse_with_78_and_leave_the_reason) {
  sign("examples/contract.toml", at("detector.bundle"));
  sign("examples/contract.toml", at("sampler.bundle"), "sleep_ms = 55000", "sleep_ms = 95000");
  ChildProcess sampler = start_sampler("1");
  ChildProcess detector = start_detector("1", "1");
  EXPECT_EQ(wait_for(detector), 78);
  EXPECT_EQ(wait_for(sampler), 78);
  EXPECT_TRUE(reports().empty());
  for (const char* name : {"detector", "sampler"}) {
    const std::string said = slurp(at(std::string(name) + ".log"));
    EXPECT_NE(said.find("sleep_ms"), std::string::npos) << said;
    EXPECT_NE(slurp(at(std::string(name) + "/refusal.json")).find("sequence_reused"), std::string::npos);
    EXPECT_NE(slurp(at(std::string(name) + "/refusal.prom")).find("torpor_refusal"), std::string::npos);
  }
}

TEST_F(RolesTest, a_detector_whose_bundle_is_refused_tells_the_sampler_why) {
  sign("examples/contract.toml", at("sampler.bundle"));
  std::ofstream(at("detector.bundle")) << "no bundle";
  std::filesystem::permissions(at("detector.bundle"), std::filesystem::perms(0644));
  ChildProcess sampler = start_sampler("1");
  ChildProcess detector = start_detector("1", "1");
  EXPECT_EQ(wait_for(detector), 78);
  EXPECT_EQ(wait_for(sampler), 78);
  EXPECT_NE(slurp(at("sampler.log")).find("peer_refused"), std::string::npos) << slurp(at("sampler.log"));
}

TEST_F(RolesTest, sigterm_in_the_middle_of_a_cycle_ends_both_with_0) {
  sign("examples/contract.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("1");
  ChildProcess detector = start_detector("1", "5");
  // In real time the first window takes five seconds: agreed means in the middle of it.
  while (slurp(at("detector.log")).find("agreed") == std::string::npos && !detector.exit_code())
    ::usleep(2000);
  const auto asked = steady_clock::now();
  detector.terminate();
  EXPECT_EQ(wait_for(detector), 0) << logs();
  // Not a measure of speed: a cycle that is not broken off would take four seconds more.
  EXPECT_LT(steady_clock::now() - asked, std::chrono::seconds(3));
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_TRUE(reports().empty());
}

TEST_F(RolesTest, wrong_flags_end_with_64_and_help_shows_an_example) {
  auto usage = ChildProcess::start({bin("torpord"), "--nonsense"}, at("usage.log"));
  EXPECT_EQ(wait_for(*usage), 64);
  auto help = ChildProcess::start({bin("torpord"), "--help"}, at("help.log"));
  EXPECT_EQ(wait_for(*help), 0);
  EXPECT_NE(slurp(at("help.log")).find("example:"), std::string::npos);
}

}  // namespace
}  // namespace torpor
