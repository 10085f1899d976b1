// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/trust_watch.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/fake/golden.h"
#include "contract/trust.h"

namespace torpor {
namespace {

std::string line(std::uint8_t seed) { return std::string(trust_line(golden::key(seed).public_key()).view()); }
std::string revoked(std::uint8_t seed) { return "revoked " + line(seed).substr(8, 16) + "\n"; }

class TrustWatchTest : public ::testing::Test {
 protected:
  TrustWatchTest() { write(line(1) + line(2)); }
  void write(const std::string& text, std::uint32_t mode = 0644) {
    files_.put("/etc/trust", as_bytes(text), mode);
  }
  Reason look() {
    const Status seen = watch_.look();
    return seen ? Reason{} : seen.error().reason;
  }
  MemoryFiles files_;
  TrustWatch watch_{files_, {.trust = "/etc/trust", .own_uid = 0}, golden::key(1).id()};
};

TEST_F(TrustWatchTest, an_unchanged_file_is_looked_at_and_not_read) {
  EXPECT_EQ(look(), Reason{});
  const auto operations = files_.operations();
  EXPECT_EQ(look(), Reason{});
  EXPECT_EQ(files_.operations(), operations + 1);
}

TEST_F(TrustWatchTest, a_key_that_was_revoked_removed_or_given_another_scope_ends_it_at_the_next_look) {
  EXPECT_EQ(look(), Reason{});
  write(line(1) + line(2) + "# no change for us\n");
  EXPECT_EQ(look(), Reason{});
  write(line(1) + line(2) + revoked(2));
  EXPECT_EQ(look(), Reason{}) << "another key's business";
  write(line(1) + line(2) + revoked(1));
  EXPECT_EQ(look(), Reason::bundle_key_revoked);
  EXPECT_EQ(look(), Reason{}) << "told once; whoever is told ends";
  write(line(1) + revoked(1));
  EXPECT_EQ(look(), Reason::bundle_key_revoked) << "although no key is left that is trusted";
  write(revoked(1));
  EXPECT_EQ(look(), Reason::bundle_key_revoked);
  write(line(2));
  EXPECT_EQ(look(), Reason::bundle_key_unknown);
  write(golden::with_scope(trust_line(golden::key(1).public_key()), "maintenance"));
  EXPECT_EQ(look(), Reason::bundle_key_scope);
}

TEST_F(TrustWatchTest, a_file_that_cannot_be_had_or_read_revokes_nothing_and_is_read_again) {
  EXPECT_EQ(look(), Reason{});
  const auto in_trouble = [&](Reason why) {
    EXPECT_EQ(look(), Reason{});
    ASSERT_TRUE(watch_.trouble());
    EXPECT_EQ(watch_.trouble()->reason, why);
  };
  ASSERT_TRUE(files_.remove("/etc/trust"));
  in_trouble(Reason::trust_missing);
  write("");
  in_trouble(Reason::trust_empty);
  write("half a li");
  in_trouble(Reason::trust_syntax);
  write(line(2) + revoked(1), 0666);
  in_trouble(Reason::file_unsafe);
  files_.fail_operation(2);
  write(line(1));
  in_trouble(Reason::io_failed);
  EXPECT_EQ(look(), Reason{});
  EXPECT_FALSE(watch_.trouble());
  write(line(2) + revoked(1));
  EXPECT_EQ(look(), Reason::bundle_key_revoked);
}

}  // namespace
}  // namespace torpor
