// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A refusal against servers that are away and clocks that are wrong. Every call is by a teller of
// its own, as every start and every run of the timer is a process of its own.
#include "telemetry/refusal_push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "base/utc.h"
#include "notes/refusal.h"
#include "telemetry/fake/fake_transport.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

class RefusalTellerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.make_directories("state").ok());
    clock_.advance(hours(1));
    site_.remote_write.url = "http://prometheus";
    site_.pushgateway.url = "http://gateway";
    site_.alertmanager.url = "http://alerts";
  }
  void refuse(Reason reason) {
    const Refusal refusal{.role = "detector",
                          .device = "robot-1",
                          .error = {.reason = reason},
                          .own = BundleFacts{.digest = {}, .sequence = 7},
                          .peer = {},
                          .differing = {},
                          .at = clock_.now(),
                          .boot_id = boot_id_};
    ASSERT_TRUE(write_refusal(files_, "state", refusal).ok());
  }
  RefusalTelling tell(const RefusalNote* fresh = nullptr) {
    clock_.advance(seconds(1));
    RefusalTeller teller({.files = files_, .clock = clock_, .transport = transport_, .site = site_},
                         {.state = "state", .device = "robot-1", .boot_id = boot_id_});
    return teller.tell(seconds(10), fresh);
  }
  std::string last_to(const std::string& url) const {
    std::string body;
    for (const auto& sent : transport_.sent) {
      if (sent.url.find(url) != std::string::npos) body = sent.body;
    }
    return body;
  }
  double shown(const std::string& reason) const {
    double value = -1;
    for (const auto& [id, samples] : transport_.stored) {
      if (id.rfind("torpor_refusal{", 0) == 0 && id.find("reason=" + reason) != std::string::npos)
        value = samples.rbegin()->second;
    }
    return value;
  }

  FakeClock clock_;
  FakeTransport transport_{clock_};
  MemoryFiles files_;
  TelemetrySite site_;
  FixedString<36> boot_id_ = "boot-1";
};

TEST_F(RefusalTellerTest, is_told_again_to_each_server_until_that_one_has_taken_it) {
  transport_.mode = FakeTransport::Mode::unavailable;  // 503
  transport_.gateway_status = 503;
  transport_.alertmanager_down = true;
  refuse(Reason::trust_missing);
  const RefusalTelling first = tell();
  EXPECT_EQ(first.left, 3u);
  EXPECT_THAT(std::string(first.said.view()), HasSubstr("remote_write: unavailable"));
  transport_.gateway_status = 200;
  EXPECT_EQ(tell().left, 2u);
  const auto gateway = transport_.count("http://gateway");
  transport_.mode = FakeTransport::Mode::well;
  transport_.alertmanager_down = false;
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 1);
  EXPECT_EQ(transport_.count("http://gateway"), gateway) << "what was taken is not sent again";
  const auto writes = transport_.stored.begin()->second.size();
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(transport_.stored.begin()->second.size(), writes);
  EXPECT_THAT(last_to("http://alerts"), HasSubstr("TorporRefused"));
}

TEST_F(RefusalTellerTest, is_told_again_to_servers_that_know_us_not_or_ask_us_to_wait) {
  refuse(Reason::trust_missing);
  for (const int status : {429, 401, 403}) {
    transport_.mode = FakeTransport::Mode::unavailable;
    transport_.unavailable_status = transport_.gateway_status = transport_.alertmanager_status = status;
    const RefusalTelling telling = tell();
    EXPECT_EQ(telling.left, 3u) << status;
    EXPECT_THAT(std::string(telling.said.view()), HasSubstr("(" + std::to_string(status) + ")"));
  }
  transport_.mode = FakeTransport::Mode::well;
  transport_.gateway_status = transport_.alertmanager_status = 200;
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 1);
}

// What refuses for good is no reason to fall silent: a proxy may be put right.
TEST_F(RefusalTellerTest, is_told_again_to_a_server_that_refused_it_for_good) {
  transport_.gateway_status = transport_.alertmanager_status = 404;
  refuse(Reason::trust_missing);
  EXPECT_EQ(tell().left, 2u) << "remote write has taken it";
  transport_.gateway_status = transport_.alertmanager_status = 200;
  EXPECT_EQ(tell().left, 0u);
}

// Its end needs no date either where it is told by lapsing, and waits where it needs one.
TEST_F(RefusalTellerTest, that_is_over_under_a_clock_that_is_not_synchronised_ends_when_it_is) {
  refuse(Reason::trust_missing);
  ASSERT_EQ(tell().left, 0u);
  ASSERT_TRUE(*end_refusal(files_, "state"));
  clock_.set_synchronised(false);
  const auto alerts = transport_.count("http://alerts");
  EXPECT_EQ(tell().left, 1u) << "remote write waits for a date";
  EXPECT_EQ(transport_.count("http://alerts"), alerts) << "the alert lapses by itself";
  EXPECT_EQ(shown("trust_missing"), 1);
  clock_.set_synchronised(true);
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 0);
}

TEST_F(RefusalTellerTest, is_told_to_alertmanager_at_every_call_because_it_forgets) {
  refuse(Reason::trust_missing);
  tell();
  tell();
  EXPECT_EQ(transport_.count("http://alerts"), 2u);
}

TEST_F(RefusalTellerTest, of_an_unsynchronised_clock_is_alerted_at_once_and_dated_when_the_clock_is_right) {
  clock_.set_synchronised(false);
  clock_.step_wall(-hours(24 * 365));
  refuse(Reason::contract_expired);
  const auto before = clock_.now().wall;
  EXPECT_EQ(tell().left, 1u) << "remote write alone waits";
  EXPECT_THAT(last_to("http://alerts"), HasSubstr("contract_expired"));
  EXPECT_EQ(transport_.count("http://prometheus"), 0u);
  clock_.advance(hours(2));
  clock_.step_wall(hours(24 * 365));
  clock_.set_synchronised(true);
  EXPECT_EQ(tell().left, 0u);
  const auto when = transport_.of("torpor_refusal_timestamp_seconds");
  ASSERT_EQ(when.size(), 1u);
  const auto refused = before + hours(24 * 365);
  EXPECT_NEAR(when.begin()->second, static_cast<double>(unix_seconds(refused)), 1.1);
  EXPECT_NEAR(static_cast<double>(when.begin()->first), to_ns(clock_.now().wall) / 1e6, 1100)
      << "the sample is of now: a server may have no room for the past";
  const auto prom = files_.read("state/refusal.prom", 4096);
  ASSERT_TRUE(prom.ok());
  EXPECT_THAT(std::string(as_text(*prom)), HasSubstr("} " + std::to_string(unix_seconds(refused)) + "\n"))
      << "dated anew for the textfile collector";
  EXPECT_EQ(transport_.count("http://gateway"), 2u) << "told again with its date";
}

TEST_F(RefusalTellerTest, of_an_earlier_boot_that_knew_no_time_is_dated_by_its_telling) {
  clock_.set_synchronised(false);
  refuse(Reason::trust_missing);
  boot_id_ = "boot-2";
  clock_.set_synchronised(true);
  EXPECT_EQ(tell().left, 0u);
  const auto when = transport_.of("torpor_refusal_timestamp_seconds");
  ASSERT_EQ(when.size(), 1u);
  EXPECT_NEAR(when.begin()->second, to_ns(clock_.now().wall) / 1e9, 1.1);
}

TEST_F(RefusalTellerTest, that_is_over_is_taken_back_everywhere_it_was_shown) {
  refuse(Reason::trust_missing);
  ASSERT_EQ(tell().left, 0u);
  ASSERT_TRUE(*end_refusal(files_, "state"));
  transport_.mode = FakeTransport::Mode::down;
  EXPECT_EQ(tell().left, 1u);
  EXPECT_THAT(last_to("http://alerts"), HasSubstr("endsAt"));
  transport_.mode = FakeTransport::Mode::well;
  const auto alerts = transport_.count("http://alerts");
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 0);
  EXPECT_EQ(transport_.count("http://alerts"), alerts) << "taken back once";
  EXPECT_TRUE(files_.list("state")->empty());
  const auto sent = transport_.sent.size();
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(transport_.sent.size(), sent) << "nothing to tell costs no request";
}

TEST_F(RefusalTellerTest, that_nobody_was_told_of_leaves_nothing_to_take_back) {
  transport_.mode = FakeTransport::Mode::down;
  transport_.gateway_status = 503;
  transport_.alertmanager_down = true;
  refuse(Reason::trust_missing);
  tell();
  EXPECT_FALSE(*end_refusal(files_, "state"));
  EXPECT_TRUE(files_.list("state")->empty());
}

TEST_F(RefusalTellerTest, one_reason_after_another_takes_the_first_back) {
  refuse(Reason::trust_missing);
  tell();
  refuse(Reason::contract_expired);
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 0);
  EXPECT_EQ(shown("contract_expired"), 1);
  refuse(Reason::trust_missing);
  EXPECT_EQ(tell().left, 0u);
  EXPECT_EQ(shown("trust_missing"), 1) << "back again";
  EXPECT_EQ(shown("contract_expired"), 0);
}

TEST_F(RefusalTellerTest, that_could_not_be_kept_is_told_from_memory) {
  const RefusalNote fresh{.role = "detector",
                          .device = "robot-1",
                          .reason = "trust_missing",
                          .line = "trust_missing",
                          .next_step = "",
                          .own_digest = "",
                          .peer_digest = "",
                          .at = clock_.now(),
                          .boot_id = "boot-1",
                          .told_to = {}};
  files_.lose_power_at(1);  // the disk is full: who was told cannot be kept either
  tell(&fresh);
  EXPECT_EQ(shown("trust_missing"), 1);
  EXPECT_THAT(last_to("http://alerts"), HasSubstr("trust_missing"));
}

TEST_F(RefusalTellerTest, a_server_that_hangs_costs_its_share_once) {
  site_.pushgateway.url = "";
  transport_.mode = FakeTransport::Mode::hang;
  refuse(Reason::trust_missing);
  tell();
  refuse(Reason::contract_expired);
  const auto began = clock_.now().boot;
  const auto asked = transport_.count("http://prometheus");
  tell();
  EXPECT_EQ(transport_.count("http://prometheus"), asked + 1);
  EXPECT_LE(clock_.now().boot - began, seconds(11));
}

}  // namespace
}  // namespace torpor
