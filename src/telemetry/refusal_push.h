// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "notes/refusal.h"
#include "site/site.h"
#include "telemetry/clock_gate.h"
#include "telemetry/http/transport.h"

namespace torpor {

// Tells the servers once that this start was refused: `torpor_refusal` and
// `torpor_refusal_timestamp_seconds` by remote write, where the gate lets them be dated, and
// added to the robot's group of the Pushgateway, which its next good cycle replaces. At most
// the site's deadline. What could not be told: one line; empty where all went well.
FixedString<400> push_refusal(Transport& transport, const Clock& clock, const TelemetrySite& site,
                              ClockGate gate, const Refusal& refusal);

}  // namespace torpor
