// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "deploy/test/outage_robot.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/posix/posix_clock.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kDirectory = "reports";
// Contacts after the outage at most: each takes up to 4 requests of 32 cycles.
constexpr int kMostContacts = 20;

}  // namespace

OutageRobot::Path::Path(Files& files) : real_(files, static_cast<std::uint32_t>(::getuid())) {}

Outcome OutageRobot::Path::send(const Request& request, Duration deadline) {
  if (!cut) return real_.send(request, deadline);
  Outcome outcome;
  outcome.said = "no network";
  return outcome;
}

OutageRobot::OutageRobot(std::string device, std::string url, Story story)
    : device_(std::move(device)), story_(story) {
  const WallTime now = PosixClock::unscaled().now().wall;
  const std::int64_t now_s = to_ns(now) / 1'000'000'000;
  Terms terms = terms_for_test();
  terms.not_before_s = now_s - 30 * 86'400;
  terms.expires_s = now_s + 30 * 86'400;
  contract_.emplace(contract_for_test(terms));
  // Time is over when the backlog has gone, at most now.
  const Duration lived = (story.before + story.outage + kMostContacts) * contract_->period();
  clock_.emplace(now - lived);
  clock_->advance(hours(1));
  clock_->step_wall(-hours(1));
  site_.deadline_ms = 20'000;
  site_.remote_write.url = std::move(url);
  log_.emplace(*ReportLog::open(files_, kDirectory, log_bounds(contract_->terms().telemetry)));
  pusher_ = std::make_unique<Pusher>(*Pusher::open(
      {.files = files_, .clock = *clock_, .transport = path_, .contract = *contract_, .site = site_},
      {.device = FixedString<64>(device_), .boot_id = "b", .directory = kDirectory, .log_end = log_->end()}));
}

void OutageRobot::cycle(bool deviating) {
  clock_->advance(contract_->period());
  CycleReport report;
  report.device = FixedString<64>(device_);
  report.boot_id = "b";
  report.sensor = "wheel";
  report.cycle = log_->last_cycle() + 1;
  report.woke = clock_->now();
  report.contract.digest = contract_->digest();
  report.contract.sequence = contract_->sequence();
  report.contract.sample_ms = contract_->terms().duty.sample_ms;
  report.contract.sleep_ms = contract_->terms().duty.sleep_ms;
  report.contract.interval_tolerance_ms = contract_->terms().duty.interval_tolerance_ms;
  report.contract.awake_limit_ms = contract_->terms().power.awake_limit_ms;
  report.contract.mj_per_hour = static_cast<std::uint32_t>(contract_->terms().power.mj_per_hour);
  report.interval = deviating ? contract_->period() / 8 : contract_->period();
  if (deviating) {
    report.set(Breach::interval);
    report.drops[static_cast<std::size_t>(DropReason::depth)] = 16'000;
  }
  report.energy_mj = {1.5, 200, 3, 40, 5, 6, 0.5};
  report.budget_mj = 1000;
  report.verdict.kind = VerdictKind::healthy;
  EXPECT_TRUE(log_->append(report));
  recorded_ms_.push_back(to_ns(report.woke.wall) / 1'000'000);
  pusher_->add(report, log_->newest(), log_->end());
  pusher_->contact_if_due(seconds(20));
}

int OutageRobot::run() {
  for (int i = 0; i < story_.before; ++i) cycle(false);
  path_.cut = true;
  for (int i = 0; i < story_.outage; ++i) cycle(i >= story_.deviating_from && i < story_.deviating_to);
  path_.cut = false;
  for (int contacts = 1; contacts <= kMostContacts; ++contacts) {
    cycle(false);
    if (facts().waiting == 0) return contacts;
  }
  ADD_FAILURE() << device_ << ": " << facts().waiting << " cycles still wait";
  return kMostContacts;
}

}  // namespace torpor
