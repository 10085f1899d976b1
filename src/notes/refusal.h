// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "notes/refusal_note.h"

// What a role that refuses to run leaves behind, for people (STATE/refusal.json) and for
// node_exporter's textfile collector (STATE/refusal.prom).
namespace torpor {

// One side's bundle as far as it is known.
struct BundleFacts {
  Digest digest{};
  std::uint64_t sequence = 0;
};

// A field of the contract in which the two sides differ, with both values as text.
struct DifferingField {
  std::string_view field, own, peer;
};

struct Refusal {
  std::string_view role;  // "detector" or "sampler"
  std::string_view device;
  Error error;
  std::optional<BundleFacts> own;
  std::optional<BundleFacts> peer;
  std::span<const DifferingField> differing;  // what matters most first; empty where nothing is known
  TimeStamp at;
  std::string_view boot_id;  // of `at`
};

// Both files, each whole or as before. state_dir exists. A refusal with another reason that servers
// were told of is over with this one and is left to be taken back (notes/refusal_note.h). Errors: of
// Files; when one file fails the others are still tried, and the first error is returned.
Status write_refusal(Files& files, const std::string& state_dir, const Refusal& refusal);

// The role works again: both files go, and what servers were told is left to be taken back. True:
// there is something to take back. Nothing to remove is no error. Errors: of Files.
Result<bool> end_refusal(Files& files, const std::string& state_dir);

// What of it is told to servers.
RefusalNote note_of(const Refusal& refusal);

// What a person should do: of two contracts, which has the newer sequence and where it goes; else
// the next step of the reason.
std::string what_to_do(const Refusal& refusal);
// For the log: "the contracts differ in 2 fields, ours / the sampler's: duty.sleep_ms 55000 ms /
// 15000 ms; sequence 7 / 8". Empty where nothing differs that is known.
std::string differences_line(const Refusal& refusal);

// The contents of refusal.json; those of refusal.prom are refusal_prom() of its note.
std::string refusal_json(const Refusal& refusal);

}  // namespace torpor
