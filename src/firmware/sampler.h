// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/link.h"
#include "base/role.h"
#include "firmware/peer_stopper.h"
#include "firmware/peer_watch.h"
#include "firmware/sampler_listener.h"
#include "firmware/system_sleep.h"
#include "firmware/window_gate.h"
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
// the source has no further window: GOODBYE for good, and the end with 0. A source that fails,
// or that is not the sensor of the contract: the reason is told to the peer and is the exit
// code; so is window_request_refused, where the peer asks for another window than the
// contract's, and what the listener says when the contract may not be worked by any more. SIGTERM: GOODBYE
// that it returns, if the link takes it at once, and the end with 0 in the same wake. A peer that is lost, or
// says that it returns, stops the sensor; the next one agrees anew. GOODBYE for good: the end, with 0, or
// peer_refused where it gives a reason.
//
// A request before its time (firmware/window_gate.h) is not served: WINDOW_REFUSED says from
// when on it is. The window under way goes on.
//
// The dead-man. A detector is stopped that is awake beyond the contract's limit or does not come
// back from its sleep by as much (firmware/peer_watch.h), that asks for windows before their time
// again and again, or that says more in a period than a detector has to say. The sampler goes on
// listening and tells the next detector, until one has come as far as its SLEEP.
//
// What the listener cannot keep is told to the detector, each time, for its record; nothing else
// comes of it.
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
    SamplerListener* listener = nullptr;  // none: nothing outlives it
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
    std::uint64_t windows_refused = 0;  // asked for before their time
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

  void listen(const TimeStamp& now);
  void follow_session(const TimeStamp& now);
  void handle(const Message& message, const TimeStamp& now);
  void say_farewell(const Goodbye& theirs, BootTime now);
  void judge_peer(const TimeStamp& now);
  void stop_peer(Offence why, const TimeStamp& now);
  [[nodiscard]] bool floods(BootTime now);
  void tell_record(const TimeStamp& now);
  void keep(const Status& kept);
  void tell_unkept(const TimeStamp& now);
  void suspend();
  // What the contract has against a request; it is then not served, and told so.
  [[nodiscard]] std::optional<Error> refused(const WindowStart& request) const;
  void start_window(const WindowStart& request, const TimeStamp& now);
  void refuse_early(const WindowStart& request, const TimeStamp& now);
  void collect(const TimeStamp& now);
  void transmit(const TimeStamp& now);
  [[nodiscard]] bool close_window(const TimeStamp& now);
  void ask_to_go_on(const TimeStamp& now);
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
  std::uint32_t session_ = 0;         // Peer::session() this state belongs to
  std::optional<WindowStart> asked_;  // in this wake
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
  SamplerListener* const listener_;
  PeerWatch watch_;
  WindowGate gate_;
  Duration away_{};                 // this role itself, before this wake
  std::uint32_t early_ = 0;         // requests of this session before their time
  std::uint32_t words_ = 0;         // wakes of this session that it said something in, in the period counted
  std::uint64_t bytes_before_ = 0;  // of the peer's, when that period began
  BootTime words_since_{};
  BootTime deaf_until_ = BootTime::min();  // a peer that floods and cannot be stopped is not read
  std::optional<Stopped> stopped_;         // not yet known to a detector that works
  std::optional<Reason> notice_;           // as that
  bool record_told_ = false;               // both, in this session
  bool ask_due_ = false;                   // a window was sent since the listener was asked to go on
  BootTime asked_to_go_on_;
  std::optional<Reason> unkept_;  // why something could not be kept; not yet told
  SystemSleep* const sleep_;      // null also where the contract does not ask for suspend
  bool suspend_due_ = false;
  std::array<std::int16_t, kMaxFrameSamples> outgoing_;
};

}  // namespace torpor
