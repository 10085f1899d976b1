// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "telemetry/catalogue.h"

namespace torpor {

// One cycle in Prometheus' text format 0.0.4, with HELP and TYPE, for Pushgateway and the
// textfile collector: no timestamps, which both refuse. Absent values, and metrics without
// any value, are left out. Appends to `out`.
void append_exposition(std::string& out, const CycleSample& sample, const Subject& subject);

}  // namespace torpor
