// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

namespace torpor {

// The program `torpor`: its verbs are the rows of verbs.def. Gives the exit code
// (docs/exit-codes.md); `torpor doctor` alone has codes of its own below 64. Output that was
// not taken is a failure of the verb (74), whatever the verb says of itself.
int torpor_command(int argc, const char* const* argv);

}  // namespace torpor
