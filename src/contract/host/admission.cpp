// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/admission.h"

#include "contract/host/validity.h"
#include "contract/verify.h"

namespace torpor {
namespace {

// The size cap refuses before reading, in the words of what the file was meant to be.
Result<std::vector<std::byte>> read_capped(Files& files, const std::string& path, std::size_t max,
                                           Reason too_large) {
  auto content = files.read(path, max);
  if (content) return content;
  Error error = content.error();
  if (error.reason == Reason::file_too_large) error.reason = too_large;
  return error;
}

// For a role the whole path counts: whoever may replace the trust file signs for us. And an absent
// file is a refusal, since a role tells its peer why it will not run.
Result<std::vector<std::byte>> read_owned(Files& files, const std::string& path, std::uint32_t own_uid,
                                          std::size_t max, Reason too_large, Reason missing) {
  auto content = files.read_owned(path, max, own_uid);
  if (content) return content;
  Error error = content.error();
  if (error.reason == Reason::file_too_large) error.reason = too_large;
  if (error.reason == Reason::file_missing) error.reason = missing;
  return error;
}

}  // namespace

Result<TrustSet> load_trust(Files& files, const std::string& path) {
  TORPOR_TRY(const auto text, read_capped(files, path, kMaxTrustBytes, Reason::trust_too_large));
  return parse_trust(text, path);
}

Result<TrustSet> load_owned_trust(Files& files, const std::string& path, std::uint32_t own_uid) {
  TORPOR_TRY(const auto text, read_owned(files, path, own_uid, kMaxTrustBytes, Reason::trust_too_large,
                                         Reason::trust_missing));
  return parse_trust(text, path);
}

Result<std::vector<std::byte>> read_bundle(Files& files, const std::string& path) {
  return read_capped(files, path, kMaxBundleBytes, Reason::bundle_too_large);
}

Result<Admission> admit(Files& files, const AdmissionPaths& paths, std::string_view target_class,
                        std::uint32_t own_uid, const TimeStamp& now) {
  TORPOR_TRY(const TrustSet trust, load_owned_trust(files, paths.trust, own_uid));
  TORPOR_TRY(std::vector<std::byte> bundle, read_owned(files, paths.bundle, own_uid, kMaxBundleBytes,
                                                       Reason::bundle_too_large, Reason::bundle_missing));
  TORPOR_TRY(const Contract contract, verify(bundle, trust, paths.bundle));
  if (contract.terms().target_class.view() != target_class) {
    Error error{.reason = Reason::contract_wrong_target};
    error.where << paths.bundle << ": target_class";
    error.found << contract.terms().target_class;
    error.expected << target_class << ", this device's class";
    return error;
  }
  // Time and rollback last: they are judgements about a contract that is genuine and meant for us.
  TORPOR_TRY(RollbackStore store, RollbackStore::open(files, paths.state_dir));
  TORPOR_CHECK(check_start_time(contract.terms(), now, store.trusted_s(), paths.bundle));
  TORPOR_CHECK(store.check(contract, paths.bundle));
  TORPOR_TRY(const Sign1 envelope, parse_sign1(bundle, Scope::contract, paths.bundle));
  return Admission{contract, std::move(bundle), trust, envelope.key_id, std::move(store)};
}

}  // namespace torpor
