// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/role_flags.h"

namespace torpor {

void add_role_flags(CLI::App& app, RoleFlags& flags) {
  app.add_option("--bundle", flags.bundle, "signed contract")->required();
  app.add_option("--trust", flags.trust, "trust file: whose signature counts here")->required();
  app.add_option("--site", flags.site, "site.toml: what this machine is")->required();
  app.add_option("--link", flags.link, "unix:PATH of the socket between the roles")->required();
  app.add_option("--state", flags.state, "state directory, one per role")->required();
  app.add_option("--speed", flags.speed, "run the clock this many times faster, for demonstrations (1..200)");
}

}  // namespace torpor
