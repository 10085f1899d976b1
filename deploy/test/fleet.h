// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "report/cycle_report.h"
#include "site/site.h"
#include "telemetry/http/transport.h"
#include "telemetry/remote_write.h"

namespace torpor {

// A fleet as telemetry sees it: reports made up, everything behind them real (totals,
// catalogue, remote write). Cycles of one minute on the contract of examples/contract.toml.
// The same arguments give the same fleet.
//
// Of each hundred robots, in the order of their names:
//   3 late by 2 s   11 every 7 s, at a backlog   19 holds its device while idle   27 awake 40 %
//   35 watched      43 alarm                     51 sensor fault                  59 older contract
//   67 drops frames                              75 silent for the last 10 minutes
class FleetForTest {
 public:
  static constexpr int kPeriodSeconds = 60;

  // Robots first_robot and on; their first cycles begin within the minute after first_cycle_s.
  FleetForTest(std::size_t robots, std::int64_t first_cycle_s, std::size_t first_robot = 0);

  std::size_t size() const { return states_.size(); }
  static std::string name(std::size_t robot);  // "amr-00042"

  // The next cycles of a robot, in order, at most `n`, none after `now_s`.
  std::vector<CycleSample> next(std::size_t robot, int n, std::int64_t now_s);

  // Sends every robot's cycles up to `until_s` in requests of at most 32 cycles. The number
  // of samples sent; stops at the first request that is not taken and says so.
  struct Sent {
    std::size_t requests = 0;
    std::size_t samples = 0;
    std::size_t bytes = 0;
    std::string refused;
  };
  Sent send(Transport& transport, const TelemetryServer& server, std::int64_t until_s);
  // As one robot does at a contact: its cycles since the last one, at most 32, on a connection
  // of their own.
  Sent push(std::size_t robot, Transport& transport, const TelemetryServer& server, std::int64_t until_s);

 private:
  struct State {
    std::int64_t next_s = 0;
    std::uint64_t cycles = 0;
    Totals totals;
  };
  CycleReport report(std::size_t robot);
  void post(Sent& sent, std::size_t robot, std::span<const CycleSample> batch, Transport& transport,
            const TelemetryServer& server, bool last);
  std::size_t first_robot_;
  std::vector<State> states_;
  RemoteWriteBuilder builder_;
};

}  // namespace torpor
