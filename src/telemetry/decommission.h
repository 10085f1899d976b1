// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/files.h"
#include "site/site.h"
#include "telemetry/http/transport.h"

namespace torpor {

// A robot leaves the fleet for good: its group is deleted from the Pushgateway, which would
// show it for ever, and the textfile is removed. Nothing to remove is no error. Errors:
// push_failed; of Files.
Status decommission(Transport& transport, Files& files, std::string_view device, const TelemetrySite& site);

}  // namespace torpor
