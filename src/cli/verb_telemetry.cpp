// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <unistd.h>

#include "cli/verbs.h"
#include "site/site.h"
#include "telemetry/decommission.h"
#include "telemetry/http/curl_transport.h"

namespace torpor::apps {
namespace {

struct Flags {
  std::string site;
  bool json = false;
};

Status forget(const Flags& flags, Verbs& verbs) {
  const auto uid = static_cast<std::uint32_t>(::getuid());
  TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, uid));
  CurlTransport transport(verbs.files, uid);
  TORPOR_CHECK(decommission(transport, verbs.files, site.device_id.view(), site.telemetry));
  if (flags.json) {
    fmt::print("{{\"decommissioned\": \"{}\"}}\n", site.device_id.view());
  } else {
    fmt::print("{} is no longer shown\n", site.device_id.view());
  }
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
  verb->add_flag("--json", flags->json, "print the device id as JSON");
  verb->footer("example:\n  torpor telemetry decommission --site /etc/torpor/site.toml");
  verb->callback([flags, &verbs] {
    if (const Status done = forget(*flags, verbs); !done) verbs.fail("telemetry decommission", done.error());
  });
}

}  // namespace torpor::apps
