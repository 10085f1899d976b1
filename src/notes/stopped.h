// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "notes/refusal.h"

// What the sampler leaves for people when it has stopped a detector: STATE/stopped.json, the
// newest only. docs/sleep.md lists its fields.
namespace torpor {

struct StoppedNote {
  std::string_view device;
  std::int32_t pid = 0;
  std::string_view state;    // awake, asleep, early, flood: docs/sleep.md
  std::string_view offence;  // the same in words that end before the time: "awake for"
  Duration after{};          // awake, past the end of its sleep, between two requests
  Duration limit{};          // what the contract says
  std::uint64_t window = 0;  // the last one it was given; 0: none
  BundleFacts contract{};
  TimeStamp at;
};

// Whole or as before. state_dir exists. Errors: of Files.
Status write_stopped(Files& files, const std::string& state_dir, const StoppedNote& note);
std::string stopped_json(const StoppedNote& note);

// For the log: "stopped the detector (pid 12): awake for 15.2 s, the contract allows 15.0 s".
std::string one_line(const StoppedNote& note);

}  // namespace torpor
