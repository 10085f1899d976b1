// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"
#include "contract/fake/example_contract.h"
#include "report/report_log.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/pusher.h"

namespace torpor {

// A robot that lived through an outage which ends now: reports made up, on stepped time; the
// record log (in memory), the pusher and the client real, towards a real server.
class OutageRobot {
 public:
  // In cycles of a minute. From the deviating ones each interval and each window is wrong.
  struct Story {
    int before = 0;  // with the server in reach
    int outage = 0;
    int deviating_from = 0;  // counted in the outage
    int deviating_to = 0;
  };
  OutageRobot(std::string device, std::string url, Story story);

  // All of it, and contacts until nothing waits any more: how many those were.
  int run();

  const std::string& device() const { return device_; }
  PusherFacts facts() const { return pusher_->spool().facts(); }
  std::vector<std::int64_t> recorded_ms() const { return recorded_ms_; }

 private:
  // The way to the server, which an outage cuts.
  class Path final : public Transport {
   public:
    explicit Path(Files& files);
    Outcome send(const Request& request, Duration deadline) override;
    bool cut = false;

   private:
    CurlTransport real_;
  };
  void cycle(bool deviating);

  std::string device_;
  Story story_;
  std::optional<Contract> contract_;
  std::optional<FakeClock> clock_;
  MemoryFiles files_;
  PosixFiles real_files_;
  Path path_{real_files_};
  TelemetrySite site_;
  std::optional<ReportLog> log_;
  std::unique_ptr<Pusher> pusher_;
  std::vector<std::int64_t> recorded_ms_;
};

}  // namespace torpor
