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
  static constexpr DifferingField kFields[] = {{"duty.sleep_ms", "55000 ms", "15000 ms"},
                                               {"sequence", "7", "8"}};
  r.differing = kFields;
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
  ASSERT_EQ(json["differing_fields"].size(), 2u);
  EXPECT_EQ(json["differing_fields"][0]["field"], "duty.sleep_ms");
  EXPECT_EQ(json["differing_fields"][0]["own"], "55000 ms");
  EXPECT_EQ(json["differing_fields"][0]["peer"], "15000 ms");
  EXPECT_EQ(json["newer_sequence"], "peer");
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
  EXPECT_THAT(refusal_prom(note_of(r), r.at.wall), HasSubstr("peer_digest=\"\"} 1"));
}

TEST(Refusal, of_two_contracts_it_says_which_is_newer_and_where_it_goes) {
  Refusal r = refusal();
  r.error.reason = Reason::digest_differs;
  EXPECT_EQ(
      what_to_do(r),
      "install the bundle of sequence 8, the newer one, which the sampler has, for the detector too; if 7 "
      "was meant, sign it again with a higher sequence for both");
  std::swap(r.own, r.peer);
  EXPECT_THAT(what_to_do(r), HasSubstr("which the detector has, for the sampler too"));
  EXPECT_EQ(nlohmann::json::parse(refusal_json(r))["next_step"], what_to_do(r));
  EXPECT_EQ(
      differences_line(r),
      "the contracts differ in 2 fields, ours / the sampler's: duty.sleep_ms 55000 ms / 15000 ms; sequence 7 "
      "/ 8");
  r.peer.reset();
  EXPECT_EQ(what_to_do(r), next_step(Reason::digest_differs));
  r.differing = {};
  EXPECT_EQ(differences_line(r), "");
}

TEST(Refusal, hostile_text_breaks_neither_file) {
  Refusal r = refusal();
  r.device = "a\"} 99\nfake 1\\\xff";
  r.error.found.clear();
  r.error.found << "line\nbreak \"quoted\" \xc3";
  const auto json = nlohmann::json::parse(refusal_json(r));
  EXPECT_EQ(json["device"], "a\"} 99\nfake 1\\?");
  const std::string prom = refusal_prom(note_of(r), r.at.wall);
  EXPECT_THAT(prom, HasSubstr("device=\"a\\\"} 99\\nfake 1\\\\?\""));
  EXPECT_THAT(prom, Not(HasSubstr("\nfake")));
  EXPECT_EQ(std::count(prom.begin(), prom.end(), '\n'), 6);
}

TEST(Refusal, goes_with_the_next_agreement_and_may_be_cleared_twice) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  ASSERT_TRUE(write_refusal(files, "state", refusal()).ok());
  ASSERT_TRUE(end_refusal(files, "state").ok());
  EXPECT_TRUE(files.list("state")->empty());
  EXPECT_TRUE(end_refusal(files, "state").ok());
}

TEST(Refusal, stands_until_it_is_over_and_is_then_left_to_be_taken_back_where_it_was_told) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  ASSERT_TRUE(write_refusal(files, "state", refusal()).ok());
  auto note = *standing_refusal(files, "state");
  ASSERT_TRUE(note);
  EXPECT_TRUE(note->is(note_of(refusal())));
  EXPECT_EQ(note->line, "file_unsafe: robot.bundle: found owner 1000, expected owner 0");
  EXPECT_EQ(to_ns(note->at.wall), 1'800'000'000'000'000'000);
  EXPECT_TRUE(note->told_to.empty());
  note->told_to = {"alertmanager"};
  ASSERT_TRUE(keep_told(files, "state", *note).ok());
  EXPECT_TRUE((*standing_refusal(files, "state"))->told("alertmanager"));
  EXPECT_TRUE(*end_refusal(files, "state"));
  EXPECT_FALSE(*standing_refusal(files, "state"));
  auto ended = *ended_refusals(files, "state");
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].is(*note));
  EXPECT_TRUE(ended[0].told("alertmanager"));
  EXPECT_TRUE(*end_refusal(files, "state")) << "still to be taken back";
  ASSERT_TRUE(keep_ended(files, "state", {}).ok());
  EXPECT_TRUE(files.list("state")->empty());
  EXPECT_FALSE(*end_refusal(files, "state"));
}

TEST(Refusal, that_comes_again_is_told_again_and_one_with_another_reason_ends_the_first) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  const auto refuse = [&](Reason reason, int boot_s) {
    Refusal r = refusal();
    r.error.reason = reason;
    r.at.boot = BootTime(std::chrono::seconds(boot_s));
    ASSERT_TRUE(write_refusal(files, "state", r).ok());
  };
  const auto tell = [&] {
    auto note = **standing_refusal(files, "state");
    note.told_to = {"remote_write"};
    ASSERT_TRUE(keep_told(files, "state", note).ok());
  };
  refuse(Reason::file_unsafe, 1);
  tell();
  refuse(Reason::file_unsafe, 2);
  EXPECT_TRUE((*standing_refusal(files, "state"))->told_to.empty()) << "another event";
  EXPECT_TRUE(ended_refusals(files, "state")->empty()) << "that servers know by the same name";
  tell();
  refuse(Reason::trust_missing, 3);
  ASSERT_EQ(ended_refusals(files, "state")->size(), 1u);
  EXPECT_EQ(ended_refusals(files, "state")->front().reason, "file_unsafe");
  refuse(Reason::file_unsafe, 4);
  EXPECT_TRUE(ended_refusals(files, "state")->empty()) << "what came back is over no longer";
  for (int i = 0; i < 20; ++i) {
    tell();
    refuse(i % 2 == 0 ? Reason::trust_missing : Reason::trust_empty, 5 + i);
  }
  EXPECT_LE(ended_refusals(files, "state")->size(), kMaxEnded);
}

TEST(Refusal, a_note_that_is_none_is_damage_and_no_peace) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  for (const char* text : {"", "{", "[1]", "{\"reason\": 7}", "null"}) {
    ASSERT_TRUE(files.replace("state/refusal.json", as_bytes(text), 0644).ok());
    EXPECT_FALSE(standing_refusal(files, "state").ok()) << text;
  }
}

TEST(Refusal, each_file_is_whole_or_as_before_whatever_fails) {
  for (std::uint64_t n = 1; n <= 11; ++n) {
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
  files.fail_operation(3);  // after a look for what was there before
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
