// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_system_tree.h"
#include "firmware/host/host_sleep.h"

namespace torpor {

// A sleep that says on stderr what goes wrong with it. Said once for each reason in a row: a
// machine that cannot suspend would else write a line a minute for years.
class LoggedSleep final : public SystemSleep {
 public:
  explicit LoggedSleep(SystemSleep& sleep) : sleep_(sleep) {}  // outlives this

  SuspendOutcome suspend_until(BootTime until) override;
  void given_up(const Error& last) override;

 private:
  SystemSleep& sleep_;
  std::optional<Reason> said_;
};

// All that a sampler needs to suspend the machine it runs on, made only where the contract asks
// for it. Says at once by which means it will sleep, or what is missing for it; then every
// suspend fails and the contract's failed_resumes decides. `clock` outlives it and is not
// scaled: a machine cannot be suspended faster.
class MachineSleep {
 public:
  // `root` stands for / of the kernel's files.
  MachineSleep(const std::string& root, const PosixClock& clock);
  SystemSleep& sleep() { return logged_; }

 private:
  PosixSystemTree tree_;
  Result<std::unique_ptr<BoottimeAlarm>> alarm_;  // an error: the RTC's own alarm is used
  HostSleep host_;
  LoggedSleep logged_;
};

}  // namespace torpor
