// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/posix/posix_clock.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "site/site.h"
#include "telemetry/decommission.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/refusal_push.h"

namespace torpor {
namespace {

struct Flags {
  std::string site;
  std::vector<std::string> states;
};

// What decommission() can make forget a robot. Prometheus and Alertmanager are not among them:
// they drop by themselves what is no longer told.
Status check_something_to_forget(const Flags& flags, const TelemetrySite& telemetry) {
  if (telemetry.pushgateway.on() || !telemetry.textfile.empty()) return {};
  Error error{.reason = Reason::usage};
  error.where << flags.site;
  error.found << "neither telemetry.textfile nor telemetry.pushgateway";
  error.expected << "the site file the robot ran with: nothing was forgotten";
  return error;
}

Status forget(const Flags& flags, Verbs& verbs) {
  const auto uid = static_cast<std::uint32_t>(::getuid());
  TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, uid));
  const TelemetrySite& telemetry = site.telemetry;
  TORPOR_CHECK(check_something_to_forget(flags, telemetry));
  CurlTransport transport(verbs.files, uid);
  TORPOR_CHECK(decommission(transport, verbs.files, site.device_id.view(), telemetry));
  if (verbs.json) {
    print_json({{"decommissioned", site.device_id.view()},
                {"pushgateway", telemetry.pushgateway.url},
                {"textfile", telemetry.textfile}});
    return {};
  }
  fmt::print("{} is no longer shown by:\n", site.device_id.view());
  if (telemetry.pushgateway.on()) fmt::print("  pushgateway  {}\n", telemetry.pushgateway.url);
  if (!telemetry.textfile.empty()) fmt::print("  textfile     {}\n", telemetry.textfile);
  return {};
}

// What one state directory still has to tell.
RefusalTelling retry_one(const std::string& state, const Site& site, Transport& transport, const Clock& clock,
                         Files& files) {
  RefusalTeller teller(
      {.files = files, .clock = clock, .transport = transport, .site = site.telemetry},
      {.state = state, .device = std::string(site.device_id.view()), .boot_id = read_boot_id()});
  return teller.tell(std::chrono::milliseconds(site.telemetry.deadline_ms));
}

Status retry(const Flags& flags, Verbs& verbs) {
  const auto uid = static_cast<std::uint32_t>(::getuid());
  TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, uid));
  CurlTransport transport(verbs.files, uid);
  const PosixClock clock = PosixClock::unscaled();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::optional<Error> waiting;
  for (const std::string& state : flags.states) {
    // A path that is not there has no refusal either, and is a mistake; the other role's is told.
    if (const auto there = verbs.files.facts(state); !there) {
      if (!waiting) waiting = there.error();
      continue;
    }
    const RefusalTelling telling = retry_one(state, site, transport, clock, verbs.files);
    // A note that cannot be read is said without anything being left to send.
    const bool done = telling.left == 0 && telling.said.empty();
    list.push_back({{"state", state}, {"waiting", telling.left}, {"said", telling.said.view()}});
    if (!verbs.json && done) fmt::print("{}: no refusal is untold\n", state);
    if (!done && !waiting)
      waiting = Error{.reason = Reason::push_failed}.at(state).saw(telling.said.view()).want("taken");
  }
  if (waiting) return *waiting;
  if (verbs.json) print_json({{"device", site.device_id.view()}, {"states", list}});
  return {};
}

void add_retry(CLI::App& group, const std::shared_ptr<Flags>& flags, Verbs& verbs) {
  CLI::App* verb =
      group.add_subcommand("retry", "tell the servers of a refusal, or of its end, until they have taken it");
  verb->add_option("--site", flags->site, "site.toml of the robot")->required();
  verb->add_option("--state", flags->states, "--state of a role; may be given for both")->required();
  add_json(*verb, verbs);
  verb->footer(
      "Run by torpor-retry.timer; 75 while something is still to be taken.\n"
      "example:\n  torpor telemetry retry --site /etc/torpor/site.toml \\\n"
      "    --state /var/lib/torpor/detector --state /var/lib/torpor/sampler");
  on_call(*verb, verbs, [flags, &verbs] { return retry(*flags, verbs); });
}

}  // namespace

void add_telemetry(CLI::App& app, Verbs& verbs) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = app.add_subcommand("telemetry", "what servers know of this robot");
  group->require_subcommand(1);
  CLI::App* verb =
      group->add_subcommand("decommission", "a robot leaves for good: Pushgateway and textfile forget it");
  verb->add_option("--site", flags->site, "site.toml of the robot")->required();
  add_json(*verb, verbs);
  verb->footer("example:\n  torpor telemetry decommission --site /etc/torpor/site.toml");
  on_call(*verb, verbs, [flags, &verbs] { return forget(*flags, verbs); });
  add_retry(*group, flags, verbs);
}

}  // namespace torpor
