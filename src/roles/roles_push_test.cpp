// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What pushing may cost a real torpord, with a real Prometheus on the other end.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/fake/places.h"
#include "base/posix/posix_clock.h"
#include "roles/fake/roles_fixture.h"
#include "telemetry/fake/hostile_server.h"
#include "telemetry/fake/servers.h"

namespace torpor {
namespace {

// Two minutes of scaled time ago, so that a fast run never dates anything in the future.
std::string origin(int minutes_ago) {
  const std::time_t t = std::time(nullptr) - minutes_ago * 60;
  tm parts{};
  ::gmtime_r(&t, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

class RolesPushTest : public RolesTest {
 protected:
  // Points the site at servers; "" leaves one off.
  void push_to(const std::string& remote_write, const std::string& pushgateway = "") {
    std::string text = slurp(at("site.toml"));
    for (const auto& [table, url] : {std::pair{"[telemetry.remote_write]\nurl = \"", remote_write},
                                     {"[telemetry.pushgateway]\nurl = \"", pushgateway}}) {
      const std::size_t place = text.find(table);
      ASSERT_NE(place, text.npos);
      text.insert(place + std::string(table).size(), url);
    }
    std::ofstream(at("site.toml")) << text;
    std::filesystem::permissions(at("site.toml"), std::filesystem::perms(0644));
  }
  // A contact at every cycle: the interval is one period.
  void sign_both() {
    sign("examples/demo.toml", at("detector.bundle"), "interval_ms = 60000", "interval_ms = 6000");
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  }
  ChildProcess start_pushing(const std::string& speed, const std::string& cycles,
                             const std::vector<std::string>& before = {}) {
    auto command = role("torpord", "detector", speed);
    command.insert(command.begin(), before.begin(), before.end());
    command.insert(command.end(), {"--model", source_file("data/detector.model"), "--reports", at("reports"),
                                   "--cycles", cycles, "--clock-origin", origin(30)});
    auto child = ChildProcess::start(command, at("detector.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  static std::size_t cycles_in(const ServerForTest& server) {
    const HttpAnswer answer =
        http_request(server.port(), "POST", "/api/v1/query", "query=torpor_cycles_total[1d]");
    const auto parsed = nlohmann::json::parse(answer.body);
    const auto& result = parsed["data"]["result"];
    return result.empty() ? 0 : result[0]["values"].size();
  }
};

TEST_F(RolesPushTest, every_cycle_arrives_and_a_sleep_still_costs_at_most_two_switches) {
  const auto server = ServerForTest::prometheus({.out_of_order = "8h"});
  if (!server) GTEST_SKIP() << "not installed: Debian package prometheus";
  push_to(server->url() + "/api/v1/write");
  sign_both();
  ChildProcess sampler = start_sampler("10");
  ChildProcess detector = start_pushing("10", "12");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 12u);
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_LE(all[i].voluntary_switches_asleep, 2u) << all[i].cycle;
  // What a busy machine keeps from going out in time goes out with the next contact.
  EXPECT_GE(cycles_in(*server), 11u) << logs();
}

TEST_F(RolesPushTest, a_cycle_without_a_contact_allocates_nothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer brings its own malloc, which cannot be interposed";
#endif
  const auto server = ServerForTest::prometheus();
  if (!server) GTEST_SKIP() << "not installed: Debian package prometheus";
  push_to(server->url() + "/api/v1/write");
  // A contact in every tenth cycle.
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_pushing("50", "40",
                                        {"/usr/bin/env", "LD_PRELOAD=" + in_build("lib/libmalloc_counter.so"),
                                         "TORPOR_ALLOCATION_LOG=" + at("allocations")});
  ASSERT_EQ(wait_for(detector), 0) << logs();
  EXPECT_GE(cycles_in(*server), 20u) << logs();
  std::istringstream lines(slurp(at("allocations")));
  std::vector<unsigned long> counts;
  for (unsigned long n = 0; lines >> n;) counts.push_back(n);
  ASSERT_GE(counts.size(), 40u);
  // One line per report: between two of them lies at most one contact.
  int with_allocations = 0;
  for (std::size_t i = counts.size() - 37; i < counts.size(); ++i)
    with_allocations += counts[i] != counts[i - 1] ? 1 : 0;
  EXPECT_GE(with_allocations, 3) << "contacts were made";
  EXPECT_LE(with_allocations, 5) << "and nothing else allocates";
}

struct Memory {
  std::uint64_t peak_kib = 0;
  std::uint64_t dirty_kib = 0;
};

Memory watch(ChildProcess& detector) {
  Memory memory;
  while (!detector.exit_code()) {
    memory.peak_kib = std::max(memory.peak_kib, status_kib(detector, "VmHWM"));
    std::istringstream rollup(slurp("/proc/" + std::to_string(detector.id()) + "/smaps_rollup"));
    for (std::string word; rollup >> word;) {
      std::uint64_t kib = 0;
      if (word == "Private_Dirty:" && rollup >> kib) memory.dirty_kib = std::max(memory.dirty_kib, kib);
    }
    ::usleep(5000);
  }
  return memory;
}

TEST_F(RolesPushTest, pushing_grows_torpord_by_at_most_8_mib_of_which_2_are_dirty) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer multiplies memory";
#endif
  const auto server = ServerForTest::prometheus();
  if (!server) GTEST_SKIP() << "not installed: Debian package prometheus";
  sign_both();
  const auto measure = [&] {
    std::filesystem::remove_all(at("reports"));
    ChildProcess sampler = start_sampler("30");
    ChildProcess detector = start_pushing("30", "12");
    const Memory memory = watch(detector);
    EXPECT_EQ(reports().size(), 12u) << logs();
    EXPECT_EQ(wait_for(sampler), 0);
    return memory;
  };
  const Memory without = measure();
  push_to(server->url() + "/api/v1/write");
  const Memory with = measure();
  EXPECT_GE(cycles_in(*server), 10u);
  RecordProperty("without_peak_kib", static_cast<int>(without.peak_kib));
  RecordProperty("with_peak_kib", static_cast<int>(with.peak_kib));
  RecordProperty("without_dirty_kib", static_cast<int>(without.dirty_kib));
  RecordProperty("with_dirty_kib", static_cast<int>(with.dirty_kib));
  EXPECT_LE(without.peak_kib, 16u * 1024);
  EXPECT_LE(with.peak_kib, without.peak_kib + 8 * 1024);
  EXPECT_LE(with.dirty_kib, without.dirty_kib + 2 * 1024);
}

// Everything that telemetry needs is missing, and the robot watches on.
TEST_F(RolesPushTest, secrets_that_cannot_be_used_and_a_foreign_spool_do_not_end_watching) {
  std::string text = slurp(at("site.toml"));
  const auto insert = [&](const std::string& table, const std::string& field, const std::string& value) {
    const std::size_t place = text.find(field + " = \"", text.find(table));
    ASSERT_NE(place, text.npos);
    text.insert(place + field.size() + 4, value);
  };
  insert("[telemetry]", "textfile", at("torpor.prom"));
  insert("[telemetry.remote_write]", "url", "https://127.0.0.1:1/api/v1/write");
  insert("[telemetry.remote_write]", "auth_file", at("no-such-token"));
  insert("[telemetry.pushgateway]", "url", "https://127.0.0.1:1");
  insert("[telemetry.pushgateway]", "auth_file", at("torn-token"));
  std::ofstream(at("torn-token")) << "bearer";
  std::filesystem::permissions(at("torn-token"), std::filesystem::perms(0600));
  std::ofstream(at("site.toml")) << text;
  sign_both();
  {
    ChildProcess sampler = start_sampler("30");
    ChildProcess detector = start_pushing("30", "3");
    ASSERT_EQ(wait_for(detector), 0) << logs();
  }
  EXPECT_EQ(reports().size(), 3u);
  const std::string said = slurp(at("detector.log"));
  EXPECT_NE(said.find("file_missing: " + at("no-such-token")), std::string::npos) << said;
  EXPECT_NE(said.find("credential_syntax: " + at("torn-token")), std::string::npos) << said;
  EXPECT_EQ(
      slurp(at("torpor.prom")).find("torpor_push_failures_total{job=\"torpor\",instance=\"robot-0042\"} 0"),
      std::string::npos)
      << "failures are counted";
  // A cursor of a torpor that is not there yet.
  std::string cursor = slurp(at("reports/telemetry.cursor"));
  ASSERT_GT(cursor.size(), 8u);
  cursor[4] = 99;
  std::ofstream(at("reports/telemetry.cursor")) << cursor;
  ChildProcess sampler = start_sampler("30");
  ChildProcess detector = start_pushing("30", "3");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(reports().size(), 6u);
  EXPECT_NE(slurp(at("detector.log")).find("spool_cursor_version"), std::string::npos);
}

TEST_F(RolesPushTest, a_robot_that_leaves_is_forgotten_by_the_gateway) {
  const auto server = ServerForTest::pushgateway();
  if (!server) GTEST_SKIP() << "not installed: Debian package prometheus-pushgateway";
  push_to("", server->url());
  sign_both();
  ChildProcess sampler = start_sampler("30");
  ChildProcess detector = start_pushing("30", "3");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto shown = [&] { return http_request(server->port(), "GET", "/metrics").body; };
  EXPECT_NE(shown().find("torpor_cycles_total{instance=\"robot-0042\""), std::string::npos) << logs();
  run({bin("torpor"), "telemetry", "decommission", "--site", at("site.toml")});
  EXPECT_EQ(shown().find("torpor_"), std::string::npos);
}

// One 503 used to be the end of it: nobody ever heard of the refusal.
TEST_F(RolesPushTest, a_refusal_is_told_until_it_is_taken_and_taken_back_by_a_good_cycle) {
  const auto server = ServerForTest::pushgateway();
  const auto alerts = ServerForTest::alertmanager();
  if (!server || !alerts)
    GTEST_SKIP() << "not installed: Debian packages prometheus-pushgateway, -alertmanager";
  const std::string site = slurp(at("site.toml"));
  const auto point_at = [&](const std::string& gateway, const std::string& alertmanager) {
    std::ofstream(at("site.toml")) << site;
    push_to("", gateway);
    std::string text = slurp(at("site.toml"));
    const std::string table = "[telemetry.alertmanager]\nurl = \"";
    text.insert(text.find(table) + table.size(), alertmanager);
    std::ofstream(at("site.toml")) << text;
  };
  const auto retry = [&] {
    auto child = ChildProcess::start({bin("torpor"), "telemetry", "retry", "--site", at("site.toml"),
                                      "--state", at("detector"), "--state", at("sampler")},
                                     at("retry.log"));
    return child ? wait_for(*child) : -1;
  };
  const auto active = [&] {
    const std::string body = http_request(alerts->port(), "GET", "/api/v2/alerts?active=true").body;
    std::vector<std::string> roles;
    for (const auto& alert : nlohmann::json::parse(body)) roles.push_back(alert["labels"]["role"]);
    std::sort(roles.begin(), roles.end());
    return roles;
  };
  {
    const HostileServer away(HostileServer::Manner::answers,
                             "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
    point_at(away.url(), away.url());
    sign("examples/contract.toml", at("detector.bundle"));
    sign("examples/contract.toml", at("sampler.bundle"), "sleep_ms = 55000", "sleep_ms = 95000");
    ChildProcess sampler = start_sampler("1");
    ChildProcess detector = start_detector("1", "1");
    EXPECT_EQ(wait_for(detector), 78) << logs();
    EXPECT_EQ(wait_for(sampler), 78);
    EXPECT_EQ(retry(), 75) << slurp(at("retry.log"));
  }
  point_at(server->url(), alerts->url());
  EXPECT_EQ(retry(), 0) << slurp(at("retry.log"));
  EXPECT_NE(http_request(server->port(), "GET", "/metrics").body.find("reason=\"sequence_reused\""),
            std::string::npos);
  EXPECT_EQ(active(), (std::vector<std::string>{"detector", "sampler"})) << "the sampler's, too";

  for (const char* bundle : {"detector.bundle", "sampler.bundle"}) std::filesystem::remove(at(bundle));
  sign_both();
  ChildProcess sampler = start_sampler("30");
  ChildProcess detector = start_pushing("30", "3");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  ASSERT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_EQ(http_request(server->port(), "GET", "/metrics").body.find("torpor_refusal{"), std::string::npos);
  EXPECT_EQ(retry(), 0) << slurp(at("retry.log"));
  EXPECT_THAT(active(), testing::Not(testing::Contains("detector"))) << logs();
  // Without a clock to say when it ended the alert lapses by itself, minutes later.
  if (PosixClock::unscaled().now().synchronised) {
    EXPECT_EQ(active(), std::vector<std::string>{});
  }
  for (const char* role : {"detector", "sampler"}) {
    for (const char* file : {"/refusal.json", "/refusal.prom", "/refusal.told.json", "/refusal.ended.json"})
      EXPECT_FALSE(std::filesystem::exists(at(role) + file)) << role << file;
  }
}

TEST_F(RolesPushTest, a_refusal_to_start_is_told_to_the_servers) {
  const auto server = ServerForTest::pushgateway();
  if (!server) GTEST_SKIP() << "not installed: Debian package prometheus-pushgateway";
  push_to("", server->url());
  sign("examples/contract.toml", at("detector.bundle"));
  sign("examples/contract.toml", at("sampler.bundle"), "sleep_ms = 55000", "sleep_ms = 95000");
  ChildProcess sampler = start_sampler("1");
  ChildProcess detector = start_detector("1", "1");
  EXPECT_EQ(wait_for(detector), 78) << logs();
  EXPECT_EQ(wait_for(sampler), 78);
  const std::string shown = http_request(server->port(), "GET", "/metrics").body;
  EXPECT_NE(shown.find("torpor_refusal{"), std::string::npos) << logs();
  EXPECT_NE(shown.find("reason=\"sequence_reused\""), std::string::npos);
}

}  // namespace
}  // namespace torpor
