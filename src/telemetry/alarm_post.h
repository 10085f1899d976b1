// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "notes/refusal_note.h"
#include "report/cycle_report.h"

namespace torpor {

// "DEVICE/SENSOR/EPOCH/CYCLE": the same alarm has the same id wherever it is told.
std::string alarm_id(const CycleReport& report);

// The body of POST /api/v2/alerts for a latched alarm. It lasts until `ends_at` and is posted
// again before; nothing: Alertmanager dates it itself, for a robot whose clock is not trusted.
std::string alarm_post(const CycleReport& report, std::optional<WallTime> ends_at);

// The same for a refusal that stands, or, with `ends_at`, for its end: the alert TorporRefused with
// the labels that deploy/prometheus/torpor.rules.yml gives it.
std::string refusal_post(const RefusalNote& note, const std::string& instance,
                         std::optional<WallTime> ends_at);

}  // namespace torpor
