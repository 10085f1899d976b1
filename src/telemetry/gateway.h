// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

// How a Pushgateway is spoken to: one group per {job, instance}, replaced as a whole.
namespace torpor {

inline constexpr std::string_view kGatewayHeaders[] = {"Content-Type: text/plain; version=0.0.4",
                                                       "Content-Encoding: gzip"};

// "/metrics/job/torpor/instance/DEVICE"; device ids need no escaping (site/site.h).
std::string gateway_group(std::string_view device);

std::string gzip(std::string_view text);

}  // namespace torpor
