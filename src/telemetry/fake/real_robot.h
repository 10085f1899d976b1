// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "contract/fake/example_contract.h"
#include "report/report_log.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/pusher.h"

namespace torpor {

// Wall time in seconds now; servers judge samples by theirs.
inline std::int64_t real_now_s() { return to_ns(PosixClock::unscaled().now().wall) / 1'000'000'000; }

// A robot on stepped time, its log in memory, its client real.
class RealRobot {
 public:
  explicit RealRobot(Duration ago, const std::string& name = "robot-1") : device(name) {
    Terms terms = terms_for_test();
    // The servers' time is today, so the contract is of today.
    terms.not_before_s = real_now_s() - 30 * 86'400;
    terms.expires_s = real_now_s() + 30 * 86'400;
    contract.emplace(contract_for_test(terms));
    clock.emplace(WallTime(std::chrono::seconds(real_now_s())) - ago);
    clock->advance(std::chrono::hours(1));
    clock->step_wall(-std::chrono::hours(1));
    site.deadline_ms = 20'000;
  }
  void start() {
    pusher.reset();
    log.reset();
    log = std::make_unique<ReportLog>(
        *ReportLog::open(files, "reports", log_bounds(contract->terms().telemetry)));
    pusher = std::make_unique<Pusher>(*Pusher::open(
        {.files = files, .clock = *clock, .transport = transport, .contract = *contract, .site = site},
        {.device = FixedString<64>(device), .boot_id = "b", .directory = "reports", .log_end = log->end()}));
  }
  void cycle() {
    clock->advance(contract->period());
    report = CycleReport{};
    report.device = FixedString<64>(device);
    report.boot_id = "b";
    report.sensor = "wheel";
    report.cycle = log->last_cycle() + 1;
    report.woke = clock->now();
    report.contract.digest = contract->digest();
    report.contract.sequence = contract->sequence();
    report.contract.sample_ms = 5000;
    report.contract.sleep_ms = 55'000;
    report.energy_mj = {1.5, 200, 3, 40, 5, 6, 0.5};
    report.verdict.kind = latched ? VerdictKind::alarm : VerdictKind::healthy;
    report.verdict.latched = latched;
    report.verdict.arming_epoch = 1;
    report.verdict.first_crossing_cycle = latched ? 1 : 0;
    report.verdict.explanation = "inner race, 162.2 Hz";
    EXPECT_TRUE(log->append(report));
    pusher->add(report, log->newest(), log->end());
    said += pusher->contact_if_due(std::chrono::seconds(20)).view();
  }
  void cycles(int n) {
    for (int i = 0; i < n; ++i) cycle();
  }

  std::string device;
  std::optional<Contract> contract;
  std::optional<FakeClock> clock;
  MemoryFiles files;
  PosixFiles real_files;
  CurlTransport transport{real_files, static_cast<std::uint32_t>(::getuid())};
  TelemetrySite site;
  std::unique_ptr<ReportLog> log;
  std::unique_ptr<Pusher> pusher;
  CycleReport report;
  bool latched = false;
  std::string said;
};

}  // namespace torpor
