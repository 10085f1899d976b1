// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "telemetry/fake/servers.h"

// What deploy/ holds, made ready for a test's own servers, and questions to those.
namespace torpor {

// The contents of a file; a test failure and "" where it cannot be read.
std::string text_of(const std::string& path);

// deploy/prometheus/torpor.rules.yml; with `interval` all groups are evaluated so often,
// for tests that have no minute to wait.
std::string deployed_rules(const std::string& interval = "");
// deploy/prometheus/alertmanager.yml with every receiver at `url`.
std::string routes_to(const std::string& url);

// How many series a query gives now; -1 and a test failure where it fails.
int count_of(const ServerForTest& server, const std::string& query);
// The times of all samples of the last day of the one series a selector finds, in ms.
std::vector<std::int64_t> samples_of(const ServerForTest& server, const std::string& selector);

}  // namespace torpor
