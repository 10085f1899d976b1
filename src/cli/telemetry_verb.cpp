// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <unistd.h>

#include "cli/print.h"
#include "cli/verbs.h"
#include "site/site.h"
#include "telemetry/decommission.h"
#include "telemetry/http/curl_transport.h"

namespace torpor {
namespace {

struct Flags {
  std::string site;
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
}

}  // namespace torpor
