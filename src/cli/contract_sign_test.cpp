// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What torpor contract sign replaces, and which key it takes; through the real command.
#include <gmock/gmock.h>

#include <filesystem>

#include "base/fake/places.h"
#include "cli/fake/torpor_call.h"

namespace torpor {
namespace {

using testing::HasSubstr;

class ContractSignTest : public TorporCallTest {
 protected:
  void SetUp() override {
    TorporCallTest::SetUp();
    ASSERT_EQ(torpor({"key", "new", "--out", "keys"}).code, 0);
    for (const auto& entry : std::filesystem::directory_iterator(at("keys")))
      (entry.path().extension() == ".key" ? key_ : pub_) = entry.path();
  }
  Ended sign(const std::string& toml, const std::string& sequence, const std::string& key) const {
    return torpor({"contract", "sign", toml, "--key", key, "--out", "bundle", "--sequence", sequence,
                   "--not-before", "2026-01-01T00:00:00Z", "--expires", "2030-01-01T00:00:00Z"});
  }
  Ended sign(const std::string& sequence) const {
    return sign(in_source("examples/contract.toml"), sequence, key_);
  }

  std::string key_;
  std::string pub_;
};

TEST_F(ContractSignTest, only_the_next_bundle_of_the_same_contract_replaces_a_bundle) {
  ASSERT_EQ(sign("2").code, 0);
  const std::string second = get("bundle");
  EXPECT_EQ(sign("2").code, 0) << "the same bytes once more harm nobody";
  const Ended back = sign("1");
  EXPECT_EQ(back.code, 74);
  EXPECT_THAT(back.err, HasSubstr("file_exists: bundle: found "));
  EXPECT_THAT(back.err, HasSubstr("sequence 2"));
  EXPECT_EQ(get("bundle"), second);
  EXPECT_EQ(sign("3").code, 0);
  EXPECT_NE(get("bundle"), second);
}

TEST_F(ContractSignTest, other_terms_under_the_same_sequence_replace_nothing) {
  ASSERT_EQ(sign("2").code, 0);
  const std::string second = get("bundle");
  const Ended ended = torpor({"contract", "sign", in_source("examples/contract.toml"), "--key", key_, "--out",
                              "bundle", "--sequence", "2", "--not-before", "2026-01-02T00:00:00Z",
                              "--expires", "2030-01-01T00:00:00Z"});
  EXPECT_EQ(ended.code, 74);
  EXPECT_EQ(get("bundle"), second);
}

TEST_F(ContractSignTest, another_contract_replaces_nothing) {
  ASSERT_EQ(sign("1").code, 0);
  const std::string first = get("bundle");
  EXPECT_EQ(sign(in_source("examples/demo.toml"), "9", key_).code, 74);
  EXPECT_EQ(get("bundle"), first);
}

TEST_F(ContractSignTest, what_is_no_bundle_stays) {
  put("bundle", "somebody's thesis");
  const Ended ended = sign("1");
  EXPECT_EQ(ended.code, 74);
  EXPECT_THAT(ended.err, HasSubstr("something that is no bundle"));
  EXPECT_EQ(get("bundle"), "somebody's thesis");
}

TEST_F(ContractSignTest, a_public_key_is_named_as_one_and_nobody_is_sent_to_chmod) {
  const Ended ended = sign(in_source("examples/contract.toml"), "1", pub_);
  EXPECT_EQ(ended.code, 65);
  EXPECT_THAT(ended.err, HasSubstr("found a public key"));
  EXPECT_THAT(ended.err, Not(HasSubstr("chmod")));
  // A private key that others may read still sends them there.
  std::filesystem::permissions(key_, std::filesystem::perms(0644));
  EXPECT_THAT(sign("1").err, HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace torpor
