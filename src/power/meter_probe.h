// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/system_tree.h"
#include "power/declared_meter.h"

namespace torpor {

// What there is on this machine to measure with: the one look that roles and doctor share.
struct MeterSurvey {
  // The best one, in this order; null: nothing here measures.
  //   INA3221  the channel labelled VDD_IN (Jetson TX1, TX2, Xavier NX, Orin NX and Nano) or
  //            POM_5V_IN (Nano) of an hwmon device named ina3221 (JetPack 5 and 6), whatever
  //            its number, or of the iio driver ina3221x (JetPack 4); where no channel carries
  //            the module, the sum of those it is fed by (AGX Orin: VDD_GPU_SOC, VDD_CPU_CV and
  //            VIN_SYS_5V0, all three or none)
  //   RAPL     powercap zone intel-rapl:N named package-0
  // What is there but does not answer soundly is taken, and says so in its source(); what this
  // process may not read is passed over, since that does not mend itself.
  std::unique_ptr<EnergyMeter> meter;
  std::vector<std::string> passed_over;  // and why: "rapl package-0: denied"
  std::vector<std::string> others;       // seen, and no measure of the module: "VDD_SOC (hwmon3)"
};
// `tree` outlives the meter. Heap; never fails.
MeterSurvey survey_meters(SystemTree& tree, std::uint32_t idle_mw);

// The meter of a role: the best one, with the site's watts where it fails (BackedMeter); where
// nothing measures the site's watts alone, where any are declared; else none.
// `tree` outlives the meter. Heap; never fails.
std::unique_ptr<EnergyMeter> probe_meter(SystemTree& tree, const PowerModel& declared);

}  // namespace torpor
