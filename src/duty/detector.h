// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/role.h"
#include "duty/appraiser.h"
#include "duty/schedule.h"
#include "duty/stored_budget.h"
#include "link/peer.h"
#include "model/backend.h"
#include "power/energy_meter.h"
#include "power/residency.h"
#include "report/cycle_report.h"
#include "window/frame_queue.h"
#include "window/window_assembler.h"

namespace torpor {

// Who is told what the detector has done. torpord writes the record log and the rollback
// counter here; an error ends the detector with that error's exit code.
class DutyListener {
 public:
  virtual ~DutyListener() = default;
  // Both roles obey the same contract. Once per process.
  virtual Status agreed() = 0;
  // A cycle is over and this is all that is left of it. Durable on return.
  virtual Status reported(const CycleReport& report) = 0;
  // All that the cycle leaves is durable and the device is released: the last moment awake.
  // What may take time belongs here; it counts as awake, in the report phase.
  virtual void settled() {}
};

// The detector role: one window, one inference, one release, one report per slot, and
// sleep. A pure state machine over Link, Clock, Backend and ResidencyProbe.
//
//   greeting   no agreement yet: the other role may be absent or refuse
//   joining    a slot has begun but the link was lost: agreement is made anew, as long as the
//              awake limit leaves room for a whole window
//   sampling   the sampler fills the window and we sleep: one deadline, the link unwatched
//   draining   the window comes over the link; frames of any other window are dropped
//   releasing  the network has run and the device still holds power: looked at again at the
//              release deadline
//   asleep     until the next slot: one absolute deadline, nothing else can wake it
//
// A cycle the hour's budget cannot pay for is slept through: no window is asked for, the
// device is given back once more and looked at, one report says so (not_scored /
// budget_spent), and the next slot is tried. What was spent is charged when it is known: the
// sleep at its end, the rest at the cycle's, at least the cycle's allowance where a part of
// its work was not measured.
//
// Cycle k begins in a slot of the schedule that starts at the moment of agreement. What
// comes late, twice, or for another window never makes a second inference: the network runs
// at most once per slot, on the window that was asked for in this slot. A lost link costs
// the cycles it spans (not_scored / no_window); it does not end the role. SIGTERM releases
// the device, says goodbye and ends in the same wake; the cycle it falls into leaves no
// report and its number is used again.
//
// No heap from wake to sleep after the third cycle. One thread.
class Detector final : public Role {
 public:
  struct Identity {
    FixedString<64> device;
    FixedString<36> boot_id;
    double speed = 1;               // of the clock
    std::uint64_t last_cycle = 0;   // newest cycle in the record log
    std::uint64_t cycle_limit = 0;  // end after so many cycles; 0 = never
  };
  // Everything outlives the detector. `own` is the detector's side, with a contract.
  struct Parts {
    Link& link;
    const Clock& clock;
    const OwnSide& own;
    Backend& backend;
    ResidencyProbe& residency;
    Appraiser& appraiser;
    Appraiser* fallback = nullptr;  // on another backend: scores what `appraiser` could not, once armed
    EnergyMeter& meter;
    StoredBudget& budget;
    DutyListener& listener;
    FrameQueue::Memory memory;
    std::uint32_t link_buffer_bytes = 0;
  };
  Detector(const Parts& parts, const Identity& identity);

  Step wake(Wake why) override;

  // Why it ended, unless it ended well.
  const std::optional<Error>& failure() const { return failure_; }
  const Peer& peer() const { return *peer_; }

 private:
  enum class State : std::uint8_t { greeting, joining, sampling, draining, releasing, asleep, ended };

  void greet();
  void begin_cycle();
  void join();
  void ask_for_window();
  void drain();
  bool read_link();
  void finish_window();
  void fall_back(const Window& window, Appraisal& appraisal);
  void release();
  void check_residency(bool last_look);
  void close_cycle();
  void fill_costs(BootTime now);
  void charge_work();
  void charge_what_was_broken_off();
  void fall_asleep(BootTime from);
  void lose_cycle(VerdictReason why);
  void end(std::optional<Error> why);
  void stop();
  Step next_step() const;

  BootTime now() const { return parts_.clock.now().boot; }
  Duration real(Duration scaled) const;
  void lap(Phase phase, BootTime until);
  EnergyCost measure(Phase phase, Duration span);
  void book(Phase phase, Duration span, const EnergyCost& cost);

  Parts parts_;
  Identity identity_;
  const Contract& contract_;
  std::optional<Peer> peer_;
  FrameQueue queue_;
  WindowAssembler assembler_;

  State state_ = State::greeting;
  std::uint32_t session_ = 0;
  std::optional<Schedule> schedule_;
  std::uint64_t slot_ = 0;
  std::uint64_t cycles_done_ = 0;
  bool peer_finished_ = false;
  std::optional<int> exit_code_;
  std::optional<Error> failure_;

  // Of the cycle under way.
  CycleReport report_{};
  BootTime lap_from_{};
  BootTime deadline_ = BootTime::max();
  BootTime release_by_{};
  bool window_came_ = false;
  bool fell_back_ = false;
  std::uint32_t sampler_dropped_ = 0;
  bool cycle_open_ = false;       // begun, and its work not charged yet
  double charged_mj_ = 0;         // of this report's energy, in the budget already
  Duration unmeasured_before_{};  // of the report and the sleep before this cycle
  bool held_ = false;             // the last look found a device that was not given back

  // From the cycle before.
  BootTime woke_before_{};
  BootTime report_from_{};
  BootTime slept_from_{};
  EnergyCost reporting_cost_{};
  DropCounts drops_before_{};
  ProcessUse use_before_{};
  std::uint64_t switches_at_sleep_ = 0;
  Duration stopped_after_{};  // of the detector before this one, until it is reported
};

}  // namespace torpor
