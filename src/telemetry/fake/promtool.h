// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

namespace torpor {

[[nodiscard]] bool has_promtool();
// What `promtool check metrics` says of the text: empty when it is content.
std::string promtool_check_metrics(const std::string& text);

}  // namespace torpor
