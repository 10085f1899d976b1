// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/keys.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/crypto.h"
#include "contract/fake/golden.h"
#include "contract/host/admission.h"
#include "contract/host/sign.h"
#include "contract/trust.h"
#include "contract/verify.h"

namespace torpor {
namespace {

std::string line(std::uint8_t seed) { return std::string(trust_line(golden::key(seed).public_key()).view()); }

std::string id(std::uint8_t seed) { return line(seed).substr(8, 16); }

Reason trust_refusal(const std::string& text) {
  const auto set = parse_trust(as_bytes(text), "trust");
  EXPECT_FALSE(set) << text;
  return set ? Reason::internal : set.error().reason;
}

TEST(Keys, a_written_pair_is_read_back_and_its_pub_file_is_a_trust_file) {
  MemoryFiles files;
  const SigningKey key = SigningKey::generate();
  const auto paths = write_key_files(files, "keys", key);
  ASSERT_TRUE(paths) << one_line(paths.error()).view();
  EXPECT_EQ(files.facts(paths->private_key)->mode, 0600u);
  const auto again = load_signing_key(files, paths->private_key);
  ASSERT_TRUE(again) << one_line(again.error()).view();
  EXPECT_EQ(again->public_key(), key.public_key());
  const auto trust = load_trust(files, paths->public_key);
  ASSERT_TRUE(trust);
  EXPECT_EQ(trust->standing(key.id()), TrustSet::Standing::trusted);
}

TEST(Keys, two_generated_keys_differ) {
  EXPECT_NE(SigningKey::generate().public_key(), SigningKey::generate().public_key());
}

TEST(Keys, nothing_is_ever_overwritten) {
  MemoryFiles files;
  const SigningKey key = golden::key(1);
  const auto paths = write_key_files(files, "keys", key);
  ASSERT_TRUE(paths);
  EXPECT_EQ(write_key_files(files, "keys", key).error().reason, Reason::file_exists);
}

TEST(Keys, a_key_file_others_may_read_is_refused) {
  MemoryFiles files;
  const auto paths = write_key_files(files, "keys", golden::key(1));
  const auto content = *files.read(paths->private_key, 4096);
  for (const std::uint32_t mode : {0640u, 0604u, 0620u, 0666u}) {
    files.put("open.key", content, mode);
    EXPECT_EQ(load_signing_key(files, "open.key").error().reason, Reason::key_file_unsafe) << mode;
  }
}

TEST(Keys, an_altered_key_file_is_refused) {
  MemoryFiles files;
  const auto paths = write_key_files(files, "keys", golden::key(1));
  const std::string good(as_text(*files.read(paths->private_key, 4096)));
  std::string altered = good;
  altered[40] = altered[40] == '0' ? '1' : '0';
  files.put("k", as_bytes(altered), 0600);
  EXPECT_EQ(load_signing_key(files, "k").error().reason, Reason::key_file_mismatch);
  for (const std::string& text : {good.substr(0, good.size() - 1), good + "\n", std::string("x"),
                                  std::string(), "torpor-kex" + good.substr(10), line(1)}) {
    files.put("k", as_bytes(text), 0600);
    EXPECT_EQ(load_signing_key(files, "k").error().reason, Reason::key_file_syntax) << text.size();
  }
}

TEST(Trust, comments_and_blank_lines_are_skipped_and_files_may_be_joined) {
  const auto set = parse_trust(as_bytes("# ours\n\n" + line(1) + line(2)), "trust");
  ASSERT_TRUE(set);
  EXPECT_EQ(set->size(), 2u);
}

TEST(Trust, a_revocation_wins_whatever_the_order) {
  for (const std::string& text :
       {line(1) + line(2) + "revoked " + id(1) + "\n", "revoked " + id(1) + "\n" + line(1) + line(2)}) {
    const auto set = parse_trust(as_bytes(text), "trust");
    ASSERT_TRUE(set);
    EXPECT_EQ(set->standing(golden::key(1).id()), TrustSet::Standing::revoked);
    EXPECT_EQ(set->find(golden::key(1).id()), nullptr);
    EXPECT_NE(set->find(golden::key(2).id()), nullptr);
  }
}

TEST(Trust, each_fault_has_its_reason) {
  EXPECT_EQ(trust_refusal("trust " + line(1)), Reason::trust_syntax);
  EXPECT_EQ(trust_refusal(line(1) + "trusted abc\n"), Reason::trust_syntax);
  EXPECT_EQ(trust_refusal("revoked " + id(1) + " " + id(1) + "\n"), Reason::trust_syntax);
  std::string upper = line(1);
  for (char& c : upper.replace(0, 8, "trusted ")) c = c == 'a' ? 'A' : c;
  ASSERT_NE(upper, line(1));
  EXPECT_EQ(trust_refusal(upper), Reason::trust_syntax);
  EXPECT_EQ(trust_refusal(line(1) + line(1)), Reason::trust_duplicate);
  EXPECT_EQ(trust_refusal("trusted " + id(2) + line(1).substr(24)), Reason::trust_key_id);
  EXPECT_EQ(trust_refusal(""), Reason::trust_empty);
  EXPECT_EQ(trust_refusal("# a comment\n\n"), Reason::trust_empty);
  EXPECT_EQ(trust_refusal(std::string(kMaxTrustBytes + 1, '#')), Reason::trust_too_large);
  std::string many;
  for (std::size_t i = 0; i <= kMaxTrustEntries; ++i) many += line(static_cast<std::uint8_t>(i));
  EXPECT_EQ(trust_refusal(many), Reason::trust_too_many);
}

TEST(Trust, a_line_without_a_scope_signs_contracts_and_nothing_else) {
  const auto scopes = [](const std::string& words) {
    const auto set = parse_trust(
        as_bytes(words.empty() ? line(1)
                               : golden::with_scope(trust_line(golden::key(1).public_key()), words)),
        "trust");
    EXPECT_TRUE(set) << words;
    const KeyId key = golden::key(1).id();
    return std::pair(set->may_sign(key, Scope::contract), set->may_sign(key, Scope::maintenance));
  };
  EXPECT_EQ(scopes(""), std::pair(true, false));
  EXPECT_EQ(scopes("contract"), std::pair(true, false));
  EXPECT_EQ(scopes("maintenance"), std::pair(false, true));
  EXPECT_EQ(scopes("contract,maintenance"), std::pair(true, true));
  EXPECT_EQ(scopes("maintenance,contract"), std::pair(true, true));
}

TEST(Trust, a_scope_that_is_none_is_refused) {
  const auto refused = [](const std::string& words) {
    return trust_refusal(golden::with_scope(trust_line(golden::key(1).public_key()), words));
  };
  for (const char* words : {"all", "Contract", "contract,", ",contract", "contract maintenance", "",
                            "contract,contract", "contract,,maintenance", "maintenances"})
    EXPECT_EQ(refused(words), Reason::trust_syntax) << '"' << words << '"';
}

TEST(Trust, a_revoked_key_may_sign_nothing) {
  const auto set = parse_trust(
      as_bytes(golden::with_scope(trust_line(golden::key(1).public_key()), "contract,maintenance") + line(2) +
               "revoked " + id(1) + "\n"),
      "trust");
  ASSERT_TRUE(set);
  EXPECT_FALSE(set->may_sign(golden::key(1).id(), Scope::contract));
  EXPECT_FALSE(set->may_sign(golden::key(1).id(), Scope::maintenance));
  EXPECT_TRUE(set->may_sign(golden::key(2).id(), Scope::contract));
}

TEST(Trust, errors_name_the_line) {
  const auto set = parse_trust(as_bytes(line(1) + "\nnonsense\n"), "keys.trust");
  EXPECT_EQ(set.error().where.view(), "keys.trust:3");
}

TEST(Trust, a_weak_key_is_refused) {
  for (const int y : {0, 1}) {
    PublicKey weak{};
    weak[0] = static_cast<std::byte>(y);
    const KeyId weak_id = key_id(weak);
    FixedString<96> text("trusted ");
    text.append_hex(weak_id.data(), 8).append(" ").append_hex(weak.data(), 32).append("\n");
    EXPECT_EQ(trust_refusal(std::string(text.view())), Reason::key_weak);
  }
  PublicKey not_canonical;
  not_canonical.fill(std::byte{0xff});
  EXPECT_EQ(check_public_key(not_canonical, "x").error().reason, Reason::key_weak);
}

TEST(Trust, rotation_needs_no_moment_without_a_trusted_key) {
  const auto bundle_of = [](std::uint8_t seed) {
    return *sign_terms(terms_for_test(), golden::key(seed), "t");
  };
  const auto accepts = [&](const std::string& trust, std::uint8_t seed) {
    return verify(bundle_of(seed), *parse_trust(as_bytes(trust), "trust"), "b").ok();
  };
  EXPECT_TRUE(accepts(line(1), 1));
  EXPECT_TRUE(accepts(line(1) + line(2), 1));
  EXPECT_TRUE(accepts(line(1) + line(2), 2));
  EXPECT_FALSE(accepts(line(1) + line(2) + "revoked " + id(1) + "\n", 1));
  EXPECT_TRUE(accepts(line(1) + line(2) + "revoked " + id(1) + "\n", 2));
}

class Admit : public ::testing::Test {
 protected:
  Admit() {
    files_.put("bundle", golden::good());
    files_.put("trust", as_bytes(golden::trust_text()));
    now_.wall = WallTime(std::chrono::seconds(golden::kNow));
    now_.synchronised = true;
  }
  Result<Admission> admit_now() {
    return admit(files_, {.bundle = "bundle", .trust = "trust", .state_dir = "state"}, "test-robot", 1000,
                 now_);
  }
  MemoryFiles files_;
  TimeStamp now_;
};

TEST_F(Admit, a_good_bundle_is_admitted_and_nothing_is_written) {
  const auto admission = admit_now();
  ASSERT_TRUE(admission) << one_line(admission.error()).view();
  EXPECT_TRUE(admission->store.wiped());
  EXPECT_TRUE(equal(admission->bundle, golden::good()));
  EXPECT_FALSE(files_.exists("state/contract/current"));
}

TEST_F(Admit, files_others_may_write_are_refused) {
  files_.put("bundle", golden::good(), 0664);
  EXPECT_EQ(admit_now().error().reason, Reason::file_unsafe);
  files_.put("bundle", golden::good(), 0644);
  files_.put("trust", as_bytes(golden::trust_text()), 0646);
  EXPECT_EQ(admit_now().error().reason, Reason::file_unsafe);
  files_.put("trust", as_bytes(golden::trust_text()), 0644);
  files_.set_owner(1001);
  EXPECT_EQ(admit_now().error().reason, Reason::file_unsafe);
  files_.set_owner(1000);
  EXPECT_TRUE(admit_now());
}

TEST_F(Admit, a_directory_of_another_user_is_refused_whatever_the_file_in_it_says) {
  files_.put("/etc/bundle", golden::good());
  files_.put("/etc/trust/ours", as_bytes(golden::trust_text()));
  const auto reason = [&] {
    const auto admission =
        admit(files_, {.bundle = "/etc/bundle", .trust = "/etc/trust/ours", .state_dir = "state"},
              "test-robot", 1000, now_);
    return admission ? Reason{} : admission.error().reason;
  };
  EXPECT_EQ(reason(), Reason{});
  files_.give_away("/etc/trust", 1001, 1001, 0755);
  EXPECT_EQ(reason(), Reason::file_unsafe);
  files_.give_away("/etc/trust", 1000, 1000, 0755);
  EXPECT_EQ(reason(), Reason{});
  files_.give_away("/etc", 1001, 1001, 0755);
  EXPECT_EQ(reason(), Reason::file_unsafe);
}

TEST_F(Admit, absent_and_oversized_files_are_refusals) {
  EXPECT_TRUE(files_.remove("bundle"));
  EXPECT_EQ(admit_now().error().reason, Reason::bundle_missing);
  files_.put("bundle", std::vector<std::byte>(kMaxBundleBytes + 1));
  EXPECT_EQ(admit_now().error().reason, Reason::bundle_too_large);
  EXPECT_TRUE(files_.remove("trust"));
  EXPECT_EQ(admit_now().error().reason, Reason::trust_missing);
  EXPECT_EQ(exit_code(Reason::trust_missing), 69) << "it may be absent for a moment only";
}

}  // namespace
}  // namespace torpor
