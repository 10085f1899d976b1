// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>

#include "base/system_tree.h"
#include "power/declared_meter.h"

namespace torpor {

// The best meter this machine has, in this order:
//   INA3221  the channel labelled VDD_IN (Jetson TX1, TX2, Xavier NX, Orin NX and Nano) or
//            POM_5V_IN (Nano) of an hwmon device named ina3221 (JetPack 5 and 6), whatever
//            its number, or of the iio driver ina3221x (JetPack 4)
//   RAPL     powercap zone intel-rapl:N named package-0
//   declared the site's watts, where any are declared
//   none
// What is there but does not answer soundly is taken and says so in its source(); what this
// process may not read is passed over, since that does not mend itself. Heap; never fails.
// `tree` outlives the meter.
std::unique_ptr<EnergyMeter> probe_meter(SystemTree& tree, const PowerModel& declared);

}  // namespace torpor
