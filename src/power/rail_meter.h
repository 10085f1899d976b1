// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/system_tree.h"
#include "power/device_runtime.h"
#include "power/energy_meter.h"
#include "power/source_name.h"

namespace torpor {

// One channel of an INA3221: where its label was found, and what to read. Either one
// attribute in mW, or mV and mA, whose product is read instead.
struct RailChannel {
  std::string label;  // "VDD_IN"
  std::string mw;     // path; empty: mv x ma
  std::string mv;
  std::string ma;
};

inline constexpr std::size_t kMaxRailChannels = 4;
// What stands for the module: its input, or the rails it is fed by, whose readings are added up.
struct ModuleRail {
  std::string name;                   // for reports: "ina3221 VDD_IN"; at most 32 characters
  std::string coverage;               // "module, without carrier board"; at most 48
  std::vector<RailChannel> channels;  // 1 to kMaxRailChannels
};

// A reading that has not moved by a digit since so many inferences measures nothing of them.
inline constexpr int kFrozenInferences = 5;
// And not before the slowest INA3221 has made a new one: 1024 samples x 8.244 ms x 6 measurements.
inline constexpr Duration kSlowestConversion = std::chrono::milliseconds(50'652);

// A power reading at each border. What lies between two readings is the trapezoid under
// them; while the rail moves one way, the truth is within |Pa - Pb| / 2 x dt of it, which
// is the bound given (integration alone: the sensor's own accuracy is its datasheet's).
//
// A sleep is measured from the readings at its ends and the kernel's runtime counters of
// the GPU, where it has them: the share of the sleep in which the GPU was active is
// charged at the reading at the end of the last inference. Labelled interpolated.
//
// meter_frozen: no channel's current (or its mW) has moved since kFrozenInferences inferences, some
// forty readings, and kSlowestConversion. A sensor of a rail that works trembles in its last digit, and one
// whose step is so coarse that five inferences do not show in it says nothing of us either.
class RailMeter final : public EnergyMeter {
 public:
  // `tree` outlives this. `idle_mw`: the rail awake without us, as the site declares it.
  RailMeter(SystemTree& tree, ModuleRail rail, std::uint32_t idle_mw);

  std::string_view source() const override { return source_.view(); }
  std::string_view trouble() const override { return source_.state(); }
  std::string_view coverage() const override { return rail_.coverage; }
  EnergyCost lap(Phase phase, Duration span, bool held) override;
  // Errors: those of SystemTree::read; system_value for what no rail can have, and while frozen.
  Result<std::int64_t> rail_mw() override;
  // Sum of the channels' mA (or mW).
  Result<std::int64_t> raw_reading() override;

 private:
  // One look at all channels.
  struct Look {
    std::int64_t mw = 0;
    std::array<std::int64_t, kMaxRailChannels> raw{};  // what moves with the load: mA, or mW
  };
  Result<std::int64_t> read(const RailChannel& channel, std::int64_t& raw);
  Result<Look> look();
  [[nodiscard]] bool frozen() const {
    return stood_through_ >= kFrozenInferences && stood_ > kSlowestConversion;
  }

  SystemTree& tree_;
  ModuleRail rail_;
  double idle_mw_;
  SourceName source_;
  DeviceRuntime gpu_;
  std::optional<double> border_mw_;                        // at the border before
  std::optional<double> infer_mw_;                         // at the end of the last inference
  std::array<std::int64_t, kMaxRailChannels> last_raw_{};  // of the last sound look
  int stood_through_ = 0;                                  // inferences since one of them moved
  Duration stood_{};                                       // and how long that is
};

}  // namespace torpor
