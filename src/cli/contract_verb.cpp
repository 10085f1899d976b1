// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include "base/hex.h"
#include "cli/contract_sign.h"
#include "cli/contract_text.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "contract/crypto.h"
#include "contract/host/admission.h"
#include "contract/host/contract_toml.h"
#include "contract/host/field_docs.h"
#include "contract/host/validity.h"
#include "contract/payload.h"
#include "contract/verify.h"

namespace torpor {
namespace {

struct Flags {
  std::string file;
  std::string other;
  std::string trust;
  std::string format = "md";
};

Status check(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const Terms terms, load_terms(verbs.files, flags.file, {}));
  if (verbs.json) {
    print_json({{"contract", flags.file}, {"sound", true}, {"fields", terms_json(terms)}});
  } else {
    fmt::print("{}: sound, every field there and within its bounds, every rule kept\n{}", flags.file,
               terms_summary(terms));
  }
  return {};
}

Status verify_bundle(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const TrustSet trust, load_trust(verbs.files, flags.trust));
  TORPOR_TRY(const auto bundle, read_bundle(verbs.files, flags.file));
  // The signature before the times: what is not signed by a trusted key makes no claim worth judging.
  TORPOR_TRY(const Contract contract, verify(bundle, trust, flags.file));
  // Whoever runs this verb vouches for this computer's clock; a robot judges with more care.
  TimeStamp now = verbs.clock.now();
  now.synchronised = true;
  TORPOR_CHECK(check_start_time(contract.terms(), now, contract.terms().not_before_s, flags.file));
  TORPOR_TRY(const Sign1 envelope, parse_sign1(bundle, Scope::contract, flags.file));
  const std::string key_text = std::string(hex(envelope.key_id));
  const std::string digest_text = std::string(hex(contract.digest()));
  if (verbs.json) {
    print_json({{"bundle", flags.file},
                {"verified", true},
                {"key_id", key_text},
                {"digest", digest_text},
                {"fields", terms_json(contract.terms())}});
  } else {
    fmt::print("{}: good, signed by trusted key {}\n  digest {}\n{}", flags.file, key_text, digest_text,
               terms_summary(contract.terms()));
  }
  return {};
}

Status show(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto bundle, read_bundle(verbs.files, flags.file));
  TORPOR_TRY(const Sign1 envelope, parse_sign1(bundle, Scope::contract, flags.file));
  TORPOR_TRY(const Terms terms, decode_payload(envelope.payload, flags.file));
  const std::string key_text = std::string(hex(envelope.key_id));
  const std::string digest_text = std::string(hex(sha256(envelope.payload)));
  if (verbs.json) {
    print_json({{"bundle", flags.file},
                {"verified", false},
                {"key_id", key_text},
                {"digest", digest_text},
                {"fields", terms_json(terms)}});
  } else {
    // In capitals, and before the terms: what follows is anybody's claim.
    fmt::print("{}: NOT verified, claims to be signed by {}\n  digest {}\n{}", flags.file, key_text,
               digest_text, terms_table(terms));
  }
  return {};
}

// A bundle, or a TOML contract where the name says so.
Result<std::vector<std::byte>> payload_of(const std::string& path, Verbs& verbs) {
  if (path.ends_with(".toml")) {
    // Encoded as it would be signed: the digest printed is then the one a bundle of it has.
    TORPOR_TRY(const Terms terms, load_terms(verbs.files, path, {}));
    std::byte room[kMaxPayloadBytes];
    TORPOR_TRY(const Bytes payload, encode_payload(terms, room));
    return std::vector<std::byte>(payload.begin(), payload.end());
  }
  TORPOR_TRY(const auto bundle, read_bundle(verbs.files, path));
  TORPOR_TRY(const Bytes payload, unverified_payload(bundle, path));
  // Decoded for its errors alone: the comparison below walks fields and relies on a payload that is one.
  TORPOR_TRY([[maybe_unused]] const Terms terms, decode_payload(payload, path));
  return std::vector<std::byte>(payload.begin(), payload.end());
}

Status diff(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto a, payload_of(flags.file, verbs));
  TORPOR_TRY(const auto b, payload_of(flags.other, verbs));
  // Room for all there can be: it gives the number that were filled.
  std::vector<FieldDifference> differences(kMaxDifferences);
  differences.resize(differing_fields(a, b, differences));
  if (verbs.json) {
    Json list = Json::array();
    for (const FieldDifference& d : differences)
      list.push_back({{"field", d.field.view()}, {"a", d.a.view()}, {"b", d.b.view()}});
    print_json({{"a", flags.file},
                {"b", flags.other},
                {"digest_a", std::string(hex(sha256(a)))},
                {"digest_b", std::string(hex(sha256(b)))},
                {"differences", list}});
    return {};
  }
  // Signatures are not compared: two signers of one contract give the same digest, which is what roles agree
  // on.
  if (differences.empty()) fmt::print("same terms, digest {}\n", std::string(hex(sha256(a))));
  for (const FieldDifference& d : differences)
    fmt::print("{:<36} {} -> {}\n", d.field.view(), d.a.view(), d.b.view());
  return {};
}

Status print_fields(const Flags& flags) {
  fmt::print("{}", flags.format == "cddl" ? fields_cddl() : fields_markdown());
  return {};
}

void add_sign(CLI::App& contract, Verbs& verbs) {
  CLI::App* verb = contract.add_subcommand("sign", "sign a contract in TOML into a bundle");
  verb->footer(
      "Options take the place of what the file says. Times are 'now', '+90d', '+12h', '+30m' (from now)\n"
      "or like 2030-01-31T00:00:00Z. A file at --out is replaced only by the next bundle of the same\n"
      "contract, that is by one with a higher sequence.\n"
      "Example:\n  torpor contract sign examples/contract.toml --key keys/0123456789abcdef.key \\\n"
      "    --out robot.bundle --sequence 7 --not-before now --expires +90d");
  auto flags = std::make_shared<SignFlags>();
  verb->add_option("CONTRACT", flags->contract, "contract in TOML")->required();
  verb->add_option("--key", flags->key, "private key, KEYID.key")->required();
  verb->add_option("--out", flags->out, "bundle to write")->required();
  verb->add_option("--sequence", flags->sequence, "sequence of this contract");
  verb->add_option("--not-before", flags->not_before, "begin of validity");
  verb->add_option("--expires", flags->expires, "end of validity");
  add_json(*verb, verbs);
  on_call(
      *verb, verbs, [flags, &verbs] { return sign_contract(*flags, verbs); }, Refused::is_bad_input);
}

}  // namespace

// A contract in TOML is input to a tool, not a bundle a device refuses: what breaks a rule in
// it is bad input, whatever the same rule is called when a bundle breaks it.
void add_contract(CLI::App& app, Verbs& verbs) {
  CLI::App* contract = app.add_subcommand("contract", "check, sign, verify, show and compare contracts");
  contract->require_subcommand(1);
  contract->footer("Example:\n  torpor contract check examples/contract.toml");
  // One for all verbs: a command line reaches only one of them.
  auto flags = std::make_shared<Flags>();

  CLI::App* verb = contract->add_subcommand("check", "hold a contract in TOML against every bound and rule");
  verb->footer("Example:\n  torpor contract check examples/contract.toml");
  verb->add_option("CONTRACT", flags->file, "contract in TOML")->required();
  add_json(*verb, verbs);
  on_call(
      *verb, verbs, [flags, &verbs] { return check(*flags, verbs); }, Refused::is_bad_input);

  add_sign(*contract, verbs);

  verb = contract->add_subcommand("verify", "verify a bundle as a device would");
  verb->footer("Example:\n  torpor contract verify robot.bundle --trust keys/0123456789abcdef.pub");
  verb->add_option("BUNDLE", flags->file, "signed contract")->required();
  verb->add_option("--trust", flags->trust, "trust file; a .pub file will do")->required();
  add_json(*verb, verbs);
  on_call(*verb, verbs, [flags, &verbs] { return verify_bundle(*flags, verbs); });

  verb = contract->add_subcommand("show", "print what a bundle says, without verifying it");
  verb->footer("Example:\n  torpor contract show robot.bundle");
  verb->add_option("BUNDLE", flags->file, "signed contract")->required();
  add_json(*verb, verbs);
  on_call(*verb, verbs, [flags, &verbs] { return show(*flags, verbs); });

  verb = contract->add_subcommand("diff", "name the fields in which two contracts differ");
  verb->footer(
      "Each may be a bundle, which is not verified, or a file named .toml. Exit code 0 either way.\n"
      "Example:\n  torpor contract diff old.bundle new.bundle");
  verb->add_option("A", flags->file, "one contract")->required();
  verb->add_option("B", flags->other, "the other")->required();
  add_json(*verb, verbs);
  on_call(*verb, verbs, [flags, &verbs] { return diff(*flags, verbs); });

  verb = contract->add_subcommand("fields", "print the field table this binary is built from");
  verb->footer("Example:\n  torpor contract fields --format cddl");
  verb->add_option("--format", flags->format, "md or cddl")
      ->capture_default_str()
      ->check(CLI::IsMember({"md", "cddl"}));
  on_call(*verb, verbs, [flags] { return print_fields(*flags); });
}

}  // namespace torpor
