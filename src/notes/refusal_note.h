// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"

// A refusal as it lies in STATE, for those who tell it to servers. It outlives the process that
// refused, so that it can be told again until every server has taken it:
//
//   refusal.json        the refusal that stands; only the role writes it (notes/refusal.h)
//   refusal.told.json   who has taken it; only who tells writes it. Of another refusal: nobody has
//   refusal.ended.json  refusals that are over, each with the servers that still show it
//
// Two files, so that who tells can never bring back a refusal that the role has just ended.
namespace torpor {

struct RefusalNote {
  std::string role, device, reason;
  std::string line;       // the error in one line
  std::string next_step;  // what a person should do
  std::string own_digest, peer_digest;
  TimeStamp at;  // by the clock of the role; mono is not kept
  std::string boot_id;
  std::vector<std::string> told_to;  // servers, by name

  [[nodiscard]] bool told(std::string_view server) const;
  // Servers know a refusal by its labels: two with the same are one to them.
  [[nodiscard]] bool shows_as(const RefusalNote& other) const;
  // The same event, not merely the same reason again.
  [[nodiscard]] bool is(const RefusalNote& other) const;
};

// The refusal that stands, with who was told; nullopt: none. Errors: of Files; io_failed for a
// file that is no note.
Result<std::optional<RefusalNote>> standing_refusal(Files& files, const std::string& state_dir);
// Those that are over and still shown somewhere, oldest first. Errors: as above.
Result<std::vector<RefusalNote>> ended_refusals(Files& files, const std::string& state_dir);

// Who was told of the standing refusal. Errors: of Files.
Status keep_told(Files& files, const std::string& state_dir, const RefusalNote& note);
// Replaces the list of those that are over; the newest kMaxEnded are kept. Errors: of Files.
inline constexpr std::size_t kMaxEnded = 8;
Status keep_ended(Files& files, const std::string& state_dir, std::vector<RefusalNote> ended);

// The metrics of a refusal for the textfile collector and the Pushgateway, dated `at`.
std::string refusal_prom(const RefusalNote& note, WallTime at);

// A label value for Prometheus' text format: backslash, quote and newline escaped, bytes
// that are not UTF-8 replaced.
std::string prom_label(std::string_view value);

}  // namespace torpor
