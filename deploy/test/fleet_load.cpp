// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What a fleet costs a server: made-up robots, the real encoder and client, each robot's own
// connection for each push. Prints one line of JSON.
#include <dirent.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "deploy/test/fleet.h"
#include "telemetry/http/curl_transport.h"

namespace torpor {
namespace {

constexpr std::int64_t kSliceSeconds = 30 * 60;  // history goes in order of time over all robots
constexpr int kThreads = 8;

struct Flags {
  std::string url;
  std::size_t robots = 400;
  int history_minutes = 0;
  int seconds = 0;
  int pid = 0;
  std::string data;
};

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

std::int64_t now_s() { return to_ns(PosixClock::unscaled().now().wall) / 1'000'000'000; }

// User and system time of a process so far.
double cpu_seconds(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(in, text);
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double rss_mib(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; in >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && in >> kib) return kib / 1024;
  }
  return 0;
}

std::uintmax_t bytes_in(const std::string& directory) {
  std::uintmax_t sum = 0;
  std::error_code gone;
  for (std::filesystem::recursive_directory_iterator it(directory, gone), end; it != end;
       it.increment(gone)) {
    if (it->is_regular_file(gone)) sum += it->file_size(gone);
  }
  return sum;
}

struct Load {
  std::size_t requests = 0;
  std::size_t failures = 0;
  std::size_t samples = 0;
  std::size_t bytes = 0;
  std::vector<double> answered_ms;
  std::string said;
};

// Every robot of the slice pushes its newest cycle once per period, spread evenly over it.
void push_live(FleetForTest& fleet, const TelemetryServer& server, int seconds, Load& load) {
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  const auto began = std::chrono::steady_clock::now();
  const std::size_t total = fleet.size() * static_cast<std::size_t>(seconds) / FleetForTest::kPeriodSeconds;
  for (std::size_t i = 0; i < total; ++i) {
    const auto due =
        began +
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(
            static_cast<double>(i) * FleetForTest::kPeriodSeconds / static_cast<double>(fleet.size())));
    std::this_thread::sleep_until(due);
    const auto sent = fleet.push(i % fleet.size(), transport, server, now_s());
    load.requests += sent.requests;
    load.samples += sent.samples;
    load.bytes += sent.bytes;
    // From when it was due: a server that cannot keep up shows.
    load.answered_ms.push_back(1e3 * seconds_since(due));
    if (sent.refused.empty()) continue;
    ++load.failures;
    load.said = sent.refused;
  }
}

int run(const Flags& flags) {
  TelemetryServer server;
  server.url = flags.url;
  const std::int64_t start_s = now_s();
  std::vector<FleetForTest> fleets;
  for (std::size_t i = 0; i < kThreads; ++i) {
    const std::size_t from = flags.robots * i / kThreads;
    fleets.emplace_back(flags.robots * (i + 1) / kThreads - from, start_s - 60 * flags.history_minutes, from);
  }
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  std::size_t history = 0;
  const auto began = std::chrono::steady_clock::now();
  // The newest period is left to the live pushes: each has something to say.
  const std::int64_t end_s = start_s - FleetForTest::kPeriodSeconds;
  for (std::int64_t until = start_s - 60 * flags.history_minutes;
       flags.history_minutes > 0 && until < end_s;) {
    until = std::min(until + kSliceSeconds, end_s);
    for (FleetForTest& fleet : fleets) {
      const auto sent = fleet.send(transport, server, until);
      history += sent.samples;
      if (sent.refused.empty()) continue;
      fmt::print(stderr, "{}\n", sent.refused);
      return 1;
    }
  }
  const double history_s = seconds_since(began);

  std::vector<Load> loads(kThreads);
  const double cpu_before = cpu_seconds(flags.pid);
  const auto live = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads && flags.seconds > 0; ++i)
    threads.emplace_back([&, i] { push_live(fleets[i], server, flags.seconds, loads[i]); });
  for (std::thread& thread : threads) thread.join();
  const double live_s = std::max(1e-9, seconds_since(live));
  Load all;
  for (const Load& load : loads) {
    all.requests += load.requests;
    all.failures += load.failures;
    all.samples += load.samples;
    all.bytes += load.bytes;
    all.answered_ms.insert(all.answered_ms.end(), load.answered_ms.begin(), load.answered_ms.end());
    if (!load.said.empty()) all.said = load.said;
  }
  std::sort(all.answered_ms.begin(), all.answered_ms.end());
  const auto quantile = [&](double q) {
    return all.answered_ms.empty() ? 0.0
                                   : all.answered_ms[static_cast<std::size_t>(
                                         q * static_cast<double>(all.answered_ms.size() - 1))];
  };
  fmt::print(
      "{{\"robots\": {}, \"history_samples\": {}, \"history_samples_per_s\": {:.0f}, \"live_s\": {:.1f}, "
      "\"requests_per_s\": {:.1f}, "
      "\"samples_per_s\": {:.0f}, \"failures\": {}, \"body_bytes\": {:.0f}, \"median_ms\": {:.1f}, "
      "\"p99_ms\": {:.1f}, "
      "\"server_cpu_cores\": {:.3f}, \"server_rss_mib\": {:.0f}, \"data_bytes\": {}}}\n",
      flags.robots, history, history_s > 0 ? static_cast<double>(history) / history_s : 0.0,
      flags.seconds > 0 ? live_s : 0.0, static_cast<double>(all.requests) / live_s,
      static_cast<double>(all.samples) / live_s, all.failures,
      all.requests == 0 ? 0.0 : static_cast<double>(all.bytes) / static_cast<double>(all.requests),
      quantile(0.5), quantile(0.99), flags.seconds > 0 ? (cpu_seconds(flags.pid) - cpu_before) / live_s : 0.0,
      rss_mib(flags.pid), bytes_in(flags.data));
  if (!all.said.empty()) fmt::print(stderr, "{}\n", all.said);
  return 0;
}

}  // namespace
}  // namespace torpor

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  torpor::Flags flags;
  CLI::App app("fleet-load: made-up robots push to a server as real ones would; what that costs is printed.");
  app.add_option("--url", flags.url, "remote-write URL")->required();
  app.add_option("--robots", flags.robots, "how many")->check(CLI::Range(8, 100'000));
  app.add_option("--history", flags.history_minutes, "first send so many minutes of history");
  app.add_option("--seconds", flags.seconds, "then push live for so long, each robot once a minute");
  app.add_option("--pid", flags.pid, "the server's process, to measure");
  app.add_option("--data", flags.data, "the server's data directory, to measure");
  app.footer(
      "example:\n  fleet-load --url http://127.0.0.1:9090/api/v1/write --robots 400 --history 60 --seconds "
      "120");
  CLI11_PARSE(app, argc, argv);
  return torpor::run(flags);
}
