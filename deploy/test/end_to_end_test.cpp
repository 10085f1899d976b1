// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// Robots, servers and people together: real torpord and torpor-sampler, real Prometheus,
// Pushgateway, Alertmanager and VictoriaMetrics, our rules and routes, and a webhook that is
// called. What is measured is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "deploy/test/fleet.h"
#include "deploy/test/operations.h"
#include "deploy/test/outage_robot.h"
#include "deploy/test/robot_pair.h"
#include "telemetry/fake/hostile_server.h"
#include "telemetry/http/curl_transport.h"

namespace torpor {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPairs = 40;
constexpr std::size_t kByGateway = 38;  // this one and the next push through the Pushgateway
constexpr std::size_t kWrongClock = 37;
constexpr std::size_t kOutageRobots = 400;
constexpr int kOutageCycles = 360;  // of a minute: six hours

constexpr const char* kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

double seconds_since(steady_clock::time_point then) {
  return std::chrono::duration<double>(steady_clock::now() - then).count();
}

// Bounded by the test's own time-out, not by a guess at the machine's speed.
template <class Condition>
void until(const Condition& condition) {
  while (!condition()) ::usleep(50'000);
}

// Does one of Alertmanager's messages name the alert for the robot?
bool called(const std::string& heard, const std::string& alert, const std::string& device) {
  const std::string instance = "\"instance\":\"" + device + "\"";
  for (std::size_t at = 0; (at = heard.find(alert, at)) != heard.npos; ++at) {
    if (heard.substr(at, 200).find(instance) != std::string::npos) return true;
  }
  return false;
}

#define NEED(server, package) \
  if (server == nullptr) GTEST_SKIP() << "not installed: Debian package " package

using Robots = std::vector<std::unique_ptr<RobotPair>>;

std::string cycles_of(const RobotPair& robot) {
  return "torpor_cycles_total{instance=\"" + robot.device() + "\"}";
}

// All but two push to the server itself; one has a clock that is hours ahead.
Robots start_robots(RobotHome& home, const ServerForTest& server, const ServerForTest& gateway) {
  Robots robots;
  for (std::size_t i = 0; i < kPairs; ++i) {
    RobotPair::Options options;
    options.device = "robot-" + std::to_string(100 + i);
    (i >= kByGateway ? options.pushgateway : options.remote_write) =
        i >= kByGateway ? gateway.url() : server.url() + "/api/v1/write";
    if (i == kWrongClock) options.clock_ahead_s = 6 * 3600;
    robots.push_back(std::make_unique<RobotPair>(home, options));
    robots.back()->start();
  }
  const auto began = steady_clock::now();
  until([&] { return count_of(server, "torpor_cycles_total") >= static_cast<int>(kPairs) - 1; });
  std::printf("seen: all robots but the one with a wrong clock after %.1f s\n", seconds_since(began));
  return robots;
}

// Seconds from a robot's oversleeping to the call for it, sorted. Robots oversleep at other
// times within an evaluation: stopped behind their report, set free past their next slot.
std::vector<double> deviation_latencies(const Robots& robots, const HostileServer& webhook) {
  std::vector<double> latency(5);
  std::vector<std::thread> watchers;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    watchers.emplace_back([&, i] {
      RobotPair& robot = *robots[i * 7];
      ::usleep(static_cast<unsigned>(i) * 3'000'000);
      const std::uint64_t size = robot.log_bytes();
      until([&] { return robot.log_bytes() > size; });
      ::usleep(400'000);
      ::kill(robot.detector_id(), SIGSTOP);
      ::usleep(6'500'000);
      ::kill(robot.detector_id(), SIGCONT);
      const auto woken = steady_clock::now();
      until([&] {
        return called(webhook.heard(), "TorporDutyCycleInterval", robot.device()) ||
               seconds_since(woken) > 90;
      });
      latency[i] = seconds_since(woken);
      EXPECT_LT(latency[i], 90.0) << robot.device() << robot.logs();
    });
  }
  for (std::thread& watcher : watchers) watcher.join();
  std::sort(latency.begin(), latency.end());
  return latency;
}

// A robot and the server are killed while robots push, and come back.
void kill_and_restart(RobotPair& robot, ServerForTest& server) {
  robot.kill_detector();
  ::kill(server.process_id(), SIGKILL);
  server.restart();
  robot.start();
  const auto back = steady_clock::now();
  const std::size_t before = samples_of(server, cycles_of(robot)).size();
  until([&] { return samples_of(server, cycles_of(robot)).size() > before + 2; });
  std::printf("killed -9 robot and server: both back after %.1f s\n", seconds_since(back));
}

// Each cycle in a record log is in the server once, and none is left out but what came after
// the last contact.
void expect_each_cycle_once(const Robots& robots, const ServerForTest& server) {
  std::size_t held = 0;
  std::size_t there = 0;
  for (std::size_t i = 0; i < kByGateway; ++i) {
    const RobotPair& robot = *robots[i];
    const std::vector<std::int64_t> stored = samples_of(server, cycles_of(robot));
    const std::vector<std::int64_t> recorded = robot.recorded_ms();
    if (i == kWrongClock) {
      EXPECT_TRUE(stored.empty()) << "a clock hours ahead dated something";
      EXPECT_GT(recorded.size(), 3u);
      continue;
    }
    ASSERT_FALSE(stored.empty()) << robot.device() << robot.logs();
    std::vector<std::int64_t> expected;
    for (const std::int64_t t : recorded) {
      if (t <= stored.back()) expected.push_back(t);
    }
    EXPECT_EQ(stored, expected) << robot.device();
    EXPECT_LE(recorded.size() - expected.size(), 2u) << robot.device() << robot.logs();
    held += recorded.size();
    there += stored.size();
  }
  std::printf("cycles: %zu in record logs, %zu in Prometheus, each once\n", held, there);
}

TEST(EndToEnd, forty_real_robots_are_seen_and_a_deviation_calls_a_person) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "eighty instrumented processes do not keep five seconds on two processors";
#endif
  HostileServer webhook(HostileServer::Manner::answers, kTaken);
  const auto alertmanager = ServerForTest::alertmanager(routes_to(webhook.url()));
  NEED(alertmanager, "prometheus-alertmanager");
  const auto gateway = ServerForTest::pushgateway();
  NEED(gateway, "prometheus-pushgateway");
  const auto server = ServerForTest::prometheus({.out_of_order = "14d",
                                                 .rule_file = deployed_rules(),
                                                 .evaluation = "15s",
                                                 .alertmanager_port = alertmanager->port(),
                                                 .pushgateway_port = gateway->port()});
  NEED(server, "prometheus");

  RobotHome home;
  const Robots robots = start_robots(home, *server, *gateway);
  const std::vector<double> latency = deviation_latencies(robots, webhook);
  std::printf("deviation to webhook: median %.1f s, least %.1f s, most %.1f s\n", latency[2], latency[0],
              latency[4]);
  kill_and_restart(*robots[20], *server);
  // An alert from before Prometheus has found its Alertmanager is sent again after a minute.
  until([&] { return webhook.heard().find("TorporDeadMansSwitch") != std::string::npos; });
  for (const auto& robot : robots) robot->stop();
  expect_each_cycle_once(robots, *server);
  EXPECT_EQ(count_of(*server, "torpor_cycles_total{instance=~\"robot-13[89]\"}"), 2);
}

TEST(EndToEnd, six_hours_without_a_server_come_back_whole_and_call_nobody) {
  const auto server = ServerForTest::prometheus(
      {.out_of_order = "14d", .rule_file = deployed_rules("2s"), .evaluation = "2s"});
  NEED(server, "prometheus");
  const auto began = steady_clock::now();
  std::uint64_t contacts = 0;
  std::map<std::string, std::vector<std::int64_t>> held;
  for (std::size_t i = 0; i < kOutageRobots; ++i) {
    OutageRobot robot("amr-" + std::to_string(1000 + i), server->url() + "/api/v1/write",
                      {.before = 5, .outage = kOutageCycles, .deviating_from = 60, .deviating_to = 200});
    contacts += robot.run();
    EXPECT_EQ(robot.facts().lost, 0u);
    held[robot.device()] = robot.recorded_ms();
  }
  const double took = seconds_since(began);
  std::size_t cycles = 0;
  for (const auto& [device, recorded] : held) {
    ASSERT_EQ(samples_of(*server, "torpor_cycles_total{instance=\"" + device + "\"}"), recorded) << device;
    cycles += recorded.size();
  }
  std::printf(
      "outage: %zu robots, %zu cycles, each once; %.1f s, backlog gone within %.1f contacts a robot\n",
      held.size(), cycles, took, static_cast<double>(contacts) / static_cast<double>(held.size()));
  // The rules have looked at it several times, and what deviated did so hours ago.
  until([&] {
    return count_of(*server, "instance:torpor_cycle_deviation:ratio") == static_cast<int>(kOutageRobots);
  });
  ::sleep(5);
  EXPECT_EQ(
      count_of(*server, "last_over_time(ALERTS{alertname=~\"TorporDutyCycle.*|TorporFramesDropped\"}[1h])"),
      0);
}

TEST(EndToEnd, victoria_metrics_takes_the_same_outage) {
  const auto server = ServerForTest::victoria_metrics();
  NEED(server, "victoria-metrics");
  std::map<std::string, std::vector<std::int64_t>> held;
  for (int i = 0; i < 20; ++i) {
    OutageRobot robot("amr-" + std::to_string(1000 + i), server->url() + "/api/v1/write",
                      {.before = 5, .outage = kOutageCycles, .deviating_from = 60, .deviating_to = 200});
    robot.run();
    EXPECT_EQ(robot.facts().lost, 0u);
    held[robot.device()] = robot.recorded_ms();
  }
  http_request(server->port(), "GET", "/internal/force_flush");  // what was taken becomes visible
  std::size_t cycles = 0;
  for (const auto& [device, recorded] : held) {
    EXPECT_EQ(samples_of(*server, "torpor_cycles_total{instance=\"" + device + "\"}"), recorded) << device;
    cycles += recorded.size();
  }
  std::printf("VictoriaMetrics: %zu robots, %zu cycles, each once\n", held.size(), cycles);
}

TEST(EndToEnd, vmalert_fires_the_same_rules_over_victoria_metrics) {
  const auto server = ServerForTest::victoria_metrics();
  NEED(server, "victoria-metrics");
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = server->url() + "/api/v1/write";
  const std::int64_t now = to_ns(PosixClock::unscaled().now().wall) / 1'000'000'000;
  FleetForTest fleet(100, now - 1200);
  EXPECT_EQ(fleet.send(transport, to, now).refused, "");

  HostileServer notified(HostileServer::Manner::answers, kTaken);
  const auto vmalert = ServerForTest::vmalert(*server, deployed_rules("2s"), notified.url());
  const auto fires = [&](const char* alert, std::size_t robot) {
    return count_of(*server, std::string("ALERTS{alertstate=\"firing\",alertname=\"") + alert +
                                 "\",instance=\"" + FleetForTest::name(robot) + "\"}") == 1;
  };
  until([&] {
    return fires("TorporDutyCycleInterval", 3) && fires("TorporBearingAlarm", 43) &&
           fires("TorporRobotSilent", 75);
  });
  until([&] { return notified.heard().find("TorporRobotSilent") != std::string::npos; });
}

}  // namespace
}  // namespace torpor
