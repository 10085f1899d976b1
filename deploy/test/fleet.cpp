// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "deploy/test/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Fate { well, late, hurried, holds, awake, watched, alarm, fault, older, drops, silent };
Fate fate_of(std::size_t robot) {
  switch (robot % 100) {
    case 3:
      return Fate::late;
    case 11:
      return Fate::hurried;
    case 19:
      return Fate::holds;
    case 27:
      return Fate::awake;
    case 35:
      return Fate::watched;
    case 43:
      return Fate::alarm;
    case 51:
      return Fate::fault;
    case 59:
      return Fate::older;
    case 67:
      return Fate::drops;
    case 75:
      return Fate::silent;
    default:
      return Fate::well;
  }
}

// In [0, 1), from robot and cycle alone.
double noise(std::uint64_t robot, std::uint64_t cycle) {
  std::uint64_t z = robot * 0x9e3779b97f4a7c15u + cycle * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

constexpr double kLogAlarm = 19.2;
constexpr std::int64_t kSilentSeconds = 10 * 60;
constexpr int kBatch = 32;

int interval_s(Fate fate) {
  return fate == Fate::late      ? FleetForTest::kPeriodSeconds + 2
         : fate == Fate::hurried ? 7
                                 : FleetForTest::kPeriodSeconds;
}

// What does not change from cycle to cycle.
void identify(CycleReport& r, std::size_t robot) {
  const Fate fate = fate_of(robot);
  r.device = FixedString<64>(FleetForTest::name(robot));
  r.sensor = "drive-wheel";
  for (std::size_t i = 0; i < r.contract.digest.size(); ++i)
    r.contract.digest[i] = static_cast<std::byte>((fate == Fate::older ? 0x17 : 0x4c) + 37 * i);
  r.contract.sequence = fate == Fate::older ? 6 : 7;
}

}  // namespace

FleetForTest::FleetForTest(std::size_t robots, std::int64_t first_cycle_s, std::size_t first_robot)
    : first_robot_(first_robot), states_(robots) {
  for (std::size_t i = 0; i < robots; ++i)
    states_[i].next_s = first_cycle_s + static_cast<std::int64_t>((first_robot + i) * 7 % kPeriodSeconds);
}

std::string FleetForTest::name(std::size_t robot) { return fmt::format("amr-{:05}", robot); }

CycleReport FleetForTest::report(std::size_t robot) {
  State& state = states_[robot];
  const std::size_t id = first_robot_ + robot;
  const Fate fate = fate_of(id);
  const double dice = noise(id, ++state.cycles);
  CycleReport r;
  identify(r, id);
  r.cycle = state.cycles;
  r.contract.sample_ms = 5000;
  r.contract.sleep_ms = 55'000;
  r.contract.interval_tolerance_ms = 500;
  r.contract.awake_limit_ms = 15'000;
  r.contract.idle_mw = 4500;
  r.contract.active_mj_per_cycle = 15'000;
  r.contract.mj_per_hour = 900'000;
  r.woke.wall = WallTime(seconds(state.next_s) + milliseconds(static_cast<int>(200 * dice)));
  r.woke.synchronised = true;
  if (state.cycles > 1)
    r.interval = seconds(interval_s(fate)) +
                 milliseconds(static_cast<int>(240 * (dice - noise(id, state.cycles - 1))));
  const auto spend = [&](Phase phase, Duration time, double mj) {
    r.spent[static_cast<std::size_t>(phase)] = time;
    r.energy_mj[static_cast<std::size_t>(phase)] = mj;
  };
  spend(Phase::sample, milliseconds(5000), 4500 + 300 * dice);
  spend(Phase::infer, milliseconds(fate == Fate::awake ? 19'000 : 45),
        fate == Fate::awake ? 66'000 : 160 + 20 * dice);
  spend(Phase::report, milliseconds(20), 70);
  spend(Phase::sleep, seconds(interval_s(fate) - 6),
        fate == Fate::holds ? 12'000 : 2200 + 500 * noise(id, 0) + 300 * dice);
  r.budget_mj = 250'000;
  r.residency = fate == Fate::holds ? ResidencyState::resident : ResidencyState::released;
  if (fate == Fate::holds) r.set(Breach::residency);
  if (fate == Fate::awake) r.set(Breach::awake);
  if (fate == Fate::late || fate == Fate::hurried) r.set(Breach::interval);
  if (fate == Fate::drops) {
    r.drops[static_cast<std::size_t>(DropReason::depth)] = static_cast<std::uint32_t>(16'000 * dice);
    r.set(Breach::drops);
  }
  r.verdict.kind = fate == Fate::watched ? VerdictKind::watch
                   : fate == Fate::alarm ? VerdictKind::alarm
                   : fate == Fate::fault ? VerdictKind::sensor_fault
                                         : VerdictKind::healthy;
  r.verdict.latched = fate == Fate::alarm;
  r.verdict.log_alarm_threshold = kLogAlarm;
  r.verdict.log_watch_threshold = kLogAlarm / 2;
  const double climb = static_cast<double>(state.cycles) / 20;
  r.verdict.log_evidence = fate == Fate::watched ? std::min(kLogAlarm / 2 + climb / 8, 15.0) + dice
                           : fate == Fate::alarm ? kLogAlarm + climb + dice
                                                 : 3 * dice - 1;
  state.next_s += interval_s(fate);
  return r;
}

std::vector<CycleSample> FleetForTest::next(std::size_t robot, int n, std::int64_t now_s) {
  std::vector<CycleSample> out;
  State& state = states_[robot];
  const std::int64_t until = fate_of(first_robot_ + robot) == Fate::silent ? now_s - kSilentSeconds : now_s;
  while (static_cast<int>(out.size()) < n && state.next_s <= until) {
    const CycleReport r = report(robot);
    state.totals.add(r);
    out.push_back(sample_of(r, state.totals));
  }
  if (!out.empty()) add_pusher(out.back(), {.interval_ms = kPeriodSeconds * 1000});
  return out;
}

void FleetForTest::post(Sent& sent, std::size_t robot, std::span<const CycleSample> batch,
                        Transport& transport, const TelemetryServer& server, bool last) {
  CycleReport who;
  identify(who, first_robot_ + robot);
  const Bytes body = builder_.build(subject_of(who), batch);
  const Outcome outcome = transport.send({.method = "POST",
                                          .to = &server,
                                          .path = {},
                                          .headers = kRemoteWriteHeaders,
                                          .body = body,
                                          .last = last},
                                         seconds(20));
  ++sent.requests;
  sent.bytes += body.size();
  for (const CycleSample& sample : batch)
    sent.samples += static_cast<std::size_t>(
        std::count_if(sample.value.begin(), sample.value.end(), [](double v) { return !std::isnan(v); }));
  if (outcome.answer != Answer::taken)
    sent.refused = fmt::format("{}: {} {}", who.device.view(), outcome.status, outcome.said.view());
}

FleetForTest::Sent FleetForTest::send(Transport& transport, const TelemetryServer& server,
                                      std::int64_t until_s) {
  Sent sent;
  for (std::size_t robot = 0; robot < size(); ++robot) {
    for (std::vector<CycleSample> batch; !(batch = next(robot, kBatch, until_s)).empty();) {
      post(sent, robot, batch, transport, server, false);
      if (!sent.refused.empty()) return sent;
    }
  }
  return sent;
}

FleetForTest::Sent FleetForTest::push(std::size_t robot, Transport& transport, const TelemetryServer& server,
                                      std::int64_t until_s) {
  Sent sent;
  const auto batch = next(robot, kBatch, until_s);
  if (!batch.empty()) post(sent, robot, batch, transport, server, true);
  return sent;
}

}  // namespace torpor
