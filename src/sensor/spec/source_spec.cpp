// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/spec/source_spec.h"

#include <array>
#include <charconv>
#include <vector>

#include "sensor/recording/manifest.h"
#include "sensor/recording/recording_source.h"

namespace torpor {
namespace {

constexpr std::string_view kRecording = "recording:";
constexpr std::string_view kSim = "sim:";

Error refuse(std::string_view found, std::string_view expected) {
  return Error{Reason::source_spec, "source", found.empty() ? "nothing" : found, expected};
}

// from_chars, all of the text; "nan" and "inf" are no numbers here.
template <class T>
Status parse_number(std::string_view text, std::string_view option, std::string_view expected, T& value) {
  // Not strtod, which asks the locale for the decimal point.
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool letters = text.find_first_of("nNiI") != std::string_view::npos;
  if (error != std::errc() || end != text.data() + text.size() || letters) return refuse(option, expected);
  return {};
}

Status set_option(SimConfig& config, std::string_view option, std::string_view name, std::string_view value) {
  constexpr std::string_view kWindows = "a number of windows";
  constexpr std::string_view kDecimal = "a decimal number";
  if (name == "fault") {
    // By the names the source itself uses, so that both lists are one.
    for (const auto fault : {BearingFault::inner, BearingFault::outer, BearingFault::ball})
      if (value == torpor::name(fault)) return config.fault = fault, Status();
    return refuse(option, "fault=inner, outer or ball");
  }
  // No range here: SimulatedBearing::make judges all of them, also for tests that come without a text.
  if (name == "from") return parse_number(value, option, kWindows, config.fault_from);
  if (name == "grow") return parse_number(value, option, kWindows, config.fault_grow);
  if (name == "severity") return parse_number(value, option, kDecimal, config.severity);
  if (name == "rpm") return parse_number(value, option, kDecimal, config.rpm);
  if (name == "ramp") return parse_number(value, option, kDecimal, config.ramp);
  if (name == "bumps") return parse_number(value, option, kDecimal, config.bumps_per_s);
  return refuse(option, "fault, severity, from, grow, rpm, ramp or bumps");
}

Result<SourceSpec> parse_sim(std::string_view rest) {
  SimConfig config;
  // A handful at most, so a look through all is enough.
  std::vector<std::string_view> seen;
  for (bool first = true;; first = false) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    if (first) {
      TORPOR_CHECK(parse_number(part, part, "sim:SEED, a whole number", config.seed));
    } else {
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos) return refuse(part, "NAME=VALUE");
      const std::string_view name = part.substr(0, equals);
      // A doubled name is a slip of whoever wrote it; which of both holds would be a guess.
      for (const std::string_view other : seen)
        if (other == name) return refuse(part, "each name once");
      seen.push_back(name);
      TORPOR_CHECK(set_option(config, part, name, part.substr(equals + 1)));
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const auto has = [&](std::string_view name) {
    for (const std::string_view other : seen)
      if (other == name) return true;
    return false;
  };
  // An option that could do nothing is a mistake of whoever wrote it.
  if (config.fault == BearingFault::none)
    for (const std::string_view name : {"severity", "from", "grow"})
      if (has(name)) return refuse(name, "a fault= to go with it");
  return SourceSpec(config);
}

}  // namespace

Result<SourceSpec> parse_source_spec(std::string_view text) {
  if (text.starts_with(kSim)) return parse_sim(text.substr(kSim.size()));
  if (!text.starts_with(kRecording)) return refuse(text, "recording:MANIFEST.csv[#SELECTION] or sim:SEED");
  const std::string_view rest = text.substr(kRecording.size());
  const std::size_t hash = rest.rfind('#');  // the last: a path may hold one, a selection none
  RecordingSpec spec;
  spec.manifest = rest.substr(0, hash);
  if (hash != std::string_view::npos) {
    spec.selection = rest.substr(hash + 1);
    if (spec.selection.empty()) return refuse(text, "a row, file or machine after '#'");
  }
  if (spec.manifest.empty()) return refuse(text, "recording:MANIFEST.csv");
  // A path with a zero byte would end there for the system, and be another file.
  if (spec.manifest.find('\0') != std::string::npos) return refuse("a zero byte", "a path");
  return SourceSpec(std::move(spec));
}

Result<std::unique_ptr<SampleSource>> make_source(const SourceSpec& spec, const Contract& contract,
                                                  std::uint32_t sensor, Files& files) {
  if (const auto* config = std::get_if<SimConfig>(&spec)) {
    TORPOR_TRY(auto source, SimulatedBearing::make(*config, contract, sensor));
    return std::unique_ptr<SampleSource>(std::move(source));
  }
  const auto& recording = std::get<RecordingSpec>(spec);
  // The manifest is read here, when the source is made: nothing opens it while windows are played.
  TORPOR_TRY(const Manifest manifest, Manifest::read(files, recording.manifest));
  TORPOR_TRY(auto chosen, manifest.select(recording.selection));
  TORPOR_TRY(auto source, RecordingSource::make(std::move(chosen), manifest.folder(), contract, sensor));
  return std::unique_ptr<SampleSource>(std::move(source));
}

}  // namespace torpor
