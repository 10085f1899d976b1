// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/contract_sign.h"

#include <fmt/core.h>

#include "base/assertion.h"
#include "base/hex.h"
#include "cli/contract_text.h"
#include "cli/print.h"
#include "cli/private_key.h"
#include "contract/crypto.h"
#include "contract/host/admission.h"
#include "contract/host/contract_toml.h"
#include "contract/host/sign.h"
#include "contract/host/validity.h"
#include "contract/payload.h"
#include "contract/verify.h"

namespace torpor {
namespace {

// What stands in the way of `terms` at `out`: file_exists, or nothing.
Status check_place(Files& files, const std::string& out, const Terms& terms, Bytes bundle) {
  const auto there = files.facts(out);
  if (!there) return there.error().reason == Reason::file_missing ? Status() : there.error();
  // Filled for the worst case first; each question below only has to say whether it is another.
  Error error{.reason = Reason::file_exists};
  error.where << out;
  error.expected << "no file, or an earlier bundle of " << terms.contract_id.view();
  error.found << "something that is no bundle";
  const auto old = read_bundle(files, out);
  if (!old) return error;
  // Ed25519 is deterministic: signing the same terms again gives the same bytes, and a script may be run
  // twice.
  if (equal(*old, bundle)) return {};
  const auto payload = unverified_payload(*old, out);
  if (!payload) return error;
  const auto claimed = decode_payload(*payload, out);
  if (!claimed) return error;
  // Strictly higher: a robot refuses a sequence it has already taken (rollback), so such a bundle would only
  // fail later and further away.
  if (claimed->contract_id.view() == terms.contract_id.view() && claimed->sequence < terms.sequence)
    return {};
  error.found.clear();
  error.found << claimed->contract_id.view() << " sequence " << claimed->sequence;
  error.expected << " with a sequence below " << terms.sequence;
  return error;
}

Result<SigningChoices> choices_of(const SignFlags& flags, std::int64_t now_s) {
  SigningChoices choices;
  choices.sequence = flags.sequence;
  if (!flags.not_before.empty()) {
    TORPOR_TRY(choices.not_before_s, signing_time("--not-before", flags.not_before, now_s));
  }
  if (!flags.expires.empty()) {
    TORPOR_TRY(choices.expires_s, signing_time("--expires", flags.expires, now_s));
  }
  return choices;
}

}  // namespace

Status sign_contract(const SignFlags& flags, Verbs& verbs) {
  // One reading for both options: "now" and "+90d" are then exactly 90 days apart.
  const std::int64_t now_s =
      std::chrono::floor<std::chrono::seconds>(verbs.clock.now().wall.time_since_epoch()).count();
  TORPOR_TRY(const SigningChoices choices, choices_of(flags, now_s));
  // Terms before the key: a contract that breaks a rule is told without touching a secret.
  TORPOR_TRY(const Terms terms, load_terms(verbs.files, flags.contract, choices));
  TORPOR_TRY(const SigningKey key, load_private_key(verbs.files, flags.key));
  TORPOR_TRY(const auto bundle, sign_terms(terms, key, flags.contract));
  // After signing, because the bytes are compared; before writing, because nothing is overwritten unasked.
  TORPOR_CHECK(check_place(verbs.files, flags.out, terms, bundle));
  TORPOR_CHECK(verbs.files.replace(flags.out, bundle, 0644));
  // What lies there is what a robot will be given, so that is what is read out to the signer.
  TORPOR_TRY(const auto written, read_bundle(verbs.files, flags.out));
  TORPOR_ASSERT(equal(written, bundle), "cli.a_bundle_is_written_as_it_was_signed");
  TORPOR_TRY(const Bytes payload, unverified_payload(written, flags.out));
  const std::string key_text = std::string(hex(key.id()));
  const std::string digest_text = std::string(hex(sha256(payload)));
  if (verbs.json) {
    print_json({{"bundle", flags.out},
                {"bytes", written.size()},
                {"key_id", key_text},
                {"digest", digest_text},
                {"fields", terms_json(terms)}});
  } else {
    fmt::print("{}: {} bytes, signed by {}\n  digest {}\n{}", flags.out, written.size(), key_text,
               digest_text, terms_summary(terms));
  }
  return {};
}

}  // namespace torpor
