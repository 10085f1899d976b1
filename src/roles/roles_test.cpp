// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Both roles as the real processes they are, set up with the real command.
#include "base/fake/places.h"
#include "roles/fake/roles_fixture.h"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

namespace torpor {
namespace {

using std::chrono::steady_clock;

TEST_F(RolesTest, two_processes_agree_work_and_end_well) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("10");
  ChildProcess detector = start_detector("10", "12");
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
  ChildProcess detector =
      start_detector("50", "20",
                     {"/usr/bin/env", "LD_PRELOAD=" + in_build("lib/libmalloc_counter.so"),
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
    detector_kib = std::max(detector_kib, status_kib(detector, "VmHWM"));
    sampler_kib = std::max(sampler_kib, status_kib(sampler, "VmHWM"));
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

// As they are in a fleet: the second is signed later, so everything of their validity differs, too.
TEST_F(RolesTest, of_two_bundles_signed_a_minute_apart_every_differing_field_is_told_in_full) {
  const auto sign_at = [&](const char* name, const std::string& from, const std::string& to,
                           const std::string& sequence, const std::string& begins, const std::string& ends) {
    std::string text = slurp(source_file("examples/contract.toml"));
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    std::ofstream(at(std::string(name) + ".toml")) << text;
    run({bin("torpor"), "contract", "sign", at(std::string(name) + ".toml"), "--key", key_, "--out",
         at(std::string(name) + ".bundle"), "--sequence", sequence, "--not-before", begins, "--expires",
         ends});
  };
  sign_at("detector", "", "", "7", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
  sign_at("sampler", "sleep_ms = 55000", "sleep_ms = 95000", "8", "2026-01-01T00:01:00Z",
          "2030-01-01T00:01:00Z");
  ChildProcess sampler = start_sampler("1");
  ChildProcess detector = start_detector("1", "1");
  EXPECT_EQ(wait_for(detector), 78);
  EXPECT_EQ(wait_for(sampler), 78);
  const std::string differ =
      "duty.sleep_ms 55000 ms / 95000 ms; sequence 7 / 8; not_before 2026-01-01T00:00:00Z / "
      "2026-01-01T00:01:00Z; expires 2030-01-01T00:00:00Z / 2030-01-01T00:01:00Z";
  const std::string said = slurp(at("detector.log"));
  EXPECT_NE(said.find("ours / the sampler's: " + differ + "\n"), std::string::npos) << said;
  EXPECT_NE(
      said.find("install the bundle of sequence 8, the newer one, which the sampler has, for the detector"),
      std::string::npos)
      << said;
  const auto mine = nlohmann::json::parse(slurp(at("detector/refusal.json")));
  const auto theirs = nlohmann::json::parse(slurp(at("sampler/refusal.json")));
  ASSERT_EQ(mine["differing_fields"].size(), 4u) << mine;
  EXPECT_EQ(mine["differing_fields"][0],
            nlohmann::json({{"field", "duty.sleep_ms"}, {"own", "55000 ms"}, {"peer", "95000 ms"}}));
  EXPECT_EQ(mine["newer_sequence"], "peer");
  EXPECT_EQ(theirs["newer_sequence"], "own");
  EXPECT_EQ(mine["peer"], theirs["own"]) << "each names the other's contract";
  EXPECT_EQ(theirs["peer"], mine["own"]);
  EXPECT_EQ(slurp(at("detector/refusal.prom")).find("peer_digest=\"\""), std::string::npos);
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

TEST_F(RolesTest, each_role_refuses_a_site_file_under_its_own_name) {
  std::ofstream(at("site.toml")) << "no site";
  for (const auto& [program, role] :
       {std::pair("torpord", "detector"), std::pair("torpor-sampler", "sampler")}) {
    ChildProcess child = std::string(role) == "sampler" ? start_sampler("1") : start_detector("1", "1");
    EXPECT_NE(wait_for(child), 0);
    EXPECT_TRUE(slurp(at(std::string(role) + ".log")).starts_with(std::string(program) + ": "))
        << slurp(at(std::string(role) + ".log"));
    const auto note = nlohmann::json::parse(slurp(at(std::string(role) + "/refusal.json")));
    EXPECT_EQ(note["role"], role);
  }
}

TEST_F(RolesTest, sigterm_in_the_middle_of_a_cycle_ends_each_with_0_and_the_other_goes_on) {
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
  ::usleep(300'000);
  EXPECT_FALSE(sampler.exit_code().has_value()) << "it waits for the next\n" << logs();
  sampler.terminate();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_TRUE(reports().empty());
}

// A detector is started again after it was stopped, and says so in its first report alone.
class DeadManTest : public RolesTest {
 protected:
  void expect_that_it_was_stopped_and_the_next_one_reports_it(ChildProcess& stopped, ChildProcess& sampler) {
    EXPECT_EQ(wait_for(stopped), 128 + SIGKILL) << logs();
    while (!std::filesystem::exists(at("sampler/stopped.json")) && !sampler.exit_code()) ::usleep(2000);
    EXPECT_FALSE(sampler.exit_code().has_value()) << "it goes on listening\n" << logs();
    const std::string said = slurp(at("sampler.log"));
    EXPECT_NE(said.find("stopped the detector (pid " + std::to_string(stopped.id()) + ")"), std::string::npos)
        << said;
    const std::size_t before = reports().size();
    ChildProcess next = start_detector("50", "3");
    EXPECT_EQ(wait_for(next), 0) << logs();
    EXPECT_EQ(wait_for(sampler), 0) << logs();
    const auto all = reports();
    ASSERT_EQ(all.size(), before + 3);
    // The first cycle is slept through: what the one that was killed took is charged in full.
    // So its report may be out before the sampler's word comes, right behind the agreement.
    EXPECT_TRUE(all[before].has(Breach::budget));
    const CycleReport& first = all[before].has(Breach::dead_man) ? all[before] : all[before + 1];
    EXPECT_TRUE(first.has(Breach::dead_man));
    // The limit of examples/demo.toml beyond the window is 3.5 s, in real time.
    EXPECT_GE(first.stopped_after, 50 * std::chrono::milliseconds(3500));
    const auto told = std::count_if(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                                    [](const CycleReport& r) { return r.has(Breach::dead_man); });
    EXPECT_EQ(told, 1);
  }
};

TEST_F(DeadManTest, a_detector_that_spins_in_its_cycle_is_stopped_and_the_next_one_reports_it) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector =
      start_detector("50", "3",
                     {"/usr/bin/env", "LD_PRELOAD=" + in_build("lib/libspin.so"),
                      "ASAN_OPTIONS=verify_asan_link_order=0"});  // its runtime would want to be first
  expect_that_it_was_stopped_and_the_next_one_reports_it(detector, sampler);
  EXPECT_NE(slurp(at("sampler/stopped.json")).find("\"state\": \"awake\""), std::string::npos);
}

TEST_F(DeadManTest, a_detector_that_hangs_is_stopped_and_the_next_one_reports_it) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "100000");
  while (reports().empty() && !detector.exit_code()) ::usleep(2000);
  ASSERT_EQ(::kill(detector.id(), SIGSTOP), 0);
  expect_that_it_was_stopped_and_the_next_one_reports_it(detector, sampler);
}

TEST_F(RolesTest, a_full_disk_under_their_logs_ends_neither_role) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  auto sampling = role("torpor-sampler", "sampler", "10");
  sampling.insert(sampling.end(), {"--source", "sim:7"});
  auto detecting = role("torpord", "detector", "10");
  detecting.insert(detecting.end(), {"--model", source_file("data/detector.model"), "--reports",
                                     at("reports"), "--cycles", "3"});
  auto sampler = ChildProcess::start(sampling, "/dev/full");
  auto detector = ChildProcess::start(detecting, "/dev/full");
  EXPECT_EQ(wait_for(*detector), 0);
  EXPECT_EQ(wait_for(*sampler), 0);
  EXPECT_EQ(reports().size(), 3u);
}

TEST_F(RolesTest, output_that_nobody_takes_is_a_failure_of_the_verb) {
  sign("examples/demo.toml", at("bundle"));
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"contract", "show", at("bundle")}, {"doctor", "--json"}, {"--help"}}) {
    std::vector<std::string> command = {bin("torpor")};
    command.insert(command.end(), verb.begin(), verb.end());
    auto child = ChildProcess::start(command, "/dev/full");
    EXPECT_EQ(wait_for(*child), 74) << verb[0];
  }
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
