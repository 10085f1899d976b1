// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The command for people: keys, contracts, reports, models, baselines, the demo.
#include "cli/torpor_command.h"

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) { return torpor::torpor_command(argc, argv); }
