// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What draws power beside us, and what could measure it.
#include "doctor/checks.h"
#include "power/gpu_devices.h"

namespace torpor {
namespace {

constexpr std::string_view kHwmon = "/sys/class/hwmon";
constexpr std::string_view kPowercap = "/sys/class/powercap";
constexpr std::string_view kDevfreq = "/sys/class/devfreq";
constexpr std::string_view kGovernor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
constexpr std::string_view kModelStatus = "/var/lib/nvpmodel/status";

void check_holders(SystemTree& tree, const DoctorFacts& facts, Findings& out) {
  // The same look that a report's residency note rests on.
  const auto found = gpu_holders(tree);
  if (!found) {
    out.push_back({"gpu_holders", Severity::unknown, "processes cannot be listed",
                   printable(one_line(found.error())), "mount /proc"});
    return;
  }
  std::vector<std::string> who;
  for (const GpuHolders::Holder& h : found->holders)
    who.push_back(printable(fmt::format("{} (pid {}) has {}", h.program, h.process, h.node)));
  // Found ones first: they are certain, however many processes stay hidden.
  if (!who.empty()) {
    out.push_back({"gpu_holders", Severity::serious,
                   fmt::format("{} process{} a GPU's device nodes open: it cannot power down", who.size(),
                               who.size() == 1 ? " has" : "es have"),
                   joined(who), "end these processes, or let them close the device between uses"});
    return;
  }
  if (found->hidden == 0 && found->looked > 0) {
    out.push_back({"gpu_holders", Severity::fine, "no process has a GPU's device node open",
                   fmt::format("{} processes looked at", found->looked), ""});
    return;
  }
  out.push_back({"gpu_holders", Severity::unknown, "not every process may be looked at",
                 fmt::format("{} processes of other users; CAP_SYS_PTRACE {}", found->hidden,
                             has_capability(facts, kCapSysPtrace) ? "held" : "missing"),
                 "run torpor doctor as root, or with CAP_SYS_PTRACE"});
}

}  // namespace

void check_gpu(SystemTree& tree, const DoctorFacts& facts, Findings& out) {
  // By files of sysfs alone: opening a device node or loading a driver's library would power what is looked
  // at.
  const std::vector<std::string> devices = gpu_devices(tree);
  if (devices.empty()) {
    out.push_back({"gpu", Severity::fine, "no GPU of NVIDIA's is seen: inference is on the CPU",
                   "17000000.gpu in either layout, and 0x10de on the PCI bus", ""});
    return;
  }
  for (const std::string& gpu : devices) {
    const std::string status = gpu + std::string(kRuntimeStatus);
    const auto state = shown(tree, status);
    const auto control = shown(tree, gpu + "/power/control");
    if (!state) {
      out.push_back({"gpu", Severity::unknown, "the GPU's power state cannot be read", status,
                     "look at the kernel's log: its driver may not be loaded"});
    } else if (*state == "suspended") {
      out.push_back({"gpu", Severity::fine, "the GPU is powered down", status + ": suspended", ""});
    } else if (*state == "active" || *state == "resuming" || *state == "suspending") {
      out.push_back({"gpu", Severity::serious, "the GPU is powered", fmt::format("{}: {}", status, *state),
                     "end what holds it (see gpu_holders); run torpor doctor while nothing infers"});
    } else {
      out.push_back({"gpu", Severity::unknown, "the GPU shows no power state that is known",
                     fmt::format("{}: {}", status, *state), "look at the kernel's log"});
    }
    // Apart from the state: "on" keeps the GPU powered for ever, also where it happens to be looked at in
    // between.
    if (control && *control != "auto") {
      out.push_back({"gpu_control", Severity::serious, "the GPU may not power down by itself",
                     fmt::format("{}/power/control: {}", gpu, *control),
                     fmt::format("echo auto > {}/power/control, by a udev rule so that it lasts", gpu)});
    }
  }
  check_holders(tree, facts, out);
}

void check_rails(SystemTree& tree, Findings& out) {
  std::vector<std::string> rails, unreadable;
  for (const std::string& device : names_in(tree, std::string(kHwmon))) {
    const std::string path = fmt::format("{}/{}", kHwmon, device);
    if (shown(tree, path + "/name") != std::string("ina3221")) continue;
    // An INA3221 has three; one without a label has no name on this board.
    for (int channel = 1; channel <= 3; ++channel) {
      const auto label = shown(tree, fmt::format("{}/in{}_label", path, channel));
      if (!label || label->empty()) continue;
      // Read, not only listed: a channel that is not connected answers EIO.
      const bool reads = shown(tree, fmt::format("{}/in{}_input", path, channel)) &&
                         shown(tree, fmt::format("{}/curr{}_input", path, channel));
      (reads ? rails : unreadable).push_back(fmt::format("{} ({})", *label, device));
    }
  }
  for (const std::string& zone : names_in(tree, std::string(kPowercap))) {
    const std::string path = fmt::format("{}/{}", kPowercap, zone);
    const auto label = shown(tree, path + "/name");
    if (!label) continue;
    (shown(tree, path + "/energy_uj") ? rails : unreadable).push_back(fmt::format("{} ({})", *label, zone));
  }
  if (!rails.empty()) {
    out.push_back({"rails", Severity::fine, "energy can be measured", joined(rails), ""});
  }
  if (!unreadable.empty()) {
    out.push_back(
        {"rails", rails.empty() ? Severity::warning : Severity::unknown, "rails are there and cannot be read",
         joined(unreadable),
         "let the detector's user read them: RAPL counters are root's alone unless a udev rule says "
         "otherwise; a channel that answers EIO is not connected"});
  }
  if (rails.empty() && unreadable.empty()) {
    out.push_back({"rails", Severity::warning, "nothing here measures energy: reports carry declared watts",
                   fmt::format("no ina3221 in {}, no counter in {}", kHwmon, kPowercap),
                   "declare the watts in site.toml [power] from a bench, and take the figures as estimates"});
  }
}

void check_power_model(SystemTree& tree, const DoctorFacts& facts, Findings& out) {
  const auto status = shown(tree, std::string(kModelStatus));
  if (!status && !facts.nvpmodel_conf) return;  // not a Jetson
  const std::string remedy = "choose the power model this robot's budget was made for: nvpmodel -m N";
  const std::size_t at = status ? status->find("pmode:") : std::string::npos;
  unsigned id = 0;
  // Four digits at most: the text is a file's, and a longer number would overflow.
  if (at == std::string::npos || std::sscanf(status->c_str() + at, "pmode:%4u", &id) != 1) {
    out.push_back({"power_model", Severity::unknown, "the power model in force cannot be read",
                   fmt::format("{}: {}", kModelStatus, status.value_or("not readable")), remedy});
    return;
  }
  // "< POWER_MODEL ID=2 NAME=15W >"
  std::string model = fmt::format("number {}", id);
  if (facts.nvpmodel_conf) {
    // The number means nothing across modules: only the file of this one has its name.
    const std::string start = fmt::format("POWER_MODEL ID={} NAME=", id);
    if (const std::size_t line = facts.nvpmodel_conf->find(start); line != std::string::npos) {
      const std::string rest = facts.nvpmodel_conf->substr(line + start.size(), 64);
      model = printable(rest.substr(0, rest.find_first_of(" >\n")));
    }
  }
  // NVIDIA's name for "no limit", on all modules; MAXN_SUPER on JetPack 6.2.
  const bool unbounded = model.starts_with("MAXN");
  out.push_back({"power_model", unbounded ? Severity::warning : Severity::fine,
                 unbounded ? "the power model sets no limit: " + model : "power model " + model,
                 fmt::format("{}: {}", kModelStatus, *status), unbounded ? remedy : ""});
}

void check_clocks(SystemTree& tree, Findings& out) {
  std::vector<std::string> pinned;
  for (const std::string& device : names_in(tree, std::string(kDevfreq))) {
    const std::string path = fmt::format("{}/{}", kDevfreq, device);
    const auto governor = shown(tree, path + "/governor");
    const auto least = shown(tree, path + "/min_freq");
    const auto most = shown(tree, path + "/max_freq");
    // jetson_clocks leaves one or the other behind; nothing undoes it before the next boot.
    if (governor == std::string("performance")) {
      pinned.push_back(fmt::format("{}: governor performance", device));
    } else if (least && !least->empty() && least == most) {
      pinned.push_back(fmt::format("{}: min_freq = max_freq = {}", device, *least));
    }
  }
  if (const auto governor = shown(tree, std::string(kGovernor)); governor == std::string("performance")) {
    pinned.push_back("cpu0: governor performance");
  }
  if (pinned.empty()) {
    out.push_back({"clocks", Severity::fine, "no clock is held at its highest",
                   fmt::format("{}, {}", kDevfreq, kGovernor), ""});
    return;
  }
  out.push_back({"clocks", Severity::warning, "clocks are held high while nothing runs", joined(pinned),
                 "jetson_clocks --restore; choose the governors schedutil and nvhost_podgov"});
}

}  // namespace torpor
