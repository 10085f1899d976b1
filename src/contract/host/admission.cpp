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

// For a role, which tells its peer why it will not run, an absent file is a refusal.
Status must_be_there(Files& files, const std::string& path, std::uint32_t own_uid, Reason missing) {
  auto safe = check_owner_and_mode(files, path, own_uid);
  if (safe || safe.error().reason != Reason::file_missing) return safe;
  Error error = safe.error();
  error.reason = missing;
  return error;
}

}  // namespace

Result<TrustSet> load_trust(Files& files, const std::string& path) {
  TORPOR_TRY(const auto text, read_capped(files, path, kMaxTrustBytes, Reason::trust_too_large));
  return parse_trust(text, path);
}

Result<std::vector<std::byte>> read_bundle(Files& files, const std::string& path) {
  return read_capped(files, path, kMaxBundleBytes, Reason::bundle_too_large);
}

Result<Admission> admit(Files& files, const AdmissionPaths& paths, std::string_view target_class,
                        std::uint32_t own_uid, const TimeStamp& now) {
  TORPOR_CHECK(must_be_there(files, paths.trust, own_uid, Reason::trust_missing));
  TORPOR_CHECK(must_be_there(files, paths.bundle, own_uid, Reason::bundle_missing));
  // Owner and mode of both before either is read: whoever may write the trust file signs for us.
  TORPOR_TRY(const TrustSet trust, load_trust(files, paths.trust));
  TORPOR_TRY(std::vector<std::byte> bundle, read_bundle(files, paths.bundle));
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
  return Admission{contract, std::move(bundle), std::move(store)};
}

}  // namespace torpor
