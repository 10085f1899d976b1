// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/files.h"
#include "contract/contract.h"
#include "sensor/sample_source.h"
#include "sensor/simulated/simulated_bearing.h"

namespace torpor {

struct RecordingSpec {
  std::string manifest;   // path
  std::string selection;  // Manifest::select
};
using SourceSpec = std::variant<RecordingSpec, SimConfig>;

// What --source says:
//
//   recording:MANIFEST.csv[#SELECTION]
//       the recordings of a manifest; SELECTION is a row number, a file or a machine
//       (Manifest::select), after the last '#'
//   sim:SEED[,NAME=VALUE]..
//       a simulated bearing, each name at most once:
//       fault=inner|outer|ball  severity=X  from=WINDOW  grow=WINDOWS
//       rpm=R  ramp=X  bumps=PER_SECOND
//       (SimConfig: fault, severity, fault_from, fault_grow, rpm, ramp, bumps_per_s)
//
// source_spec, naming the offending part, for anything else; numbers are decimal and
// are judged for range by SimulatedBearing::make.
Result<SourceSpec> parse_source_spec(std::string_view text);

// The source, for sensor number `sensor` of the contract. Errors: those of Manifest,
// RecordingSource::make, SimulatedBearing::make.
Result<std::unique_ptr<SampleSource>> make_source(const SourceSpec& spec, const Contract& contract,
                                                  std::uint32_t sensor, Files& files);

}  // namespace torpor
