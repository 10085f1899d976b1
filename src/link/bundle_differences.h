// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/bytes.h"
#include "base/fixed_string.h"

namespace torpor {

// The fields in which two bundle files differ, with their values, ours first:
// "duty.sleep_ms 55000 / 15000; sequence 7 / 8", cut with '~' where it grows too long.
// Neither file is trusted; one that cannot be read is said to be so. Freestanding.
FixedString<120> bundle_differences(Bytes ours, Bytes theirs);

}  // namespace torpor
