// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/files.h"
#include "site/site.h"
#include "telemetry/http/transport.h"

namespace torpor {

// A robot leaves the fleet for good: its group is deleted from the Pushgateway, which would
// show it for ever, and then the textfile is removed. A group that is not there is no error, for the
// gateway does not say; a textfile that is not there, or is something else, is one: the path may be
// mistyped, and the robot be shown for ever. Errors: push_failed; file_missing, others of Files.
Status decommission(Transport& transport, Files& files, std::string_view device, const TelemetrySite& site);

}  // namespace torpor
