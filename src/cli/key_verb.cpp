// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include "base/hex.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "contract/host/keys.h"

namespace torpor {
namespace {

struct Flags {
  std::string out;
};

Status make_key(const Flags& flags, Verbs& verbs) {
  // From the kernel's random numbers; no option for a seed, which would be a second way to the secret.
  const SigningKey key = SigningKey::generate();
  TORPOR_TRY(const KeyPaths paths, write_key_files(verbs.files, flags.out, key));
  const KeyId id = key.id();
  const std::string id_text = std::string(hex(id));
  if (verbs.json) {
    print_json({{"key_id", id_text}, {"private_key", paths.private_key}, {"public_key", paths.public_key}});
    return {};
  }
  fmt::print("key id       {}\n", id_text);
  fmt::print("private key  {}  (mode 0600; it signs, so it never goes onto a robot)\n", paths.private_key);
  fmt::print("public key   {}  (a trust file by itself)\n", paths.public_key);
  return {};
}

}  // namespace

void add_key(CLI::App& app, Verbs& verbs) {
  CLI::App* key = app.add_subcommand("key", "make keys that sign contracts");
  key->require_subcommand(1);
  key->footer("Example:\n  torpor key new --out keys");
  CLI::App* make = key->add_subcommand("new", "make an Ed25519 key pair: DIR/KEYID.key and DIR/KEYID.pub");
  make->footer("Nothing is ever overwritten.\nExample:\n  torpor key new --out keys");
  auto flags = std::make_shared<Flags>();
  make->add_option("--out", flags->out, "directory to write both files into")->required();
  add_json(*make, verbs);
  on_call(*make, verbs, [flags, &verbs] { return make_key(*flags, verbs); });
}

}  // namespace torpor
