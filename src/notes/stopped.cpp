// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/stopped.h"

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "base/utc.h"

namespace torpor {

std::string stopped_json(const StoppedNote& note) {
  const nlohmann::ordered_json json = {
      {"stopped", "detector"},
      {"device", valid_text(note.device)},
      {"pid", note.pid},
      {"state", note.state},
      {"after_seconds", seconds_of(note.after)},
      {"limit_seconds", seconds_of(note.limit)},
      {"window", note.window},
      {"contract", {{"digest", hex(note.contract.digest).view()}, {"sequence", note.contract.sequence}}},
      {"at", utc(note.at.wall).view()},
      {"at_unix_seconds", unix_seconds(note.at.wall)},
      {"clock_synchronised", note.at.synchronised},
      {"next_step",
       "look at the detector's log before this moment; its next start reports the breach dead_man"},
  };
  return json.dump(2) + "\n";
}

std::string one_line(const StoppedNote& note) {
  return "stopped the detector (pid " + std::to_string(note.pid) + "): " + std::string(note.offence) + " " +
         human(note.after) + ", the contract says " + human(note.limit);
}

Status write_stopped(Files& files, const std::string& state_dir, const StoppedNote& note) {
  return files.replace(state_dir + "/stopped.json", as_bytes(stopped_json(note)), 0644);
}

}  // namespace torpor
