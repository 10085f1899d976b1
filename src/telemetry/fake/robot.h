// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <vector>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "report/report_log.h"
#include "telemetry/fake/fake_transport.h"
#include "telemetry/pusher.h"

namespace torpor {

// A robot as telemetry sees it: the real record log and the real pusher on files in memory,
// stepped time and servers in memory. What survives a crash are `files` and the servers.
class RobotForTest {
 public:
  RobotForTest();
  explicit RobotForTest(const Terms& terms);

  // A process begins. False: the files failed, as without power.
  [[nodiscard]] bool start();
  void stop();
  // One period passes and leaves a report. False: the process died of its files.
  [[nodiscard]] bool cycle();
  void cycles(int n) {
    for (int i = 0; i < n && cycle(); ++i) continue;
  }
  // The last report of the log says from now on that an alarm is latched.
  void raise_alarm() { alarm_at_ = next_cycle_; }
  void clear_alarm() { alarm_at_ = 0; }

  const SpoolState& state() const { return pusher_->spool().state(); }
  PusherFacts facts() const { return pusher_->spool().facts(); }
  const CycleReport& report() const { return report_; }
  // Wall times in ms of all reports the log holds.
  std::vector<std::int64_t> held();

  Contract contract;
  std::string device = "robot-1";
  TelemetrySite site;
  MemoryFiles files;
  FakeClock clock;
  const Clock* pusher_clock = &clock;  // what the pusher reads
  FakeTransport transport{clock};
  Duration room = std::chrono::seconds(10);
  std::string said;  // by the last contact

 private:
  std::unique_ptr<ReportLog> log_;
  std::unique_ptr<Pusher> pusher_;
  CycleReport report_;
  std::uint64_t next_cycle_ = 1;
  std::uint64_t alarm_at_ = 0;
};

inline constexpr const char* kReportsForTest = "reports";
inline constexpr const char* kCursorForTest = "reports/telemetry.cursor";

}  // namespace torpor
