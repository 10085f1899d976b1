// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/fake/robot.h"

namespace torpor {

RobotForTest::RobotForTest() : RobotForTest(terms_for_test()) {}

RobotForTest::RobotForTest(const Terms& terms) : contract(contract_for_test(terms)) {
  site.deadline_ms = 2000;
  site.remote_write.url = "http://prometheus/api/v1/write";
  clock.advance(std::chrono::hours(1));
}

bool RobotForTest::start() {
  stop();
  auto log = ReportLog::open(files, kReportsForTest, log_bounds(contract.terms().telemetry));
  if (!log) return false;
  log_ = std::make_unique<ReportLog>(*std::move(log));
  auto pusher = Pusher::open(
      {.files = files, .clock = *pusher_clock, .transport = transport, .contract = contract, .site = site},
      {.device = FixedString<64>(device),
       .boot_id = "5b1c02f4-8f0e-4a53-9a3f-6f3d1b9e2c71",
       .directory = kReportsForTest,
       .log_end = log_->end()});
  if (!pusher) return false;
  pusher_ = std::make_unique<Pusher>(*std::move(pusher));
  next_cycle_ = log_->last_cycle() + 1;
  return true;
}

void RobotForTest::stop() {
  pusher_.reset();
  log_.reset();
}

bool RobotForTest::cycle() {
  clock.advance(contract.period());
  const Terms& terms = contract.terms();
  report_ = CycleReport{};
  report_.device = FixedString<64>(device);
  report_.boot_id = "5b1c02f4-8f0e-4a53-9a3f-6f3d1b9e2c71";
  report_.sensor = "wheel";
  report_.cycle = next_cycle_;
  report_.woke = clock.now();
  report_.contract.id = terms.contract_id;
  report_.contract.digest = contract.digest();
  report_.contract.sequence = contract.sequence();
  report_.contract.sample_ms = terms.duty.sample_ms;
  report_.contract.sleep_ms = terms.duty.sleep_ms;
  report_.energy_mj = {1, 200, 3, 40, 5, 6, 0.5};
  report_.verdict.kind = VerdictKind::healthy;
  if (alarm_at_ != 0 && report_.cycle >= alarm_at_) {
    report_.verdict.kind = VerdictKind::alarm;
    report_.verdict.latched = true;
    report_.verdict.arming_epoch = 1;
    report_.verdict.first_crossing_cycle = alarm_at_;
    report_.verdict.explanation = "inner race, 162.2 Hz";
  }
  if (!log_->append(report_)) return false;
  ++next_cycle_;
  pusher_->add(report_, log_->newest(), log_->end());
  said = std::string(pusher_->contact_if_due(room).view());
  return !files.dark();
}

std::vector<std::int64_t> RobotForTest::held() {
  std::vector<std::int64_t> all;
  auto reader = ReportReader::open(files, kReportsForTest);
  CycleReport report;
  while (reader && *reader->next(report)) all.push_back(to_ns(report.woke.wall) / 1'000'000);
  return all;
}

}  // namespace torpor
