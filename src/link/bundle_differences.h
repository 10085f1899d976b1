// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "contract/payload.h"

// How two bundle files differ, ours as `a` and the peer's as `b`: for people, in the order of
// differing_fields(), what matters most first. Neither file is trusted. Freestanding, no heap.
namespace torpor {

// All of it: as differing_fields(). A file that is no bundle is one difference, "bundle".
std::size_t bundle_differences(Bytes ours, Bytes theirs, std::span<FieldDifference> out);

// As much as fits into the text of an error, each value whole or only its field named:
// "duty.sleep_ms 55000 ms / 15000 ms; sequence 7 / 8; 2 more".
FixedString<120> difference_line(Bytes ours, Bytes theirs);

}  // namespace torpor
