// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>

#include "power/declared_meter.h"

namespace torpor {

// A meter that measures, and the site's declared model for each span it cannot: a source that
// fails, stands still or went back must neither be free nor silent. Such a span is `modelled`;
// source() and trouble() stay the meter's own, which name its state, and each border asks it
// again. Where nothing is declared the span stays unmeasured, and is paid with a whole allowance.
// One thread; no heap after it was made.
class BackedMeter final : public EnergyMeter {
 public:
  BackedMeter(std::unique_ptr<EnergyMeter> meter, const PowerModel& declared)
      : meter_(std::move(meter)), declared_(declared), declares_(declares_watts(declared)) {}

  std::string_view source() const override { return meter_->source(); }
  std::string_view trouble() const override { return meter_->trouble(); }
  std::string_view coverage() const override { return meter_->coverage(); }
  EnergyCost lap(Phase phase, Duration span, bool held) override;
  Result<std::int64_t> rail_mw() override { return meter_->rail_mw(); }
  Result<std::int64_t> raw_reading() override { return meter_->raw_reading(); }

 private:
  std::unique_ptr<EnergyMeter> meter_;
  DeclaredMeter declared_;
  bool declares_;
};

}  // namespace torpor
