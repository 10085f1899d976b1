// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "report/cycle_report.h"

namespace torpor {

// "DEVICE/SENSOR/EPOCH/CYCLE": the same alarm has the same id wherever it is told.
std::string alarm_id(const CycleReport& report);

// The body of POST /api/v2/alerts for a latched alarm. It lasts until `ends_at` and is posted
// again before; nothing: Alertmanager dates it itself, for a robot whose clock is not trusted.
std::string alarm_post(const CycleReport& report, std::optional<WallTime> ends_at);

}  // namespace torpor
