// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "demo/demo_stage.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/assertion.h"
#include "base/utc.h"
#include "contract/field_table.h"
#include "contract/host/admission.h"
#include "contract/host/contract_toml.h"
#include "contract/host/keys.h"
#include "contract/host/sign.h"
#include "contract/trust.h"
#include "contract/verify.h"
#include "sensor/recording/manifest.h"

namespace torpor {
namespace {

// What a demo leaves beside its marker, and so what the next one may remove.
constexpr const char* kLeftovers[] = {
    "keys",         "detector",    "sampler",    "reports",         "trust",
    "site.toml",    "report.html", "trace.json", "detector.bundle", "sampler.bundle",
    "detector.log", "sampler.log", "link"};

constexpr std::uint64_t kSimulatedWindows = 420;
constexpr const char* kSimulated = "sim:7,fault=inner,from=280,grow=80";

// A machine is a run to failure when its recordings follow one another in time, begin
// healthy and end failing.
struct Life {
  std::uint64_t windows = 0;
  bool healthy = false;
  bool failing = false;
};

Error cannot_remove(const std::string& path, const std::error_code& code) {
  Error error{.reason = Reason::io_failed};
  error.where << path;
  error.found << code.message();
  return error;
}

// The marker comes first and stays: a demo that was broken off can be given again.
Status make_place(const std::string& out, Files& files) {
  const auto names = files.list(out);
  if (!names && names.error().reason != Reason::file_missing) return names.error();
  const std::vector<std::string> there = names ? *names : std::vector<std::string>();
  const bool marked = std::find(there.begin(), there.end(), kDemoMarker) != there.end();
  // Before anything is written or removed: --out may be a slip that names somebody's home.
  if (!there.empty() && !marked) {
    Error error{.reason = Reason::file_exists};
    error.where << out;
    error.found << there.front() << ", and no " << kDemoMarker;
    error.expected << "a new or empty directory, or that of an earlier demo";
    return error;
  }
  TORPOR_CHECK(files.make_directories(out));
  constexpr std::string_view kText =
      "Made by `torpor demo`. The next demo with this --out removes what this one left:\n"
      "keys, state, logs, reports. Move away what you want to keep.\n";
  // Before the leftovers go: killed in between, the directory is still known to be a demo's.
  TORPOR_CHECK(files.replace(out + "/" + std::string(kDemoMarker), as_bytes(kText), 0644));
  // By name, not all there is: what somebody put beside them stays.
  for (const char* leftover : kLeftovers) {
    std::error_code code;
    std::filesystem::remove_all(out + "/" + leftover, code);
    if (code) return cannot_remove(out + "/" + leftover, code);
  }
  return {};
}

}  // namespace

Result<DemoSource> choose_source(Files& files, const std::string& pack, const DutyTerms& duty) {
  const DemoSource simulated{
      kSimulated, "a simulated bearing (no run-to-failure recording at hand): inner race, from cycle 281",
      kSimulatedWindows};
  if (pack.empty()) return simulated;
  const std::string path = pack + "/MANIFEST.csv";
  TORPOR_TRY(const Manifest manifest, Manifest::read(files, path));
  std::map<std::string, Life> lives;
  for (const Recording& recording : manifest.recordings()) {
    // A run to failure is recorded in blocks with pauses between them; one continuous piece is over in
    // minutes.
    if (recording.block_len == 0) continue;
    Life& life = lives[recording.machine];
    // Whole windows of each recording: what is left at its end starts no cycle.
    life.windows += static_cast<std::uint64_t>(recording.duration_s() * 1000) / duty.sample_ms;
    life.healthy |= recording.split == Split::train_healthy;
    life.failing |= recording.condition == "failing";
  }
  const std::pair<const std::string, Life>* best = nullptr;
  for (const auto& candidate : lives) {
    if (!candidate.second.healthy || !candidate.second.failing) continue;
    // The longest: the most healthy cycles to learn from before it fails.
    if (best == nullptr || candidate.second.windows > best->second.windows) best = &candidate;
  }
  // A pack without such a recording is no error: the demo must run everywhere.
  if (best == nullptr) return simulated;
  return DemoSource{"recording:" + path + "#" + best->first,
                    fmt::format("the recording of {}, a real bearing run to failure ({} windows)",
                                best->first, best->second.windows),
                    best->second.windows};
}

Result<DemoStage> set_stage(const DemoFlags& flags, Files& files, const Clock& clock) {
  TORPOR_CHECK(make_place(flags.out, files));
  DemoStage stage;
  stage.reports = flags.out + "/reports";
  for (const char* directory : {"/keys", "/detector", "/sampler", "/reports"}) {
    TORPOR_CHECK(files.make_directories(flags.out + directory));
  }

  // A new key for each demo: none is shipped that somebody might come to trust.
  const SigningKey key = SigningKey::generate();
  TORPOR_TRY(const KeyPaths paths, write_key_files(files, flags.out + "/keys", key));
  stage.key_id = std::filesystem::path(paths.public_key).stem();
  TORPOR_TRY(const auto trust, files.read(paths.public_key, kMaxTrustBytes));
  TORPOR_CHECK(files.replace(flags.out + "/trust", trust, 0644));
  // A checkout may be writable by the group; a site file may not.
  TORPOR_TRY(const auto site, files.read(flags.site, 65536));
  TORPOR_CHECK(files.replace(flags.out + "/site.toml", site, 0644));

  // The scaled clock must not run into the future, so the demo ends about now and the
  // contract is valid from where it begins.
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(clock.now().wall);
  const std::int64_t now_s = now.time_since_epoch().count();
  constexpr std::int64_t kValidS = std::int64_t{90} * 24 * 3600;
  TORPOR_TRY(Terms terms, load_terms(files, flags.contract,
                                     {.sequence = 1, .not_before_s = now_s, .expires_s = now_s + kValidS}));
  // After the terms: how many windows a recording has hangs on the contract's sampling time.
  TORPOR_TRY(stage.source, choose_source(files, flags.pack, terms.duty));
  const auto period = std::chrono::milliseconds(terms.duty.sample_ms + terms.duty.sleep_ms);
  const auto length = std::chrono::duration_cast<std::chrono::seconds>(period * stage.source.windows);
  // Begin so long ago that the last cycle ends about now: no date of the run lies in the future, where
  // servers would refuse it.
  stage.origin = now - length;
  terms.not_before_s = (now - length).time_since_epoch().count() - 1;
  TORPOR_TRY(const auto bundle, sign_terms(terms, key, flags.contract));
  // Two files, as on a robot: each role verifies its own.
  TORPOR_CHECK(files.replace(flags.out + "/detector.bundle", bundle, 0644));
  TORPOR_CHECK(files.replace(flags.out + "/sampler.bundle", bundle, 0644));
  TORPOR_TRY(const TrustSet trusted, load_trust(files, flags.out + "/trust"));
  // Read back and verified as the roles will: what is wrong with the stage is said here, not in a log.
  TORPOR_TRY(const Contract contract, verify(bundle, trusted, flags.out + "/detector.bundle"));
  TORPOR_ASSERT(to_ns(stage.origin) <= to_ns(clock.now().wall), "demo.a_scaled_clock_starts_in_the_past");
  stage.contract = contract;
  return stage;
}

Result<DemoRoles> start_roles(const DemoFlags& flags, const DemoStage& stage, const std::string& directory) {
  const std::string& out = flags.out;
  const std::string speed = fmt::format("{}", flags.speed);
  // Absolute: the address must mean the same to both whatever they are started from.
  const std::string link = "unix:" + std::filesystem::absolute(out + "/link").string();
  const auto role = [&](const char* program, const char* name) {
    return std::vector<std::string>{directory + "/" + program,
                                    "--bundle",
                                    out + "/" + name + ".bundle",
                                    "--trust",
                                    out + "/trust",
                                    "--site",
                                    out + "/site.toml",
                                    "--link",
                                    link,
                                    "--state",
                                    out + "/" + name,
                                    "--speed",
                                    speed};
  };
  std::vector<std::string> sampler = role("torpor-sampler", "sampler");
  sampler.insert(sampler.end(), {"--source", stage.source.argument});
  std::vector<std::string> detector = role("torpord", "detector");
  detector.insert(detector.end(), {"--model", flags.model, "--reports", stage.reports, "--clock-origin",
                                   std::string(utc_text(to_ns(stage.origin) / 1'000'000'000).view()),
                                   "--cycles", std::to_string(stage.source.windows)});
  // The sampler first, since it listens: the detector would only dial again every 200 ms until it is there.
  TORPOR_TRY(ChildProcess first, ChildProcess::start(sampler, out + "/sampler.log"));
  TORPOR_TRY(ChildProcess second, ChildProcess::start(detector, out + "/detector.log"));
  return DemoRoles{std::move(first), std::move(second)};
}

}  // namespace torpor
