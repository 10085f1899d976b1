// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"
#include "base/posix/posix_clock.h"
#include "contract/host/admission.h"
#include "duty/duty_listener.h"
#include "report/report_log.h"
#include "telemetry/pusher.h"

namespace torpor::apps {

// Writes what a cycle leaves where it must be durable, pushes what is due, and says on stderr
// what a person would want to be told at once: a verdict that changed, a contract that was
// broken. Called from the detector's thread; everything given outlives it.
class Ledger final : public DutyListener {
 public:
  struct Places {
    std::string state;   // directory
    std::string bundle;  // file
  };
  // `pusher` may be null: nothing is configured.
  Ledger(std::string_view program, Places places, Files& files, const PosixClock& clock, Admission& admission,
         ReportLog& log, Pusher* pusher);

  Status agreed() override;
  Status reported(const CycleReport& report) override;
  void about_to_sleep() override;

 private:
  void say(const CycleReport& report) const;

  std::string_view program_;
  Places places_;
  Files& files_;
  const PosixClock& clock_;
  Admission& admission_;
  ReportLog& log_;
  Pusher* pusher_;
  BootTime awake_until_{};
  VerdictKind kind_ = VerdictKind::not_scored;
  std::uint32_t breaches_ = 0;
};

}  // namespace torpor::apps
