// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/contract.h"

namespace torpor {

// Sound terms for tests: 5 s sample, 55 s sleep, one 3-axis sensor at 3200 Hz.
Terms terms_for_test();

// Signs `terms` with a fixed test key and verifies the result: the same road as in the
// field. Traps when the terms break a rule. Test code only.
Contract contract_for_test(const Terms& terms = terms_for_test());

}  // namespace torpor
