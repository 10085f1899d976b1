// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/role.h"
#include "duty/cycle_ledger.h"
#include "duty/duty_listener.h"
#include "duty/report_builder.h"
#include "duty/schedule.h"
#include "duty/sensor_watch.h"
#include "duty/storage_state.h"
#include "link/peer.h"
#include "power/residency.h"

namespace torpor {

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
// budget_spent), and the next slot is tried.
//
// Cycle k begins in a slot of the schedule that starts at the moment of agreement. What
// comes late, twice, or for another window never makes a second inference: the network runs
// at most once per slot, on the window that was asked for in this slot. A lost link costs
// the cycles it spans (not_scored / no_window); it does not end the role, nor does a sampler
// that says it returns. A window that the sampler refuses because the period is not over costs
// its cycle (not_scored / window_refused); the next slot is never before its time. SIGTERM
// releases the device, says that it returns and ends in the same wake; the cycle it falls into
// leaves no report and its number is used again. Wherever a cycle ends, its lease of the device ends
// with it.
//
// No heap from wake to sleep after the third cycle. One thread.
class Detector final : public Role {
 public:
  // This process: who it is and where it goes on.
  struct Run {
    FixedString<64> device;
    FixedString<36> boot_id;
    double speed = 1;                     // of the clock, for the record alone
    std::uint64_t last_cycle = 0;         // newest cycle in the record log
    std::uint64_t cycle_limit = 0;        // end after so many cycles; 0 = never
    std::uint32_t link_buffer_bytes = 0;  // what the link may hold on our behalf
    std::optional<Reason> notice{};       // for the record: of this role's own state
  };
  // Everything outlives the detector. `own` is the detector's side, with a contract.
  struct Parts {
    Link& link;
    const Clock& clock;
    const OwnSide& own;
    Backend& backend;
    ResidencyProbe& residency;
    SensorWatch::Parts sensor;
    EnergyMeter& meter;
    StoredBudget& budget;
    DutyListener& listener;
  };
  Detector(const Parts& parts, const Run& run);

  Step wake(Wake why) override;

  // Why it ended, unless it ended well.
  const std::optional<Error>& failure() const { return failure_; }
  // What could not be written in its last cycle, or at its end: no reason to end in another way.
  const std::optional<Error>& unsaved() const { return storage_.failure(); }
  const Peer& peer() const { return *peer_; }

 private:
  enum class State : std::uint8_t { greeting, joining, sampling, draining, releasing, asleep, ended };

  void greet();
  void begin_cycle();
  void join();
  void ask_for_window();
  void drain();
  void lose_cycle(VerdictReason why);
  void release();
  void look_at_device(bool last_look);
  void close_cycle();
  void fall_asleep();
  void end(std::optional<Error> why, Farewell farewell);
  void fail(const Error& why);

  [[nodiscard]] bool hear();
  [[nodiscard]] bool goes_on_after(const Goodbye& theirs);
  void take(const Message& message);
  Status keep_cycle();
  BootTime latest_inference() const;
  Step next_step() const;
  BootTime now() const { return parts_.clock.now().boot; }

  Parts parts_;
  Run run_;
  const Contract& contract_;
  std::optional<Peer> peer_;
  SensorWatch watch_;
  CycleLedger ledger_;
  ReportBuilder builder_;
  StorageState storage_;
  std::optional<ComputeLease<Backend>> lease_;  // of the cycle under way, until its release

  State state_ = State::greeting;
  std::uint32_t session_ = 0;
  std::optional<Schedule> schedule_;  // once agreed
  std::uint64_t slot_ = 0;
  std::uint64_t cycles_done_ = 0;
  BootTime deadline_ = BootTime::max();  // of the state
  BootTime release_by_{};
  bool window_refused_ = false;  // in this cycle
  bool peer_finished_ = false;
  std::optional<int> exit_code_;
  std::optional<Error> failure_;
};

}  // namespace torpor
