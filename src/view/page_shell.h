// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

namespace torpor {

// The page with its style, its script and the chart library in place, and marks of the
// form @@NAME@@ for what is only known at run time. Made at build time by
// web/embed.mjs.
extern const char kPageShell[];
extern const unsigned long kPageShellSize;

}  // namespace torpor
