// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/cbor.h"
#include "verdict/baseline_key.h"
#include "verdict/calibration.h"
#include "verdict/sequential.h"

// The plain parts of a baseline file, docs/baseline.md. What cannot be is refused as
// baseline_damaged, naming the member.
namespace torpor {

Error impossible(std::string_view member, std::string_view found);
Result<std::uint32_t> take_uint32(cbor::Reader& in);
Status take_array(cbor::Reader& in, std::size_t items, std::string_view member);

void put_key(cbor::Writer& w, const BaselineKey& key);
Result<BaselineKey> take_key(cbor::Reader& in);
void put_sequential(cbor::Writer& w, const SequentialState& s);
Result<SequentialState> take_sequential(cbor::Reader& in);
void put_calibration(cbor::Writer& w, const Calibration& c);
Result<Calibration> take_calibration(cbor::Reader& in);

}  // namespace torpor
