// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/host/host_sleep.h"

#include <algorithm>
#include <cerrno>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::string_view kState = "/sys/power/state";
constexpr std::string_view kMemSleep = "/sys/power/mem_sleep";
constexpr std::string_view kRtcs = "/sys/class/rtc";

// "mem" in "freeze mem": a search for the letters would also find them in a word of a later kernel.
bool has_word(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (text.substr(0, end) == word) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

Error with_reason(Reason reason, const Error& cause) {
  Error error = cause;
  error.reason = reason;
  return error;
}

std::optional<Error> state_lacks(SystemTree& tree) {
  SystemTree::Text state;
  if (const Status read = tree.read(kState, state); !read) {
    const bool denied = read.error().reason == Reason::file_denied;
    return with_reason(denied ? Reason::suspend_denied : Reason::suspend_unsupported, read.error());
  }
  if (has_word(state, "mem")) return std::nullopt;
  Error error{.reason = Reason::suspend_unsupported, .where = kState, .expected = "mem among its words"};
  error.found << (state.empty() ? std::string_view("nothing") : state.view());
  return error;
}

// The kernel shows `wakealarm` only for an RTC that can wake the machine.
FixedString<96> find_wake_alarm(SystemTree& tree) {
  const auto rtcs = tree.list(kRtcs);
  if (!rtcs) return {};
  for (const std::string& rtc : *rtcs) {
    FixedString<96> path(kRtcs);
    path << "/" << rtc << "/wakealarm";
    SystemTree::Text pending;
    // A path that was cut would name another file.
    if (path.size() < path.capacity() && tree.read(path, pending)) return path;
  }
  return {};
}

Error suspend_error(const Error& cause) {
  // By the number first: EBUSY and EIO are one reason of a file, and two answers to the operator
  // (docs/sleep.md).
  if (cause.os_code == EBUSY) return with_reason(Reason::suspend_busy, cause);
  if (cause.reason == Reason::file_denied) return with_reason(Reason::suspend_denied, cause);
  return with_reason(Reason::suspend_failed, cause);
}

}  // namespace

SuspendMeans suspend_means(SystemTree& tree) {
  SuspendMeans means;
  if (SystemTree::Text level; tree.read(kMemSleep, level)) means.level << level;
  means.rtc_wake_alarm = find_wake_alarm(tree);
  // The state first: without "mem" an RTC would not help, and one thing at a time is what gets mended.
  means.missing = state_lacks(tree);
  if (!means.missing && means.rtc_wake_alarm.empty()) {
    means.missing = Error{.reason = Reason::suspend_no_alarm,
                          .where = kRtcs,
                          .found = "no RTC with a wakealarm",
                          .expected = "one that can wake the machine"};
  }
  return means;
}

HostSleep::HostSleep(SystemTree& tree, const Clock& clock, WakeAlarm* alarm)
    : tree_(tree), clock_(clock), alarm_(alarm), means_(suspend_means(tree)) {}

// The cheap refusals come first: nothing has been armed that would have to be taken back.
SuspendOutcome HostSleep::suspend_until(BootTime until) {
  TORPOR_ASSERT(lead_ >= kLead && lead_ <= kMostLead, "host_sleep.the_lead_keeps_its_bounds");
  // Early rather than late: the rest is slept by blocking, a slot that is missed is a breach.
  const BootTime alarm_at = until - lead_;
  // Also what keeps the alarm from going off before the machine is down, which would then sleep on: the
  // kernel refuses a suspend with an alarm less than 2 s away only for its own timers (alarmtimer).
  if (const BootTime now = clock_.now().boot; alarm_at - now < kLeast) {
    Error error{.reason = Reason::suspend_too_short, .where = "sleep"};
    error.found << (until - now).count() / 1'000'000 << " ms";
    error.expected << "at least " << (lead_ + kLeast).count() / 1'000'000 << " ms";
    return {.trouble = error};
  }
  if (means_.missing) return {.trouble = means_.missing};
  if (const Status armed = arm(alarm_at); !armed) return {.trouble = armed.error()};

  const TimeStamp before = clock_.now();
  const Status written = tree_.write(kState, "mem");
  const TimeStamp after = clock_.now();
  // In any case, also after a refusal: an alarm that is left wakes the next suspend, ours or another's.
  disarm();

  // Boot time counts suspend, monotonic time does not. The two are read one after the other:
  // where nothing was slept their difference is a few nanoseconds, of either sign.
  const Duration stood_still = (after.boot - before.boot) - (after.mono - before.mono);
  SuspendOutcome outcome{.slept = std::max(Duration::zero(), stood_still), .trouble = {}};
  if (!written) {
    outcome.trouble = suspend_error(written.error());
  } else if (after.boot < alarm_at - kEarly) {
    Error error{.reason = Reason::suspend_woke_early, .where = "suspend"};
    error.found << "awake after " << (after.boot - before.boot).count() / 1'000'000 << " ms";
    error.expected << "after " << (alarm_at - before.boot).count() / 1'000'000 << " ms";
    outcome.trouble = error;
  } else {
    // How late this resume was is the best guess for the next; too early costs awake time only.
    // Only after a resume by our alarm: one that something else caused says nothing about how late ours are.
    lead_ = std::clamp(kLead + (after.boot - alarm_at), kLead, kMostLead);
  }
  return outcome;
}

Status HostSleep::arm(BootTime at) {
  if (alarm_ != nullptr) return alarm_->arm(at);
  TORPOR_ASSERT(!means_.rtc_wake_alarm.empty(), "host_sleep.an_rtc_is_armed_that_is_there");
  const auto refused = [](const Status& status) {
    return with_reason(Reason::suspend_alarm_refused, status.error());
  };
  // It counts whole seconds from now on, and takes none while another is set.
  if (const Status cleared = tree_.write(means_.rtc_wake_alarm, "0"); !cleared) return refused(cleared);
  FixedString<24> delay("+");
  // Relative, so that the RTC's own date, which nobody may have set, does not matter. Cut to whole seconds,
  // which is the early side.
  delay << std::chrono::duration_cast<std::chrono::seconds>(at - clock_.now().boot).count();
  if (const Status set = tree_.write(means_.rtc_wake_alarm, delay); !set) return refused(set);
  return {};
}

void HostSleep::disarm() {
  if (alarm_ != nullptr) {
    alarm_->disarm();
  } else {
    // A disarm that fails costs one needless wake-up, no more.
    static_cast<void>(tree_.write(means_.rtc_wake_alarm, "0"));
  }
}

}  // namespace torpor
