// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/cbor.h"
#include "verdict/event.h"

namespace torpor {

// One event as a CBOR array, as it stands in a pending file and in a baseline's history.
void put_event(cbor::Writer& out, const BaselineEvent& event);
// event_unsupported for a kind this version does not know, else the reader's errors.
Result<BaselineEvent> take_event(cbor::Reader& in);

}  // namespace torpor
