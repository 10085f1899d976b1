// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What keeps the machine from sleeping, and what would wake it.
#include <algorithm>
#include <charconv>

#include "doctor/checks.h"
#include "firmware/host/host_sleep.h"
#include "window/window.h"

namespace torpor {
namespace {

constexpr std::string_view kWakeup = "/sys/class/wakeup";

// 0 where it is no number: a source that cannot be read is not said to have done anything.
std::uint64_t count_of(SystemTree& tree, const std::string& path) {
  const std::string text = shown(tree, path).value_or("");
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() ? count : 0;
}

}  // namespace

void check_suspend(SystemTree& tree, const DoctorFacts& facts, Findings& out) {
  // The sampler's own look (firmware/host): what the doctor calls possible is what the role will try.
  const SuspendMeans means = suspend_means(tree);
  const bool wanted = wants_suspend(facts);
  const std::string_view asks = !facts.terms ? "; no --bundle says whether the contract wants it"
                                : wanted     ? "; the contract wants it"
                                             : "; the contract sleeps by blocking";
  if (means.missing) {
    out.push_back({"suspend", wanted ? Severity::serious : Severity::fine,
                   fmt::format("this machine cannot be suspended and woken by us{}", asks),
                   printable(one_line(*means.missing)),
                   wanted ? std::string(next_step(means.missing->reason)) : ""});
    return;
  }
  const std::string evidence =
      fmt::format("/sys/power/mem_sleep: {}; {}", printable(means.level), printable(means.rtc_wake_alarm));
  // The level in brackets is the one in force: s2idle keeps the processor and devices powered. Where deep is
  // not offered there is nothing to choose.
  const bool shallow = means.level.view().find("[s2idle]") != std::string_view::npos &&
                       means.level.view().find("deep") != std::string_view::npos;
  if (shallow) {
    out.push_back({"suspend", wanted ? Severity::warning : Severity::fine,
                   fmt::format("suspend is possible and is set to the shallow level s2idle{}", asks),
                   evidence,
                   wanted ? "echo deep > /sys/power/mem_sleep, or boot with mem_sleep_default=deep" : ""});
    return;
  }
  out.push_back({"suspend", Severity::fine, fmt::format("suspend to RAM is possible{}", asks), evidence, ""});
}

void check_wake_sources(SystemTree& tree, const DoctorFacts& facts, Findings& out) {
  const auto sources = tree.list(kWakeup);
  if (!sources) {
    out.push_back({"wake_sources", Severity::unknown, "the kernel shows no wake sources",
                   printable(one_line(sources.error())), "use a kernel with CONFIG_PM_SLEEP, 5.4 or later"});
    return;
  }
  std::vector<std::string> active, woke;
  for (const std::string& source : *sources) {
    // active_time_ms is 0 but while the source is active; wakeup_count counts since boot.
    const std::string path = fmt::format("{}/{}", kWakeup, source);
    const std::string label = shown(tree, path + "/name").value_or(source);
    if (const std::uint64_t ms = count_of(tree, path + "/active_time_ms"); ms > 0) {
      active.push_back(fmt::format("{} for {} ms", label, ms));
    }
    if (const std::uint64_t times = count_of(tree, path + "/wakeup_count"); times > 0) {
      woke.push_back(fmt::format("{} {} times", label, times));
    }
  }
  if (!active.empty()) {
    out.push_back({"wake_sources", wants_suspend(facts) ? Severity::serious : Severity::warning,
                   "something is holding the machine awake now", joined(active),
                   "end what it belongs to, or take its right to wake: echo disabled > DEVICE/power/wakeup"});
  }
  if (!woke.empty()) {
    out.push_back({"wake_sources", wants_suspend(facts) ? Severity::warning : Severity::fine,
                   "these have broken off or ended a suspend", joined(woke),
                   wants_suspend(facts)
                       ? "echo disabled > DEVICE/power/wakeup for those this robot can do without"
                       : ""});
  }
  if (active.empty() && woke.empty()) {
    out.push_back({"wake_sources", Severity::fine, "no wake source is active or has woken the machine",
                   fmt::format("{} in {}", sources->size(), kWakeup), ""});
  }
}

// Timers torpor itself sets: by construction, not by measuring.
void check_timers(const DoctorFacts& facts, Findings& out) {
  if (!facts.terms) {
    out.push_back({"timers", Severity::unknown, "how often torpor wakes depends on the contract", "no bundle",
                   "give --bundle"});
    return;
  }
  const Terms& terms = *facts.terms;
  // Milliseconds of a minute.
  const double cycles = 60'000.0 / static_cast<double>(terms.duty.period_ms());
  std::uint64_t frames = 0;
  for (const SensorTerms& sensor : terms.sensors()) {
    const std::uint64_t samples = window_samples(terms.duty, sensor) * sensor.axes;
    // At least: a source may send shorter frames than the largest.
    frames += (samples + kMaxFrameSamples - 1) / kMaxFrameSamples;
  }
  out.push_back(
      {"timers", Severity::fine,
       fmt::format("torpor's timers wake this machine {:.1f} times a minute",
                   // Two of the detector: its slot begins, and sampling ends; the link in between is not
                   // watched (docs/decisions.md, Agreement and link).
                   cycles * (2.0 + static_cast<double>(frames))),
       fmt::format("{:.2f} cycles a minute: 2 timers of the detector and at least {} of the sampler in "
                   "each, all of them in the {} ms of sampling; none while asleep",
                   cycles, frames, terms.duty.sample_ms),
       ""});
}

}  // namespace torpor
