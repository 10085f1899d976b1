// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/fake/memory_files.h"

namespace torpor {
namespace {

using testing::HasSubstr;
using testing::Not;

Refusal refusal() {
  Refusal r;
  r.role = "detector";
  r.device = "amr-0173";
  r.error.reason = Reason::file_unsafe;
  r.error.where << "robot.bundle";
  r.error.found << "owner 1000";
  r.error.expected << "owner 0";
  r.own = BundleFacts{.sequence = 7};
  r.own->digest.fill(std::byte{0xab});
  r.peer = BundleFacts{.sequence = 8};
  r.peer->digest.fill(std::byte{0xcd});
  r.differing = "duty.sleep_ms";
  r.at.wall = WallTime(std::chrono::seconds(1'800'000'000));
  r.at.synchronised = true;
  return r;
}

std::string text(MemoryFiles& files, const std::string& path) {
  const auto bytes = files.read(path, 100000);
  return bytes ? std::string(as_text(*bytes)) : "";
}

TEST(Refusal, leaves_one_file_for_people_and_one_for_prometheus) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  ASSERT_TRUE(write_refusal(files, "state", refusal()).ok());
  const auto json = nlohmann::json::parse(text(files, "state/refusal.json"));
  EXPECT_EQ(json["role"], "detector");
  EXPECT_EQ(json["reason"], "file_unsafe");
  EXPECT_EQ(json["exit_code"], 77);
  EXPECT_EQ(json["line"], "file_unsafe: robot.bundle: found owner 1000, expected owner 0");
  EXPECT_EQ(json["own"]["sequence"], 7);
  EXPECT_EQ(json["peer"]["digest"].get<std::string>().substr(0, 4), "cdcd");
  EXPECT_EQ(json["differing_fields"], "duty.sleep_ms");
  EXPECT_EQ(json["at"], "2027-01-15 08:00:00 UTC");

  const std::string prom = text(files, "state/refusal.prom");
  EXPECT_THAT(prom, HasSubstr("\ntorpor_refusal{role=\"detector\",device=\"amr-0173\",reason=\"file_unsafe\","
                              "own_digest=\"abab"));
  EXPECT_THAT(prom, HasSubstr("\"} 1\n"));
  EXPECT_THAT(
      prom,
      HasSubstr("\ntorpor_refusal_timestamp_seconds{role=\"detector\",device=\"amr-0173\"} 1800000000\n"));
}

TEST(Refusal, a_bundle_that_is_not_known_is_null_and_an_empty_label) {
  Refusal r = refusal();
  r.peer.reset();
  EXPECT_TRUE(nlohmann::json::parse(refusal_json(r))["peer"].is_null());
  EXPECT_THAT(refusal_prom(r), HasSubstr("peer_digest=\"\"} 1"));
}

TEST(Refusal, hostile_text_breaks_neither_file) {
  Refusal r = refusal();
  r.device = "a\"} 99\nfake 1\\\xff";
  r.error.found.clear();
  r.error.found << "line\nbreak \"quoted\" \xc3";
  const auto json = nlohmann::json::parse(refusal_json(r));
  EXPECT_EQ(json["device"], "a\"} 99\nfake 1\\?");
  const std::string prom = refusal_prom(r);
  EXPECT_THAT(prom, HasSubstr("device=\"a\\\"} 99\\nfake 1\\\\?\""));
  EXPECT_THAT(prom, Not(HasSubstr("\nfake")));
  EXPECT_EQ(std::count(prom.begin(), prom.end(), '\n'), 6);
}

TEST(Refusal, goes_with_the_next_agreement_and_may_be_cleared_twice) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  ASSERT_TRUE(write_refusal(files, "state", refusal()).ok());
  ASSERT_TRUE(clear_refusal(files, "state").ok());
  EXPECT_TRUE(files.list("state")->empty());
  EXPECT_TRUE(clear_refusal(files, "state").ok());
}

TEST(Refusal, each_file_is_whole_or_as_before_whatever_fails) {
  for (std::uint64_t n = 1; n <= 8; ++n) {
    MemoryFiles files;
    ASSERT_TRUE(files.make_directories("state").ok());
    Refusal before = refusal();
    before.error.reason = Reason::file_missing;
    ASSERT_TRUE(write_refusal(files, "state", before).ok());
    files.lose_power_at(n);
    EXPECT_FALSE(write_refusal(files, "state", refusal()).ok());
    files.crash();
    EXPECT_TRUE(nlohmann::json::accept(text(files, "state/refusal.json"))) << n;
    EXPECT_THAT(text(files, "state/refusal.prom"), HasSubstr("torpor_refusal_timestamp_seconds{")) << n;
  }
}

TEST(Refusal, the_second_file_is_written_though_the_first_fails) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  files.fail_operation(1);
  EXPECT_FALSE(write_refusal(files, "state", refusal()).ok());
  EXPECT_FALSE(files.exists("state/refusal.json"));
  EXPECT_TRUE(files.exists("state/refusal.prom"));
}

TEST(PromLabel, escapes_what_the_text_format_asks_for) {
  EXPECT_EQ(prom_label("plain"), "plain");
  EXPECT_EQ(prom_label("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
}

}  // namespace
}  // namespace torpor
