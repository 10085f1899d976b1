// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"
#include "contract/contract.h"
#include "features/indicators.h"
#include "power/phase.h"
#include "report/breach.h"
#include "verdict/evidence.h"
#include "verdict/verdict.h"
#include "window/window.h"

// The one record a cycle leaves. Traces, pages, metrics and alerts are views of it.
namespace torpor {

// The limits of the contract a view needs to judge the record by, carried along so that
// no view repeats a number.
struct ContractFacts {
  FixedString<64> id;
  Digest digest{};
  std::uint64_t sequence = 0;
  std::uint32_t sample_ms = 0;
  std::uint32_t sleep_ms = 0;
  std::uint32_t interval_tolerance_ms = 0;
  std::uint32_t awake_limit_ms = 0;
  std::uint32_t idle_mw = 0;
  std::uint32_t active_mj_per_cycle = 0;
  std::uint32_t mj_per_hour = 0;
  std::uint64_t cycles_between_false_alarms = 0;

  // From start to start.
  Duration period() const { return std::chrono::milliseconds(std::uint64_t{sample_ms} + sleep_ms); }
};

// What a worker process does for one inference, in order.
enum class WorkerStep : std::uint8_t { init, load, infer, teardown };
inline constexpr std::size_t kWorkerSteps = 4;
std::string_view name(WorkerStep step);

struct CycleReport {
  // Who and which.
  FixedString<64> device;
  FixedString<36> boot_id;
  FixedString<32> sensor;
  std::uint64_t cycle = 0;   // survives restarts, from 1
  std::uint64_t window = 0;  // window id on the link
  ContractFacts contract;
  Digest model{};
  double speed = 1;  // clock scale; 1 = real time

  // When. All boottime; slot and woke are the plan and the fact.
  BootTime slot{};
  TimeStamp woke{};
  BootTime slept_from{};                        // when the sleep before this cycle began (0: no sleep before)
  std::array<Duration, kPhases> spent{};        // [report] and [sleep]: those before this cycle
  Duration interval{};                          // woke - woke of the cycle before; 0 in the first
  std::uint32_t slots_skipped = 0;              // slots lost to an overrun before this cycle
  Duration cpu{};                               // CPU time of the process since the last report, never scaled
  std::uint32_t voluntary_switches_asleep = 0;  // in the sleep before this cycle
  SleepLevel slept_by = SleepLevel::block;      // how, in that sleep
  std::uint32_t failed_resumes = 0;             // suspends that failed since the sampler started
  FixedString<64> sleep_note;                   // why it was not the contract's sleep level
  Duration stopped_after{};     // first report of a start: awake so long when the dead-man struck
  FixedString<16> stopped_for;  // and what it struck for: awake, asleep, early, flood
  FixedString<120> state_note;  // first report of a start: "sampler: rollback_state_wiped"

  // What came.
  std::uint32_t frames = 0;
  DropCounts drops{};  // since the cycle before
  WindowQuality quality = WindowQuality::good;
  bool window_complete = false;
  std::uint32_t queue_bytes = 0;  // most held in this cycle
  Context context;

  // What it means.
  bool inferred = false;  // the network ran in this cycle (at most once)
  CycleScores scores;
  Verdict verdict;
  Indicators indicators;
  EvidenceBytes evidence;           // of the judge, after this cycle; empty: written by an earlier torpor
  EvidenceBytes fallback_evidence;  // of the fallback's judge; empty: no fallback

  // What it cost.
  PhaseMillijoules energy_mj{};     // by phase, as in `spent`
  FixedString<48> energy_source;    // "declared model", "ina3221 VDD_IN", "none"
  FixedString<48> energy_coverage;  // what that source sees: "module, without carrier board"
  bool sleep_interpolated = false;  // the sleep's energy is from readings at both ends
  double energy_error_mj = 0;       // bound of the integration error while awake
  Duration unmeasured{};            // time no reading covers (a meter that failed): not in energy_mj
  std::int64_t idle_rail_mw = -1;   // module rail after release; -1: not measured
  double budget_mj = 0;             // left in the hour's budget after this cycle; below 0: debt
  ResidencyState residency = ResidencyState::unknown;
  FixedString<64> residency_note;  // what was seen, or what is missing to see it
  FixedString<16> backend;         // what ran the network, or was to
  FixedString<96> backend_note;    // why it gave no score, or did not release: "worker_died: signal 9"
  std::array<Duration, kWorkerSteps> worker{};  // init, load, infer, teardown; 0 where in-process
  std::uint64_t unwritten = 0;                  // cycles right before this one that left no record
  FixedString<96> storage_note;                 // what could not be written: "io_failed: PATH: ..."
  std::uint32_t breaches = 0;                   // bit per Breach
  [[nodiscard]] bool has(Breach b) const { return (breaches >> static_cast<unsigned>(b)) & 1u; }
  void set(Breach b) { breaches |= 1u << static_cast<unsigned>(b); }
};

// What a phase lasted: a wait as the clock says, work (is_work) as it really took on a clock
// that was scaled. `spent` is in the clock's own time throughout.
Duration lasted(const CycleReport& report, Phase phase);
// How long the cycle was awake, from wake to release: what Breach::awake is judged by. The
// reporting of this cycle is not over when its report is written and stands in the next.
Duration awake_of(const CycleReport& report);

}  // namespace torpor
