// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/meter_probe.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "power/counter_meter.h"
#include "power/rail_meter.h"

namespace torpor {
namespace {

// The channel that carries the whole module. Other channels are parts of it, or of the
// carrier board.
constexpr std::string_view kModuleRails[] = {"VDD_IN", "POM_5V_IN"};
constexpr int kChannels = 3;  // of one INA3221

bool is_module_rail(std::string_view label) {
  return std::find(std::begin(kModuleRails), std::end(kModuleRails), label) != std::end(kModuleRails);
}

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

// hwmonN/{name, inK_label, inK_input (mV), currK_input (mA)}, K from 1.
std::optional<RailChannel> find_hwmon(SystemTree& tree) {
  const std::string root = "/sys/class/hwmon";
  for (const std::string& device : names_in(tree, root)) {
    const std::string at = root + "/" + device + "/";
    // By name and label: numbers follow the order in which drivers were loaded, and change from boot to boot.
    if (text_of(tree, at + "name") != "ina3221") continue;
    for (int k = 1; k <= kChannels; ++k) {
      const std::string number = std::to_string(k);
      const std::string label = text_of(tree, at + "in" + number + "_label");
      if (!is_module_rail(label)) continue;
      return RailChannel{.label = label,
                         .mw = {},
                         .mv = at + "in" + number + "_input",
                         .ma = at + "curr" + number + "_input"};
    }
  }
  return {};
}

// ADDRESS/iio:deviceN/{rail_name_K, in_powerK_input (mW) or in_voltageK_input (mV) and
// in_currentK_input (mA)}, K from 0.
std::optional<RailChannel> find_iio(SystemTree& tree) {
  const std::string root = "/sys/bus/i2c/drivers/ina3221x";
  for (const std::string& address : names_in(tree, root)) {
    for (const std::string& device : names_in(tree, root + "/" + address)) {
      // JetPack 4, whose driver is NVIDIA's own; beside the devices lie "bind", "uevent" and others.
      if (!device.starts_with("iio:device")) continue;
      const std::string at = root + "/" + address + "/" + device + "/";
      for (int k = 0; k < kChannels; ++k) {
        const std::string number = std::to_string(k);
        const std::string label = text_of(tree, at + "rail_name_" + number);
        if (!is_module_rail(label)) continue;
        const std::string power = "in_power" + number + "_input";
        const auto attributes = names_in(tree, root + "/" + address + "/" + device);
        const bool has_power = std::find(attributes.begin(), attributes.end(), power) != attributes.end();
        return RailChannel{.label = label,
                           .mw = has_power ? at + power : std::string(),
                           .mv = at + "in_voltage" + number + "_input",
                           .ma = at + "in_current" + number + "_input"};
      }
    }
  }
  return {};
}

std::unique_ptr<EnergyMeter> find_rail(SystemTree& tree, std::uint32_t idle_mw) {
  auto channel = find_hwmon(tree);
  if (!channel) channel = find_iio(tree);
  if (!channel) return nullptr;
  const bool readable = channel->mw.empty() ? may_read(tree, channel->mv) && may_read(tree, channel->ma)
                                            : may_read(tree, channel->mw);
  if (!readable) return nullptr;
  return std::make_unique<RailMeter>(tree, *std::move(channel), idle_mw);
}

std::unique_ptr<EnergyMeter> find_counter(SystemTree& tree, std::uint32_t idle_mw) {
  const std::string root = "/sys/class/powercap";
  for (const std::string& zone : names_in(tree, root)) {
    if (!zone.starts_with("intel-rapl:")) continue;
    const std::string at = root + "/" + zone;
    const std::string name = text_of(tree, at + "/name");
    if (name != "package-0" || !may_read(tree, at + "/energy_uj")) continue;
    // Without its range a counter cannot be read across a wrap.
    const auto range =
        read_integer(tree, at + "/max_energy_range_uj", 1, std::numeric_limits<std::int64_t>::max() / 2);
    if (!range) continue;
    return std::make_unique<CounterMeter>(tree, name, at, *range, idle_mw);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<EnergyMeter> probe_meter(SystemTree& tree, const PowerModel& declared) {
  // Best first: the rail covers the module, the counter the CPU package alone, the model nothing it could
  // check.
  if (auto rail = find_rail(tree, declared.idle_mw)) return rail;
  if (auto counter = find_counter(tree, declared.idle_mw)) return counter;
  // All zero is nobody's estimate: as "0 mW declared" every budget would be kept.
  if (std::max({declared.idle_mw, declared.sample_mw, declared.infer_mw, declared.sleep_mw}) > 0)
    return std::make_unique<DeclaredMeter>(declared);
  return std::make_unique<NoMeter>();
}

}  // namespace torpor
