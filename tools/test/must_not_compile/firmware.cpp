// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What the sampler's seams do not let happen.
#include "firmware/sampler.h"

namespace torpor {

// What is right compiles.
Step woken(SamplerRole& role) { return role.wake(Wake::link); }

#ifdef MUST_NOT_COMPILE
// NOT a_role_is_not_deleted_by_its_base: is protected within this context
void end(Role* role) { delete role; }

// NOT a_link_is_not_deleted_by_its_base: is protected within this context
void end(Link* link) { delete link; }

// NOT a_stopper_is_not_deleted_by_its_base: is protected within this context
void end(PeerStopper* stopper) { delete stopper; }

// NOT a_sampler_has_its_seams: uninitialized reference
SamplerRole::Parts none() { return SamplerRole::Parts{}; }

// NOT a_sampler_is_not_derived: cannot derive from 'final' base
class Mine : public SamplerRole {};

// NOT a_wake_is_no_number: cannot convert
Step wake(SamplerRole& role) { return role.wake({1}); }

// NOT a_stop_is_not_dropped: [-Werror=unused-result]
void stop(PeerStopper& stopper, const Offence& why) { stopper.stop(why); }

// NOT what_is_overdue_is_not_dropped: [-Werror=unused-result]
void look(const PeerWatch& watch, BootTime now) { watch.overdue(now); }

// NOT what_is_not_credible_is_not_dropped: [-Werror=unused-result]
void believe(const PeerWatch& watch, BootTime until, BootTime now) { watch.credible(until, now); }

// NOT a_peer_is_watched_by_all_clocks: cannot convert
void heard(PeerWatch& watch, BootTime now) { watch.heard(now); }

// NOT a_limit_is_no_number: could not convert
Offence offence() { return {.limit = 5000}; }

// NOT a_message_that_was_not_sent_is_not_dropped: [-Werror=unused-result]
void send(Peer& peer, BootTime now) { peer.send(Goodbye{}, now); }

// NOT a_frame_that_was_refused_is_not_dropped: [-Werror=unused-result]
void push(FrameQueue& queue, const Frame& frame, BootTime now) { queue.push(frame, now); }

// NOT a_sensor_that_did_not_start_is_not_dropped: [-Werror=unused-result]
void start(SampleSource& source, const TimeStamp& now) { source.start(1, 16'000, now); }

// NOT a_suspend_ends_in_boot_time: cannot convert
SuspendOutcome sleep(SystemSleep& sleep, WallTime until) { return sleep.suspend_until(until); }
#endif

}  // namespace torpor
