// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "contract/host/admission.h"
#include "contract/host/trust_watch.h"
#include "contract/host/validity.h"
#include "duty/detector.h"
#include "report/report_log.h"
#include "telemetry/pusher.h"
#include "telemetry/refusal_push.h"

namespace torpor {

// Makes durable what a cycle leaves, pushes what is due, and says on stderr what a person would
// want to be told at once: a verdict that changed, a contract that was broken.
//
// The order is the promise: the report is in the log before the rollback counter counts its
// cycle. What could not be written is said and pushed all the same: whoever hears of it now hears
// of it at all. One thread, the detector's.
class CycleRecorder final : public DutyListener {
 public:
  // Outlive the recorder.
  struct Parts {
    Files& files;
    const Clock& clock;
    Admission& admission;
    ReportLog& log;
    Pusher* pusher;         // null: nothing is configured
    RefusalTeller* teller;  // null likewise
  };
  struct Paths {
    std::string state;   // directory
    std::string bundle;  // file
    std::string trust;   // file
  };
  CycleRecorder(const Parts& parts, Paths paths);

  // Errors: those of Files, of ReportLog, of the rollback store.
  Status agreed() override;
  Status reported(const CycleReport& report) override;
  // Also TrustWatch::look()'s, when the bundle's key may not sign contracts any more.
  Status finished(bool recorded) override;
  void about_to_sleep() override;

 private:
  void say(const CycleReport& report) const;
  Status end_earlier_refusal();
  Duration room() const;
  void take_back();
  Status count_cycle();

  Paths paths_;
  Files& files_;
  const Clock& clock_;
  Admission& admission_;
  ReportLog& log_;
  Pusher* pusher_;
  RefusalTeller* teller_;
  bool ended_ = false;         // an earlier refusal is over
  bool to_take_back_ = false;  // and is still shown somewhere
  std::uint32_t cycles_ = 0;   // since then
  std::uint32_t take_back_in_ = 1;
  TrustWatch trust_;
  AgreedTime time_;
  BootTime awake_until_{};
  VerdictKind kind_ = VerdictKind::not_scored;
  std::uint32_t breaches_ = 0;
};

}  // namespace torpor
