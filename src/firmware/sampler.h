// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/link.h"
#include "base/role.h"
#include "firmware/peer_stopper.h"
#include "firmware/peer_watch.h"
#include "firmware/system_sleep.h"
#include "link/peer.h"
#include "sensor/sample_source.h"
#include "window/frame_queue.h"

namespace torpor {

// The sampler: owns the sensor, samples one window when asked, and is silent in between.
// A pure state machine over Link, Clock and SampleSource, and on a computer also over its
// sleep and the means to stop the detector.
//
//   idle      agreed and silent: wakes only for the link
//   sampling  WINDOW_START came: stop, drain the queue, start; frames go out as they come
//   sending   all samples are taken, some still wait for the link
//   ending    GOODBYE is on its way out
//
// After the last frame of a window: CONTEXT when anything is known, then WINDOW_END. When
// the source has no further window: GOODBYE, and the end with 0. GOODBYE from the peer: the
// end with 0. A source that fails, or that is not the sensor of the contract: the reason is
// told to the peer and is the exit code; so is window_request_refused, where the peer asks
// for another window than the contract's. SIGTERM: GOODBYE if the link takes it at once, and
// the end with 0 in the same wake. A lost peer stops the sensor; the next one agrees anew.
//
// The dead-man. A detector that is awake beyond the contract's limit, or that does not come
// back from its sleep by as much, is stopped (firmware/peer_watch.h). The sampler goes on
// listening and tells the next detector, until one has come as far as its SLEEP.
//
// Suspend. Where the contract asks for it and this sampler has a SystemSleep, SLEEP{until} is
// answered by suspending the machine, and after it by SLEPT, which waits in the link until
// the detector wakes. After the contract's number of failures it is given up until the
// sampler starts again.
//
// Whatever the peer does, memory is this object, the queue's memory and nothing else; what
// cannot be sent in time is dropped and counted by the queue. No heap after construction.
// Freestanding. One thread; everything in Parts outlives it.
class SamplerRole final : public Role {
 public:
  struct Parts {
    Link& link;
    const Clock& clock;
    SampleSource& source;
    const OwnSide& own;  // role sampler, with a contract (else use RefusingRole)
    FrameQueue::Memory memory;
    std::uint32_t link_buffer_bytes = 0;  // what the kernel may hold of our frames
    PeerStopper* stopper = nullptr;       // none: nobody is stopped
    SystemSleep* sleep = nullptr;         // none: the machine's sleep is not ours
  };
  explicit SamplerRole(const Parts& parts);

  Step wake(Wake why) override;

  // Why it ended, unless it ended well: for the log line and refusal.json.
  const std::optional<Error>& failure() const { return failure_; }
  // The peer's last SLEEP: nothing is wanted before this time.
  [[nodiscard]] std::optional<BootTime> sleep_until() const { return sleep_until_; }

  struct Counts {
    std::uint64_t windows_started = 0;
    std::uint64_t windows_sent = 0;
    std::uint64_t frames_sent = 0;
    std::uint32_t peers_stopped = 0;
    std::uint32_t suspends = 0;         // that came to the end
    std::uint32_t failed_suspends = 0;  // that did not
  };
  const Counts& counts() const { return counts_; }
  const FrameQueue& queue() const { return queue_; }
  const Peer& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t { idle, sampling, sending, ending };

  void follow_session();
  void handle(const Message& message, const TimeStamp& now);
  void stop_overdue_peer(const TimeStamp& now);
  void tell_stopped(const TimeStamp& now);
  void suspend();
  // What the contract has against a request; it is then not served, and told so.
  [[nodiscard]] std::optional<Error> refused(const WindowStart& request) const;
  void start_window(const WindowStart& request, const TimeStamp& now);
  void collect(const TimeStamp& now);
  void transmit(const TimeStamp& now);
  [[nodiscard]] bool close_window(const TimeStamp& now);
  void give_up_window();
  void end(const std::optional<Error>& why, const TimeStamp& now);
  [[nodiscard]] bool said_goodbye(const TimeStamp& now);
  Step done();
  void check_state() const;

  const Clock& clock_;
  SampleSource& source_;
  const Contract& contract_;
  const OwnSide own_;  // with a refusal of its own where the source is not the contract's
  const std::uint32_t sensor_;
  FrameQueue queue_;
  Peer peer_;

  State state_ = State::idle;
  std::uint32_t session_ = 0;  // Peer::session() this state belongs to
  std::uint64_t window_id_ = 0;
  std::uint32_t window_frames_ = 0;
  std::uint64_t drops_before_ = 0;  // of the queue, when the window began
  bool context_sent_ = false;
  BootTime poll_at_ = BootTime::max();
  BootTime end_by_ = BootTime::max();
  bool goodbye_sent_ = false;
  bool peer_finished_ = false;
  std::optional<Error> failure_;
  std::optional<BootTime> sleep_until_;
  Counts counts_{};

  PeerStopper* const stopper_;
  PeerWatch watch_;
  std::optional<Stopped> stopped_;  // not yet known to a detector that works
  bool stopped_told_ = false;       // in this session
  SystemSleep* const sleep_;        // null also where the contract does not ask for suspend
  bool suspend_due_ = false;
  std::array<std::int16_t, kMaxFrameSamples> outgoing_;
};

}  // namespace torpor
