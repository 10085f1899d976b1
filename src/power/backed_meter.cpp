// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/backed_meter.h"

#include "base/assertion.h"

namespace torpor {

EnergyCost BackedMeter::lap(Phase phase, Duration span, bool held) {
  // Always asked, also while it fails: that is how it comes back.
  const EnergyCost measured = meter_->lap(phase, span, held);
  if (measured.measured || !declares_) return measured;
  EnergyCost cost = declared_.lap(phase, span, held);
  cost.modelled = true;
  TORPOR_ASSERT(cost.measured && cost.mj >= 0, "backed_meter.the_model_knows_every_span");
  return cost;
}

}  // namespace torpor
