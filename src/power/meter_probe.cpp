// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/meter_probe.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "power/backed_meter.h"
#include "power/counter_meter.h"
#include "power/rail_meter.h"

namespace torpor {
namespace {

// The channel that carries the whole module. Other channels are parts of it, or of the
// carrier board.
constexpr std::string_view kModuleRails[] = {"VDD_IN", "POM_5V_IN"};
constexpr std::string_view kModuleCoverage = "module, without carrier board";
// Where no channel does: the rails the module is fed by, which are not parts of one another. The AGX Orin's
// fourth channel, VDDQ_VDD2_1V8AO, is no input of its own and not added (docs/energy.md).
struct RailSum {
  std::string_view name;
  std::string_view coverage;
  std::array<std::string_view, 3> labels;
};
constexpr RailSum kRailSums[] = {{"ina3221 AGX Orin rails",
                                  "VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0",
                                  {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}}};
constexpr int kChannels = 3;  // of one INA3221

// A channel with a name, and the device it was found under.
struct Labelled {
  RailChannel channel;
  std::string device;
};

std::string text_of(SystemTree& tree, const std::string& path) {
  SystemTree::Text text;
  return tree.read(path, text) ? std::string(text.view()) : std::string();
}

std::vector<std::string> names_in(SystemTree& tree, const std::string& directory) {
  auto names = tree.list(directory);
  return names ? *std::move(names) : std::vector<std::string>();
}

bool may_read(SystemTree& tree, const std::string& path) {
  SystemTree::Text text;
  const Status read = tree.read(path, text);
  // What fails otherwise (EIO) is kept and named in reports, since it may mend; what may not be read will
  // not mend by itself (docs/decisions.md).
  return read.ok() || read.error().reason != Reason::file_denied;
}

bool may_read(SystemTree& tree, const RailChannel& channel) {
  return channel.mw.empty() ? may_read(tree, channel.mv) && may_read(tree, channel.ma)
                            : may_read(tree, channel.mw);
}

// hwmonN/{name, inK_label, inK_input (mV), currK_input (mA)}, K from 1.
void find_hwmon(SystemTree& tree, std::vector<Labelled>& found) {
  const std::string root = "/sys/class/hwmon";
  for (const std::string& device : names_in(tree, root)) {
    const std::string at = root + "/" + device + "/";
    // By name and label: numbers follow the order in which drivers were loaded, and change from boot to boot.
    if (text_of(tree, at + "name") != "ina3221") continue;
    for (int k = 1; k <= kChannels; ++k) {
      const std::string number = std::to_string(k);
      const std::string label = text_of(tree, at + "in" + number + "_label");
      // "NC": the board leaves the channel open.
      if (label.empty() || label == "NC") continue;
      found.push_back({{.label = label,
                        .mw = {},
                        .mv = at + "in" + number + "_input",
                        .ma = at + "curr" + number + "_input"},
                       device});
    }
  }
}

// ADDRESS/iio:deviceN/{rail_name_K, in_powerK_input (mW) or in_voltageK_input (mV) and
// in_currentK_input (mA)}, K from 0.
void find_iio(SystemTree& tree, std::vector<Labelled>& found) {
  const std::string root = "/sys/bus/i2c/drivers/ina3221x";
  for (const std::string& address : names_in(tree, root)) {
    for (const std::string& device : names_in(tree, root + "/" + address)) {
      // JetPack 4, whose driver is NVIDIA's own; beside the devices lie "bind", "uevent" and others.
      if (!device.starts_with("iio:device")) continue;
      const std::string at = root + "/" + address + "/" + device + "/";
      const auto attributes = names_in(tree, root + "/" + address + "/" + device);
      for (int k = 0; k < kChannels; ++k) {
        const std::string number = std::to_string(k);
        const std::string label = text_of(tree, at + "rail_name_" + number);
        if (label.empty()) continue;
        const std::string power = "in_power" + number + "_input";
        const bool has_power = std::find(attributes.begin(), attributes.end(), power) != attributes.end();
        found.push_back({{.label = label,
                          .mw = has_power ? at + power : std::string(),
                          .mv = at + "in_voltage" + number + "_input",
                          .ma = at + "in_current" + number + "_input"},
                         device});
      }
    }
  }
}

const Labelled* labelled(const std::vector<Labelled>& all, std::string_view label) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Labelled& l) { return l.channel.label == label; });
  return at == all.end() ? nullptr : &*at;
}

std::optional<ModuleRail> module_rail(const std::vector<Labelled>& all) {
  for (const Labelled& one : all) {
    const auto& label = one.channel.label;
    if (std::find(std::begin(kModuleRails), std::end(kModuleRails), label) == std::end(kModuleRails))
      continue;
    return ModuleRail{
        .name = "ina3221 " + label, .coverage = std::string(kModuleCoverage), .channels = {one.channel}};
  }
  for (const RailSum& sum : kRailSums) {
    ModuleRail rail{.name = std::string(sum.name), .coverage = std::string(sum.coverage), .channels = {}};
    for (const std::string_view label : sum.labels) {
      if (const Labelled* one = labelled(all, label)) rail.channels.push_back(one->channel);
    }
    if (rail.channels.size() == sum.labels.size()) return rail;
  }
  return {};
}

void survey_rails(SystemTree& tree, std::uint32_t idle_mw, MeterSurvey& out) {
  std::vector<Labelled> all;
  find_hwmon(tree, all);
  find_iio(tree, all);
  auto rail = module_rail(all);
  for (const Labelled& one : all) {
    const bool taken = rail && std::any_of(rail->channels.begin(), rail->channels.end(),
                                           [&](const RailChannel& c) { return c.mv == one.channel.mv; });
    if (!taken) out.others.push_back(one.channel.label + " (" + one.device + ")");
  }
  if (!rail) return;
  const bool readable = std::all_of(rail->channels.begin(), rail->channels.end(),
                                    [&](const RailChannel& c) { return may_read(tree, c); });
  if (readable) {
    out.meter = std::make_unique<RailMeter>(tree, *std::move(rail), idle_mw);
  } else {
    out.passed_over.push_back(rail->name + ": denied");
  }
}

void survey_counters(SystemTree& tree, std::uint32_t idle_mw, MeterSurvey& out) {
  const std::string root = "/sys/class/powercap";
  for (const std::string& zone : names_in(tree, root)) {
    const std::string at = root + "/" + zone;
    const std::string name = text_of(tree, at + "/name");
    if (name.empty()) continue;
    if (!zone.starts_with("intel-rapl:") || name != "package-0" || out.meter) {
      out.others.push_back(name + " (" + zone + ")");
      continue;
    }
    if (!may_read(tree, at + "/energy_uj")) {
      out.passed_over.push_back("rapl " + name + ": denied");
      continue;
    }
    const auto range =
        read_integer(tree, at + "/max_energy_range_uj", 1, std::numeric_limits<std::int64_t>::max() / 2);
    if (!range) {
      // Without its range a counter cannot be read across a wrap.
      out.passed_over.push_back("rapl " + name + ": no range");
      continue;
    }
    out.meter = std::make_unique<CounterMeter>(tree, name, at, *range, idle_mw);
  }
}

}  // namespace

// Best first: the rail covers the module, the counter the CPU package alone.
MeterSurvey survey_meters(SystemTree& tree, std::uint32_t idle_mw) {
  MeterSurvey found;
  survey_rails(tree, idle_mw, found);
  survey_counters(tree, idle_mw, found);
  return found;
}

std::unique_ptr<EnergyMeter> probe_meter(SystemTree& tree, const PowerModel& declared) {
  MeterSurvey found = survey_meters(tree, declared.idle_mw);
  if (found.meter) return std::make_unique<BackedMeter>(std::move(found.meter), declared);
  if (declares_watts(declared)) return std::make_unique<DeclaredMeter>(declared);
  return std::make_unique<NoMeter>();
}

}  // namespace torpor
