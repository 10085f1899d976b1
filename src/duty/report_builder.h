// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "duty/cycle_ledger.h"
#include "duty/storage_state.h"
#include "link/message.h"
#include "report/cycle_report.h"

namespace torpor {

// Makes the one record of a cycle: what is the same in all of them, what the sampler says, and
// the limits of the contract that the cycle's figures are held against. What a part of the
// cycle knows by itself (the window, the network) it writes into report(). No heap; one thread.
class ReportBuilder {
 public:
  struct Origin {
    FixedString<64> device;
    FixedString<36> boot_id;
    double speed = 1;  // of the clock, for whoever reads the record
  };
  // `contract` outlives this.
  ReportBuilder(const Contract& contract, const Origin& origin) : contract_(contract), origin_(origin) {}

  // A new record. `first`: no sleep before it; otherwise, where the contract wants it suspended,
  // the record says that nobody said so, until slept().
  void begin(std::uint64_t cycle, BootTime slot, const TimeStamp& woke, bool first);
  CycleReport& report() { return report_; }
  const CycleReport& report() const { return report_; }

  // Slots that the cycle before this one lost by an overrun; told in the next record.
  void skipped(std::uint32_t slots) { slots_skipped_ = slots; }
  // SLEPT: how the sleep before this cycle was slept. It waits in the link until we are awake,
  // for nothing wakes us. Breach::suspend once the contract's suspend is given up.
  void slept(const Slept& slept);
  // STOPPED: the detector before this one was stopped. Told in one record.
  void stopped(const Stopped& stopped) { stopped_ = stopped; }
  // What a role says of its own state, in the sampler's NOTICE or here. Told in one record.
  // rollback_state_wiped is Breach::wiped.
  void notice(LinkRole role, std::string_view reason);
  // NOTICE: the sampler could not write what must outlive it. Told in one record, as storage.
  void sampler_unkept(Reason reason) { sampler_unkept_ = reason; }
  // The backend gave no score, or did not release.
  void backend_failed(const Error& error);
  // After release: the device as the probe saw it, and the rail, where it can be read.
  void released(ResidencyState state, const FixedString<64>& note, const Result<std::int64_t>& rail_mw);
  // The rail stands above the contract's idle limit.
  bool hot() const;

  // What could not be written until now, last of all.
  void stored(const StorageState& storage);

  // The record is complete: the costs are in it and every limit is judged.
  void finish(std::uint32_t sensor, const CycleLedger& ledger);

 private:
  void judge_limits();

  const Contract& contract_;
  Origin origin_;
  CycleReport report_{};
  std::uint32_t slots_skipped_ = 0;
  Stopped stopped_{};
  FixedString<120> state_note_;
  bool wiped_ = false;  // a role found no rollback counter
  std::optional<Reason> sampler_unkept_;
};

}  // namespace torpor
