// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/fixed_string.h"

namespace torpor {

// Watts this machine draws by state, declared by whoever set it up: the source of power
// figures where no meter is found. Reports name it "declared model".
struct DeclaredPower {
  std::uint32_t idle_mw = 0;    // awake, none of our work: what energy is counted above
  std::uint32_t sample_mw = 0;  // while frames come in
  std::uint32_t infer_mw = 0;   // while the network runs
  std::uint32_t sleep_mw = 0;   // while we sleep
};

// What this machine is and where its parts are: site.toml. Nothing the contract owns.
struct Site {
  FixedString<64> device_id;             // in every report
  FixedString<32> target_class;          // a contract for another class is refused
  std::vector<std::uint32_t> peer_uids;  // users the other role may have beside our own; may be empty
  std::uint32_t peer_timeout_ms = 0;     // how long to wait for an absent peer
  DeclaredPower power;
  std::string system_root;  // absolute directory that stands for / of the kernel's files; empty: / itself
};

// Reads and checks the file and, first, its owner and mode (file_unsafe unless it is owned by
// root or by `own_uid`, the user this process runs as, and neither group nor world may write
// it). Every field must be there and none else.
// Errors: those of Files, site_too_large, site_syntax, site_duplicate_field,
// site_unknown_field, site_missing_field, site_wrong_type, site_out_of_range, site_bad_text,
// each with file, line, field, found and expected; site_power when the declared watts do not
// rise from sleep to idle to sample and infer.
Result<Site> load_site(Files& files, const std::string& path, std::uint32_t own_uid);
Result<Site> parse_site(std::string_view text, std::string_view file);

}  // namespace torpor
