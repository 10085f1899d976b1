// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/fake/golden.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"
#include "contract/host/admission.h"
#include "contract/host/sign.h"
#include "contract/verify.h"

namespace torpor {
namespace {

std::string file_of(std::string_view stem) {
  return in_source("src/contract/golden/") + std::string(stem) + ".bundle";
}

// TORPOR_WRITE_GOLDEN=1 writes the files instead of comparing them: after a deliberate
// change of format only.
void expect_file_holds(std::string_view stem, Bytes bundle) {
  PosixFiles files;
  const std::string path = file_of(stem);
  if (std::getenv("TORPOR_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(files.make_directories(in_source("src/contract/golden")));
    ASSERT_TRUE(files.replace(path, bundle, 0644));
  }
  const auto committed = files.read(path, 65'536);
  ASSERT_TRUE(committed) << one_line(committed.error()).view();
  EXPECT_TRUE(equal(*committed, bundle)) << path << " is not what the generator makes";
}

TrustSet trust() { return *parse_trust(as_bytes(golden::trust_text()), "trust"); }

// A device of class test-robot that has completed cycles under sequence 5.
Result<Admission> admit_on_device(Bytes bundle) {
  MemoryFiles files;
  files.put("bundle", bundle);
  files.put("trust", as_bytes(golden::trust_text()));
  (void)files.make_directories("state");
  Terms before = terms_for_test();
  before.sequence = golden::kDeviceSequence;
  auto store = RollbackStore::open(files, "state");
  if (!store) return store.error();
  TORPOR_CHECK(store->cycle_completed(contract_for_test(before)));
  TimeStamp now;
  now.wall = WallTime(std::chrono::seconds(golden::kNow));
  now.synchronised = true;
  return admit(files, {.bundle = "bundle", .trust = "trust", .state_dir = "state"}, "test-robot", 0, now);
}

TEST(Golden, the_good_bundle_verifies) {
  const auto bundle = golden::good();
  expect_file_holds("good", bundle);
  const auto contract = verify(bundle, trust(), "good");
  ASSERT_TRUE(contract) << one_line(contract.error()).view();
  EXPECT_EQ(contract->digest(), contract_for_test().digest());
}

TEST(Golden, signing_makes_the_very_bytes_of_the_good_bundle) {
  const auto bundle = sign_terms(terms_for_test(), golden::key(golden::kTrusted), "terms");
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(equal(*bundle, golden::good()));
}

TEST(Golden, each_bundle_is_refused_for_its_own_reason) {
  for (const golden::Case& c : golden::cases()) {
    SCOPED_TRACE(name(c.reason));
    expect_file_holds(name(c.reason), c.bundle);
    if (c.judge == golden::RefusedBy::verify) {
      const auto refused = verify(c.bundle, trust(), "golden");
      ASSERT_FALSE(refused);
      EXPECT_EQ(name(refused.error().reason), name(c.reason)) << one_line(refused.error()).view();
      EXPECT_FALSE(refused.error().where.empty());
      EXPECT_EQ(group(refused.error().reason), Group::refused);
    } else {
      ASSERT_TRUE(verify(c.bundle, trust(), "golden"));
      const auto refused = admit_on_device(c.bundle);
      ASSERT_FALSE(refused);
      EXPECT_EQ(name(refused.error().reason), name(c.reason)) << one_line(refused.error()).view();
    }
  }
}

// Every reason of the contract's section that judges a bundle has its golden file. The
// others judge another file, and have their own tests.
TEST(Golden, no_reason_to_refuse_a_bundle_is_without_one) {
  std::set<std::string_view> covered;
  for (const golden::Case& c : golden::cases()) covered.insert(name(c.reason));
  const std::set<std::string_view> elsewhere = {"bundle_missing", "key_weak", "rollback_state_damaged"};
  for (auto r = static_cast<int>(Reason::bundle_missing);
       r <= static_cast<int>(Reason::rollback_state_damaged); ++r) {
    const std::string_view reason = name(static_cast<Reason>(r));
    EXPECT_TRUE(covered.contains(reason) || elsewhere.contains(reason)) << reason;
  }
}

TEST(Golden, a_changed_bit_anywhere_is_refused) {
  const auto bundle = golden::good();
  const TrustSet set = trust();
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    auto changed = bundle;
    changed[i] ^= std::byte{0x10};
    EXPECT_FALSE(verify(changed, set, "changed")) << i;
  }
}

TEST(Golden, every_shorter_bundle_is_refused) {
  const auto bundle = golden::good();
  const TrustSet set = trust();
  for (std::size_t n = 0; n < bundle.size(); ++n)
    EXPECT_FALSE(verify(Bytes(bundle).first(n), set, "shorter")) << n;
}

TEST(Golden, a_payload_is_not_looked_into_before_its_signature_is_good) {
  // Rubbish under a signature that does not fit: the signature is what is refused.
  auto bundle = sign_payload_for_test(as_bytes("not cbor at all"), golden::key(golden::kTrusted));
  EXPECT_NE(verify(bundle, trust(), "x").error().reason, Reason::bundle_signature);
  bundle.back() ^= std::byte{1};
  EXPECT_EQ(verify(bundle, trust(), "x").error().reason, Reason::bundle_signature);
}

}  // namespace
}  // namespace torpor
