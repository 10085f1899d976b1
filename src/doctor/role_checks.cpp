// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What the two roles have here to work with.
#include <algorithm>

#include "doctor/checks.h"

#include "base/hex.h"

namespace torpor {
namespace {

constexpr std::string_view kIio = "/sys/bus/iio/devices";

}  // namespace

void check_bundles(const DoctorFacts& facts, Findings& out) {
  std::vector<std::string> seen;
  bool differ = false;
  const Digest* first = nullptr;
  for (const BundleSeen& bundle : facts.bundles) {
    if (!bundle.digest) {
      out.push_back({"bundles", Severity::serious, "a bundle cannot be read: its role will refuse to run",
                     fmt::format("{}: {}", printable(bundle.path), printable(bundle.trouble)),
                     "install the bundle again; torpor contract verify tells more"});
      continue;
    }
    seen.push_back(fmt::format("{}: sequence {}, digest {}", printable(bundle.path), bundle.sequence,
                               hex(*bundle.digest).view()));
    // Digests, not sequences: two contracts may claim one number.
    if (first == nullptr) first = &*bundle.digest;
    differ |= *bundle.digest != *first;
  }
  // Differing is said also where one is missing: it is certain already.
  if (differ) {
    out.push_back({"bundles", Severity::serious,
                   "the roles hold different contracts: they will refuse to run", joined(seen),
                   "install the same bundle for both; torpor contract diff names the fields"});
  } else if (seen.size() >= 2) {
    out.push_back({"bundles", Severity::fine, "both roles hold the same contract", joined(seen), ""});
  } else if (facts.bundles.size() < 2) {
    out.push_back(
        {"bundles", Severity::unknown, "whether both roles hold the same contract was not looked at",
         seen.empty() ? "no bundle given" : joined(seen), "give --bundle once for each role's bundle file"});
  }
}

void check_capabilities(const DoctorFacts& facts, Findings& out) {
  std::vector<std::string> held, missing;
  std::string remedy;
  const auto look = [&](unsigned number, const char* capability, const char* without) {
    if (has_capability(facts, number)) {
      held.emplace_back(capability);
      return;
    }
    missing.emplace_back(fmt::format("{}: {}", capability, without));
    remedy += remedy.empty() ? "AmbientCapabilities= in the unit: " : " ";
    remedy += capability;
  };
  // Of this process, which says nothing of a unit file: the remedy names the line a role's unit needs.
  look(kCapWakeAlarm, "CAP_WAKE_ALARM",
       "a sampler like this wakes the machine by the RTC's wakealarm, if it may write it");
  look(kCapKill, "CAP_KILL", "a sampler like this stops only a detector of its own user");
  look(kCapSysPtrace, "CAP_SYS_PTRACE", "holders of the GPU are seen only among one's own processes");
  if (missing.empty()) {
    out.push_back({"capabilities", Severity::fine, "this process may wake, stop and look", joined(held), ""});
  } else {
    out.push_back({"capabilities", Severity::warning,
                   "this process lacks what a role started like it may need", joined(missing), remedy});
  }
}

void check_wall_time(const DoctorFacts& facts, Findings& out) {
  if (facts.now.synchronised) {
    out.push_back(
        {"wall_time", Severity::fine, "wall time is kept by a time service", "adjtimex: synchronised", ""});
  } else {
    out.push_back({"wall_time", Severity::warning,
                   "nobody keeps the clock: a contract's begin and end cannot be judged, and reports' times "
                   "may be wrong",
                   "adjtimex: not synchronised", "enable chrony or systemd-timesyncd"});
  }
}

void check_sensor(SystemTree& tree, Findings& out) {
  std::vector<std::string> sensors, streaming;
  for (const std::string& device : names_in(tree, std::string(kIio))) {
    // Beside devices the directory has triggers.
    if (!device.starts_with("iio:device")) continue;
    const std::string path = fmt::format("{}/{}", kIio, device);
    const auto label = shown(tree, path + "/name");
    if (!label) continue;
    sensors.push_back(fmt::format("{} ({})", *label, device));
    // buffer0 since Linux 5.13, where a device may have several.
    if (shown(tree, path + "/buffer/enable") == std::string("1") ||
        shown(tree, path + "/buffer0/enable") == std::string("1"))
      streaming.push_back(sensors.back());
  }
  if (!streaming.empty()) {
    out.push_back({"sensor", Severity::warning, "a sensor streams now, and costs power and interrupts",
                   joined(streaming), "stop what reads it, or run torpor doctor between two windows"});
  } else if (!sensors.empty()) {
    out.push_back({"sensor", Severity::fine, "sensors are there and quiet", joined(sensors), ""});
  } else {
    out.push_back({"sensor", Severity::unknown, "no sensor of this machine's own is seen",
                   fmt::format("no device in {}", kIio),
                   "fine where the sensor hangs on a microcontroller; else load the sensor's driver"});
  }
}

}  // namespace torpor
