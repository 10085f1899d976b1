// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

namespace torpor {

// The table of docs/bundle.md, one row a field, and docs/bundle.cddl, both from the field
// table. A test holds the committed files against them.
std::string fields_markdown();
std::string fields_cddl();

}  // namespace torpor
