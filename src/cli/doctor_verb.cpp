// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/posix/posix_system_tree.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "contract/crypto.h"
#include "contract/host/admission.h"
#include "contract/payload.h"
#include "contract/verify.h"
#include "doctor/doctor.h"
#include "site/site.h"

namespace torpor {
namespace {

constexpr std::size_t kMaxPowerModels = 1 << 20;

struct Flags {
  std::vector<std::string> bundles;
  std::string site;
};

std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  // By the system call: libcap would be a dependency for one number. Failed it is none held, which the
  // doctor then names as missing.
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].effective | std::uint64_t{data[1].effective} << 32;
}

// What a bundle claims; whether to believe it is the roles' business and their trust file's.
Status read_terms(Files& files, BundleSeen& seen, std::optional<Terms>& terms) {
  TORPOR_TRY(const auto bundle, read_bundle(files, seen.path));
  TORPOR_TRY(const Bytes payload, unverified_payload(bundle, seen.path));
  TORPOR_TRY(const Terms claimed, decode_payload(payload, seen.path));
  // The digest as soon as the payload decodes; what makes it untrue, the signature, is not judged here.
  seen.digest = sha256(payload);
  seen.sequence = claimed.sequence;
  // The first bundle speaks for the contract (docs/doctor.md); a second that differs is a finding.
  if (!terms) terms = claimed;
  return {};
}

Json json_of(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& f : findings) {
    list.push_back({{"check", f.check},
                    {"severity", name(f.severity)},
                    {"what", f.what},
                    {"evidence", f.evidence},
                    {"remedy", f.remedy}});
  }
  return {{"worst", name(worst(findings))}, {"findings", list}};
}

void print_findings(const std::vector<Finding>& findings) {
  for (const Finding& f : findings) {
    fmt::print("{:<8} {:<13} {}\n{:23}{}\n", name(f.severity), f.check, f.what, "", f.evidence);
    if (!f.remedy.empty()) fmt::print("{:20}-> {}\n", "", f.remedy);
  }
  fmt::print("worst: {}\n", name(worst(findings)));
}

Status doctor(const Flags& flags, Verbs& verbs) {
  std::string root;
  if (!flags.site.empty()) {
    TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, ::getuid()));
    root = site.system_root;
  }
  DoctorFacts facts{.now = verbs.clock.now(),
                    .capabilities = effective_capabilities(),
                    .terms = {},
                    .bundles = {},
                    .nvpmodel_conf = {}};
  for (const std::string& path : flags.bundles) {
    BundleSeen seen{.path = path, .digest = {}, .sequence = 0, .trouble = {}};
    // A finding, not an error: the doctor is called because something is broken.
    if (const Status read = read_terms(verbs.files, seen, facts.terms); !read) {
      seen.trouble = std::string(one_line(read.error()));
    }
    facts.bundles.push_back(std::move(seen));
  }
  // Not there on anything but a Jetson: no error either.
  if (const auto models = verbs.files.read(root + "/etc/nvpmodel.conf", kMaxPowerModels); models) {
    facts.nvpmodel_conf = std::string(as_text(*models));
  }
  PosixSystemTree tree(root);
  const std::vector<Finding> findings = examine(tree, facts);
  verbs.json ? print_json(json_of(findings)) : print_findings(findings);
  // The finding's, not the call's: scripts ask for it (docs/doctor.md).
  verbs.exit_code = exit_code(worst(findings));
  return {};
}

}  // namespace

void add_doctor(CLI::App& app, Verbs& verbs) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand(
      "doctor", "what would keep this machine awake, or us from knowing; each finding with its remedy");
  verb->add_option("--bundle", flags->bundles, "bundle file of a role; give it once for each role");
  verb->add_option("--site", flags->site, "site.toml, for its [system] root");
  add_json(*verb, verbs);
  verb->footer(
      "Exit code: 0 fine, 1 a warning, 2 something serious; 64 and above: it could not be looked at.\n"
      "example:\n  torpor doctor --bundle /etc/torpor/robot.bundle --bundle "
      "firmware.bundle");
  on_call(*verb, verbs, [flags, &verbs] { return doctor(*flags, verbs); });
}

}  // namespace torpor
