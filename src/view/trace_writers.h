// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "view/trace.h"

// The formats of a trace, one maker each, and what they share. Inside view only.
namespace torpor {

// Where the figures of energy come from and how far they go: "ina3221 VDD_IN (module, without
// carrier board), within 1.2 J while awake, sleep interpolated, 5.0 s unmeasured; budget 13.6 J
// left, 2 cycles slept through".
std::string energy_words(const TraceSummary& summary);

std::unique_ptr<TraceWriter> make_table_writer(TraceWriter::Write write);
std::unique_ptr<TraceWriter> make_csv_writer(TraceWriter::Write write);
std::unique_ptr<TraceWriter> make_json_writer(TraceWriter::Write write);
std::unique_ptr<TraceWriter> make_chrome_writer(TraceWriter::Write write);

double energy(const CycleReport& report);  // mJ, all phases
std::uint64_t drops(const CycleReport& report);

// How every view prints JSON: on one line, or with `indent` blanks a level. Text that is no
// UTF-8 (a cut note, a foreign log) becomes U+FFFD: printing never fails.
std::string json_text(const nlohmann::ordered_json& json, int indent = -1);

nlohmann::ordered_json summary_json(const TraceSummary& summary);

}  // namespace torpor
