// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace torpor {

// An option whose default lies in torpor's source tree, where an installed program does not run.
struct NeededFile {
  std::string_view option;
  const std::string& path;
};

// file_missing, naming the options of all that are not there at once. Anything else that is wrong with
// them is for who opens them.
Status check_needed(Files& files, const std::vector<NeededFile>& needed);

// Before work of minutes or hours whose result goes to `out`: file_not_regular, or file_missing where its
// directory is not there. That it can be written then is not promised.
Status check_out(Files& files, const std::string& out);

}  // namespace torpor
