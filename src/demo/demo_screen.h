// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/files.h"
#include "log/record_reader.h"
#include "report/cycle_report.h"
#include "view/trace.h"

namespace torpor {

// Follows a record log that another process writes.
class LogFollower {
 public:
  LogFollower(Files& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  // The next report that has been written by now; none yet is no error.
  Result<std::optional<CycleReport>> next();

 private:
  Files& files_;
  std::string directory_;
  std::optional<RecordReader> reader_;
  RecordPlace place_{};
};

// What a person sees of a demo: one line a cycle, a progress bar below it on a terminal, and
// at the end what happened. Collects what the last screen needs.
class DemoScreen {
 public:
  DemoScreen(std::uint64_t cycles, bool terminal) : cycles_(cycles), terminal_(terminal) {}
  void show(const CycleReport& report);
  // A verdict on the run: did the alarm come, was the contract kept.
  void finish(const std::string& out) const;
  std::uint64_t shown() const { return shown_; }

 private:
  void bar() const;
  std::uint64_t cycles_;
  bool terminal_;
  std::uint64_t shown_ = 0;
  std::uint64_t inferences_ = 0;
  std::uint64_t breaches_ = 0;
  double worst_mj_ = 0;
  double total_mj_ = 0;
  Duration ran_{};
  BootTime first_{};
  std::optional<CycleReport> armed_, watch_, alarm_, named_, last_;
};

}  // namespace torpor
