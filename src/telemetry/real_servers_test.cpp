// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The pusher and the real client against the servers operations run, from Debian's packages.
#include <gtest/gtest.h>
#include <csignal>

#include <nlohmann/json.hpp>

#include "notes/refusal.h"
#include "telemetry/decommission.h"
#include "telemetry/fake/real_robot.h"
#include "telemetry/fake/servers.h"
#include "telemetry/gateway.h"
#include "telemetry/refusal_push.h"

namespace torpor {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Samples in the server: time in s and value.
std::vector<std::pair<std::int64_t, double>> samples(const ServerForTest& server, const std::string& selector,
                                                     const std::string& range = "30d") {
  const HttpAnswer answer =
      http_request(server.port(), "POST", "/api/v1/query", "query=" + selector + "[" + range + "]");
  std::vector<std::pair<std::int64_t, double>> all;
  const json parsed = json::parse(answer.body, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("data")) {
    ADD_FAILURE() << answer.status << " " << answer.body;
    return all;
  }
  for (const json& series : parsed["data"]["result"]) {
    for (const json& pair : series["values"])
      all.emplace_back(static_cast<std::int64_t>(pair[0].get<double>()),
                       std::stod(pair[1].get<std::string>()));
  }
  return all;
}

#define NEED(server, package) \
  if (server == nullptr) GTEST_SKIP() << "not installed: Debian package " package

TEST(RealPrometheus, live_cycles_arrive_with_their_own_time_and_all_series) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  RealRobot robot(minutes(12));
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  robot.start();
  robot.cycles(10);
  EXPECT_EQ(robot.said, "");
  const auto cycles = samples(*server, "torpor_cycles_total");
  ASSERT_EQ(cycles.size(), 10u);
  for (std::size_t i = 1; i < cycles.size(); ++i) EXPECT_EQ(cycles[i].first - cycles[i - 1].first, 60);
  EXPECT_EQ(cycles.back().first, to_ns(robot.report.woke.wall) / 1'000'000'000);
  const HttpAnswer count = http_request(
      server->port(), "POST", "/api/v1/series",
      "match[]={instance=\"robot-1\",job=\"torpor\"}&start=" + std::to_string(real_now_s() - 3600));
  // The interval is not known in cycle reports without one.
  EXPECT_EQ(json::parse(count.body)["data"].size(), kSeries - 1) << count.body;
}

TEST(RealPrometheus, the_same_request_twice_is_taken) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  RealRobot robot(minutes(12));
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  robot.start();
  robot.cycles(5);
  robot.files.put("reports/telemetry.cursor", as_bytes("damaged"));
  robot.start();
  robot.cycles(5);
  EXPECT_EQ(samples(*server, "torpor_cycles_total").size(), 10u);
}

TEST(RealPrometheus, after_an_outage_every_cycle_is_present_once_with_an_out_of_order_window) {
  const auto server = ServerForTest::prometheus({.out_of_order = "8h"});
  NEED(server, "prometheus");
  RealRobot robot(hours(6) + minutes(40));
  const std::string url = server->url() + "/api/v1/write";
  robot.site.remote_write.url = url;
  robot.start();
  robot.cycles(10);
  robot.site.remote_write.url = "http://127.0.0.1:" + std::to_string(free_port()) + "/api/v1/write";
  robot.start();
  robot.cycles(360);
  robot.site.remote_write.url = url;
  robot.start();
  robot.cycles(12);
  EXPECT_EQ(robot.pusher->spool().facts().waiting, 0u);
  EXPECT_EQ(robot.pusher->spool().facts().lost, 0u);
  const auto cycles = samples(*server, "torpor_cycles_total");
  ASSERT_EQ(cycles.size(), 382u);
  for (std::size_t i = 0; i < cycles.size(); ++i) EXPECT_EQ(cycles[i].second, static_cast<double>(i + 1));
}

// The server says 400 to the whole request; live ones must not share its fate.
TEST(RealPrometheus, too_old_a_backlog_is_given_up_without_harm_to_live_cycles) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  RealRobot robot(hours(8));
  robot.site.remote_write.url = "http://127.0.0.1:" + std::to_string(free_port()) + "/api/v1/write";
  robot.start();
  robot.cycles(460);
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  robot.start();
  robot.cycles(12);
  EXPECT_EQ(robot.pusher->spool().facts().waiting, 0u);
  EXPECT_GT(robot.pusher->spool().facts().lost, 300u);
  EXPECT_GE(samples(*server, "torpor_cycles_total").size(), 10u);
  EXPECT_NE(robot.said.find("refused (400)"), std::string::npos) << robot.said;
}

// With a window this server answers 500, for ever, to what lies beyond it.
TEST(RealPrometheus, a_500_that_never_ends_is_set_aside_after_some_attempts) {
  const auto server = ServerForTest::prometheus({.out_of_order = "30m"});
  NEED(server, "prometheus");
  RealRobot robot(hours(4));
  robot.site.remote_write.url = "http://127.0.0.1:" + std::to_string(free_port()) + "/api/v1/write";
  robot.start();
  robot.cycles(200);
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  robot.start();
  robot.cycles(40);
  const PusherFacts facts = robot.pusher->spool().facts();
  EXPECT_EQ(facts.waiting, 0u);
  EXPECT_GT(facts.lost, 0u);
  EXPECT_GT(facts.failures, Spool::kMaxAttempts);
  EXPECT_NE(robot.said.find("unavailable (500)"), std::string::npos) << robot.said;
  EXPECT_EQ(facts.lost + samples(*server, "torpor_cycles_total").size(), 240u);
}

TEST(RealPrometheus, a_robot_hours_in_the_future_harms_nobody) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  RealRobot wrong(-hours(5), "robot-wrong");
  wrong.site.remote_write.url = server->url() + "/api/v1/write";
  wrong.start();
  wrong.cycles(5);
  RealRobot right(minutes(12), "robot-right");
  right.site.remote_write.url = wrong.site.remote_write.url;
  right.start();
  right.cycles(5);
  EXPECT_EQ(samples(*server, "torpor_cycles_total{instance=\"robot-wrong\"}").size(), 0u);
  EXPECT_EQ(samples(*server, "torpor_cycles_total{instance=\"robot-right\"}").size(), 5u);
}

// Why the gate is there: without it this server would take nothing from anybody.
TEST(RealPrometheus, one_future_sample_would_make_it_refuse_every_robot) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = server->url() + "/api/v1/write";
  const auto write = [&](const char* instance, std::int64_t ms) {
    const LabelledValue value{
        .labels = {{"__name__", "probe"}, {"instance", instance}}, .value = 1, .wall_ms = ms};
    const std::string body = remote_write_body({&value, 1});
    return transport.send(
        {.method = "POST", .to = &to, .headers = kRemoteWriteHeaders, .body = as_bytes(body)}, seconds(20));
  };
  const std::int64_t now = real_now_s() * 1000;
  EXPECT_EQ(write("future", now + 5 * 3'600'000).answer, Answer::taken);
  EXPECT_EQ(write("present", now).answer, Answer::refused);
}

TEST(RealPrometheus, an_empty_request_is_taken_and_brings_the_server_s_time) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = server->url() + "/api/v1/write";
  const std::string body = remote_write_body({});
  const Outcome outcome = transport.send(
      {.method = "POST", .to = &to, .headers = kRemoteWriteHeaders, .body = as_bytes(body)}, seconds(20));
  EXPECT_EQ(outcome.status, 204) << outcome.said.view();
  ASSERT_TRUE(outcome.date);
  EXPECT_LE(std::abs(to_ns(*outcome.date) / 1'000'000'000 - real_now_s()), 30);
}

TEST(RealPrometheus, a_kill_in_the_middle_loses_nothing) {
  const auto server = ServerForTest::prometheus({.out_of_order = "8h"});
  NEED(server, "prometheus");
  RealRobot robot(hours(1));
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  robot.start();
  robot.cycles(5);
  ::kill(server->process_id(), SIGKILL);
  robot.cycles(10);
  server->restart();
  robot.cycles(30);
  EXPECT_EQ(robot.pusher->spool().facts().waiting, 0u);
  EXPECT_EQ(samples(*server, "torpor_cycles_total").size(), 45u);
}

TEST(RealPrometheus, basic_auth_and_mutual_tls_are_asked_for_and_given) {
  // The password is "word".
  const auto server = ServerForTest::prometheus(
      {.web_config = "tls_server_config:\n"
                     "  cert_file: DIR/server.pem\n"
                     "  key_file: DIR/server.key\n"
                     "  client_auth_type: RequireAndVerifyClientCert\n"
                     "  client_ca_file: DIR/ca.pem\n"
                     "basic_auth_users:\n"
                     "  user: $2b$05$abcdefghijklmnopqrstuuQDoL5Sa/TtfS/XN4AY/jgq.HBbO1BTu\n"});
  NEED(server, "prometheus");
  const std::string dir = server->directory();
  PosixFiles files;
  ASSERT_TRUE(files.replace(dir + "/auth", as_bytes("basic user:word\n"), 0600));
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = "https://127.0.0.1:" + std::to_string(server->port()) + "/api/v1/write";
  const std::string body = remote_write_body({});
  const auto write = [&] {
    return transport.send(
        {.method = "POST", .to = &to, .headers = kRemoteWriteHeaders, .body = as_bytes(body)}, seconds(20));
  };
  Outcome outcome = write();
  EXPECT_EQ(outcome.answer, Answer::unreachable) << "the system does not vouch for it";
  EXPECT_NE(outcome.said.view().find("certificate"), std::string_view::npos) << outcome.said.view();
  to.ca_file = dir + "/ca.pem";
  EXPECT_EQ(write().answer, Answer::unreachable) << "without our certificate";
  to.cert_file = dir + "/client.pem";
  to.key_file = dir + "/client.key";
  EXPECT_EQ(write().status, 401) << "without our name";
  to.auth_file = dir + "/auth";
  outcome = write();
  EXPECT_EQ(outcome.status, 204) << outcome.said.view();
  // Another name than the certificate's.
  to.url = "https://localhost:" + std::to_string(server->port()) + "/api/v1/write";
  EXPECT_EQ(write().answer, Answer::unreachable);
}

TEST(RealPushgateway, one_group_per_robot_is_replaced_and_deleted) {
  const auto server = ServerForTest::pushgateway();
  NEED(server, "prometheus-pushgateway");
  RealRobot robot(minutes(12));
  robot.site.pushgateway.url = server->url();
  robot.start();
  robot.cycles(5);
  EXPECT_EQ(robot.said, "");
  std::string shown = http_request(server->port(), "GET", "/metrics").body;
  EXPECT_NE(shown.find("torpor_cycles_total{instance=\"robot-1\",job=\"torpor\"} 5\n"), std::string::npos);
  // A dead robot would be shown for ever.
  EXPECT_TRUE(decommission(robot.transport, robot.files, "robot-1", robot.site));
  shown = http_request(server->port(), "GET", "/metrics").body;
  EXPECT_EQ(shown.find("robot-1"), std::string::npos);
}

TEST(RealPushgateway, timestamps_are_refused_so_none_are_sent) {
  const auto server = ServerForTest::pushgateway();
  NEED(server, "prometheus-pushgateway");
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = server->url();
  const std::string group = gateway_group("robot-1");
  const std::string body = gzip("torpor_cycles_total 1 1800000000000\n");
  const Outcome outcome = transport.send(
      {.method = "PUT", .to = &to, .path = group, .headers = kGatewayHeaders, .body = as_bytes(body)},
      seconds(20));
  EXPECT_EQ(outcome.status, 400);
}

// A refusal kept in STATE and told once; what could not be told.
std::string tell(RealRobot& robot, const Refusal& refusal) {
  EXPECT_TRUE(robot.files.make_directories("state").ok());
  EXPECT_TRUE(write_refusal(robot.files, "state", refusal).ok());
  RefusalTeller teller(
      {.files = robot.files, .clock = *robot.clock, .transport = robot.transport, .site = robot.site},
      {.state = "state", .device = "robot-1", .boot_id = "b"});
  return std::string(teller.tell(seconds(20)).said.view());
}

TEST(RealPushgateway, a_refusal_is_shown_until_the_next_good_cycle) {
  const auto server = ServerForTest::pushgateway();
  NEED(server, "prometheus-pushgateway");
  RealRobot robot(minutes(12));
  robot.site.pushgateway.url = server->url();
  robot.start();
  robot.cycles(3);
  const Refusal refusal{.role = "detector",
                        .device = "robot-1",
                        .error = {.reason = Reason::digest_differs},
                        .own = BundleFacts{.digest = robot.contract->digest(), .sequence = 1},
                        .peer = {},
                        .differing = {},
                        .at = robot.clock->now(),
                        .boot_id = "b"};
  EXPECT_EQ(tell(robot, refusal), "");
  std::string shown = http_request(server->port(), "GET", "/metrics").body;
  EXPECT_NE(shown.find("reason=\"digest_differs\""), std::string::npos);
  EXPECT_NE(shown.find("torpor_cycles_total{"), std::string::npos) << "beside the last cycle";
  robot.cycles(2);
  shown = http_request(server->port(), "GET", "/metrics").body;
  EXPECT_EQ(shown.find("reason=\"digest_differs\""), std::string::npos);
}

TEST(RealPrometheus, a_refusal_is_written_with_reason_and_digests) {
  const auto server = ServerForTest::prometheus();
  NEED(server, "prometheus");
  RealRobot robot(minutes(1));
  robot.site.remote_write.url = server->url() + "/api/v1/write";
  const Refusal refusal{.role = "detector",
                        .device = "robot-1",
                        .error = {.reason = Reason::digest_differs},
                        .own = BundleFacts{.digest = robot.contract->digest(), .sequence = 1},
                        .peer = {},
                        .differing = {},
                        .at = robot.clock->now(),
                        .boot_id = "b"};
  EXPECT_EQ(tell(robot, refusal), "");
  EXPECT_EQ(
      samples(*server, "torpor_refusal{reason=\"digest_differs\",role=\"detector\",peer_digest=\"\"}").size(),
      1u);
}

TEST(RealAlertmanager, a_refusal_needs_no_date_and_its_end_is_told) {
  const auto server = ServerForTest::alertmanager();
  NEED(server, "prometheus-alertmanager");
  RealRobot robot(minutes(0));
  robot.site.alertmanager.url = server->url();
  robot.clock->set_synchronised(false);
  const Refusal refusal{.role = "sampler",
                        .device = "robot-1",
                        .error = {.reason = Reason::trust_missing},
                        .own = {},
                        .peer = {},
                        .differing = {},
                        .at = robot.clock->now(),
                        .boot_id = "b"};
  EXPECT_EQ(tell(robot, refusal), "");
  const auto active = [&] {
    return json::parse(http_request(server->port(), "GET", "/api/v2/alerts?active=true").body);
  };
  json shown = active();
  ASSERT_EQ(shown.size(), 1u) << shown;
  EXPECT_EQ(shown[0]["labels"]["alertname"], "TorporRefused");
  EXPECT_EQ(shown[0]["labels"]["reason"], "trust_missing");
  robot.clock->set_synchronised(true);
  ::sleep(1);  // an alert that ends in the second it began has not been
  robot.clock->advance(seconds(1));
  ASSERT_TRUE(*end_refusal(robot.files, "state"));
  RefusalTeller teller(
      {.files = robot.files, .clock = *robot.clock, .transport = robot.transport, .site = robot.site},
      {.state = "state", .device = "robot-1", .boot_id = "b"});
  EXPECT_EQ(teller.tell(seconds(20)).left, 0u);
  EXPECT_EQ(active().size(), 0u);
  EXPECT_FALSE(*end_refusal(robot.files, "state")) << "nothing is left to take back";
}

TEST(RealAlertmanager, a_latched_alarm_is_posted_and_posted_again_after_it_forgot) {
  const auto server = ServerForTest::alertmanager();
  NEED(server, "prometheus-alertmanager");
  RealRobot robot(minutes(0));
  robot.site.alertmanager.url = server->url();
  robot.start();
  robot.latched = true;
  robot.cycles(2);
  EXPECT_EQ(robot.said, "");
  EXPECT_EQ(robot.pusher->spool().events().size(), 0u);
  const auto alerts = [&] { return json::parse(http_request(server->port(), "GET", "/api/v2/alerts").body); };
  json shown = alerts();
  ASSERT_EQ(shown.size(), 1u) << shown;
  EXPECT_EQ(shown[0]["labels"]["alarm_id"], "robot-1/wheel/1/1");
  EXPECT_EQ(shown[0]["status"]["state"], "active");
  ::kill(server->process_id(), SIGKILL);
  server->restart();
  robot.cycles(2);
  EXPECT_EQ(alerts().size(), 1u);
}

}  // namespace
}  // namespace torpor
