// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "telemetry/catalogue.h"
#include "telemetry/clock_gate.h"
#include "telemetry/spool_state.h"

namespace torpor {

// The record log as the telemetry spool: nothing is copied, only places are kept. Of all
// records
//
//   |-- passed --|-- backlog --|-- run --|-- backlog --|-- live --|
//
// The cursor has `passed` what is delivered or lost; `live` are those since the last contact,
// in memory; the `run` went out live without a break. What failed to go out live is backlog
// and goes out later, oldest first, in requests of its own. When the backlog reaches the run
// it steps over it. Where two runs are apart the older is forgotten and sent again: at least
// once, never skipped.
//
// One thread. Heap: add() none; the rest only inside a contact.
class Spool {
 public:
  // Cycles one backlog request holds, and one live request.
  static constexpr std::size_t kBatch = 32;
  // Records one look at the backlog reads at most, so that its cost is bounded.
  static constexpr std::size_t kLook = 1024;

  struct Log {
    std::string directory;  // of the record log; the cursor file lies in it
    Duration age{};         // contract: older than this is not sent
    RecordPlace end;        // where the log will go on
  };
  // Takes up the cursor and adds up the records after it. A cursor that is damaged or of
  // another log means: everything held is sent again. Errors: of Files;
  // spool_cursor_version.
  static Result<Spool> open(Files& files, Log log);

  // A report that has just become durable at `at`, and the end of the log behind it.
  void add(const CycleReport& report, RecordPlace at, RecordPlace end);

  // The newest reports that can be dated, in order; their subject is the newest report's.
  // Valid until the next call. Empty also before the first add().
  std::span<CycleSample> live(const ClockGate& gate, const TimeStamp& now);
  const Subject& subject() const { return subject_; }
  // Ends this contact's live part: delivered, or backlog from now on.
  void live_done(bool delivered);

  // The next of the backlog, not looked at again until backlog_done(). Samples may be empty
  // though the mark has moved (lost, not datable, stepped over).
  struct Batch {
    Subject subject;
    std::vector<CycleSample> samples;
    SpoolMark upto;
    std::uint64_t lost = 0;
    std::uint64_t stepped_over = 0;
    bool more = false;  // there is backlog behind it
  };
  [[nodiscard]] bool has_backlog() const { return state_.cursor.place != state_.head.place; }
  // Errors: of Files.
  Result<Batch*> backlog(const ClockGate& gate, const TimeStamp& now);
  // Moves the cursor over it. Not delivered: counted as lost and never sent again.
  void backlog_done(bool delivered);
  // The batch stays. True once it was tried kMaxAttempts times while others were taken.
  static constexpr std::uint32_t kMaxAttempts = 5;
  [[nodiscard]] bool backlog_failed() { return ++state_.attempts >= kMaxAttempts; }

  // Alarms not acknowledged by every receiver of `receivers` (a bit each).
  std::span<const AlarmEvent> events() const { return {state_.events.data(), state_.event_count}; }
  void acknowledge(Receiver by, std::uint8_t receivers);

  PusherFacts facts() const;
  void count_failure() { ++state_.failures; }
  const SpoolState& state() const { return state_; }

  // Writes the cursor file, whole or as before. Errors: of Files.
  Status save();

 private:
  struct Live {
    CycleSample sample;
    ClockGate::Reading woke;
    RecordPlace place;
  };

  Spool(Files& files, Log log) : files_(&files), log_(std::move(log)) {}
  Status load();
  Status add_up();
  void count(const CycleReport& report);
  void note_alarm(const CycleReport& report);
  void close_gap();
  std::string path() const { return cursor_path(log_.directory); }
  static std::string cursor_path(const std::string& directory) { return directory + "/telemetry.cursor"; }

  Files* files_;
  Log log_;
  SpoolState state_;
  Subject subject_;
  std::array<Live, kBatch> live_{};  // the newest kBatch since the last contact
  std::size_t live_count_ = 0;
  std::size_t live_from_ = 0;  // first of live_ that live() gave out
  std::array<CycleSample, kBatch> live_samples_{};
  Batch batch_;
};

}  // namespace torpor
