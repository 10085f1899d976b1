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

// What runs the network on this machine. Scores of another backend than the contract's robots
// were armed with are judged by a baseline of their own: nothing falls back unless said so.
struct BackendChoice {
  FixedString<16> name;       // one of model/backends/backends.def
  std::string worker;         // absolute path of torpor-infer; empty: in this process, without a device
  bool cpu_fallback = false;  // cycles without the backend are scored on the CPU once that is armed
};

// A server telemetry goes to. The secrets lie in files of their own, which only root or the
// detector's user may own or read (telemetry/http/credentials.h).
struct TelemetryServer {
  std::string url;        // http:// or https://; "" = off
  std::string auth_file;  // one line, "bearer TOKEN" or "basic USER:PASSWORD"; "" = none
  std::string ca_file;    // PEM, who may vouch for the server; "" = the system's
  std::string cert_file;  // PEM, our certificate for mutual TLS; "" = none
  std::string key_file;   // PEM, its key
  bool on() const { return !url.empty(); }
};

struct TelemetrySite {
  std::uint32_t deadline_ms = 0;  // one contact with all servers takes at most so long
  std::string textfile;           // for node_exporter's textfile collector; "" = off
  TelemetryServer remote_write;   // the whole URL: https://HOST/api/v1/write
  TelemetryServer pushgateway;    // up to, and without, /metrics
  TelemetryServer alertmanager;   // up to, and without, /api
  bool on() const { return !textfile.empty() || remote_write.on() || pushgateway.on() || alertmanager.on(); }
};

// What this machine is and where its parts are: site.toml. Nothing the contract owns.
struct Site {
  FixedString<64> device_id;             // in every report
  FixedString<32> target_class;          // a contract for another class is refused
  std::vector<std::uint32_t> peer_uids;  // users the other role may have beside our own; may be empty
  std::uint32_t peer_timeout_ms = 0;     // how long to wait for an absent peer
  DeclaredPower power;
  BackendChoice backend;
  std::string system_root;  // absolute directory that stands for / of the kernel's files; empty: / itself
  TelemetrySite telemetry;
};

// Reads and checks the file and, first, its owner and mode (file_unsafe unless it is owned by
// root or by `own_uid`, the user this process runs as, and neither group nor world may write
// it). Every field must be there and none else.
// Errors: those of Files, site_too_large, site_syntax, site_duplicate_field,
// site_unknown_field, site_missing_field, site_wrong_type, site_out_of_range, site_bad_text,
// each with file, line, field, found and expected; site_power when the declared watts do not
// rise from sleep to idle to sample and infer; site_backend when the choices contradict
// each other; site_secret when a secret would travel in the clear, or half of a certificate
// is missing.
Result<Site> load_site(Files& files, const std::string& path, std::uint32_t own_uid);
Result<Site> parse_site(std::string_view text, std::string_view file);

}  // namespace torpor
