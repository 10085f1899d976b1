// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/maintenance.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "contract/fake/golden_maintenance.h"
#include "contract/host/sign.h"
#include "contract/verify.h"

namespace torpor {
namespace {

TrustSet trust() { return *parse_trust(as_bytes(golden::trust_text()), "trust"); }

// As for bundles (golden_test.cpp): TORPOR_WRITE_GOLDEN=1 writes the files.
void expect_file_holds(std::string_view stem, Bytes message) {
  PosixFiles files;
  const std::string path = in_source("src/contract/golden/") + std::string(stem) + ".maintenance";
  if (std::getenv("TORPOR_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(files.replace(path, message, 0644));
  }
  const auto committed = files.read(path, 65'536);
  ASSERT_TRUE(committed) << one_line(committed.error()).view();
  EXPECT_TRUE(equal(*committed, message)) << path << " is not what the generator makes";
}

TEST(Maintenance, the_good_event_verifies_and_comes_back_whole) {
  const auto message = golden::good_maintenance();
  expect_file_holds("good", message);
  const auto verified = verify_maintenance(message, trust(), "good");
  ASSERT_TRUE(verified) << one_line(verified.error()).view();
  EXPECT_EQ(verified->event(), golden::sound_event());
  EXPECT_EQ(verified->key_id(), golden::key(golden::kMaintenance).id());
}

TEST(Maintenance, signing_makes_the_very_bytes_of_the_good_event) {
  const auto message = sign_maintenance(golden::sound_event(), golden::key(golden::kMaintenance));
  ASSERT_TRUE(message);
  EXPECT_TRUE(equal(*message, golden::good_maintenance()));
}

TEST(Maintenance, each_message_is_refused_for_its_own_reason) {
  for (const auto& c : golden::maintenance_cases()) {
    SCOPED_TRACE(name(c.reason));
    expect_file_holds(name(c.reason), c.message);
    const auto verified = verify_maintenance(c.message, trust(), "golden");
    if (c.judge == golden::MaintenanceJudge::verify) {
      ASSERT_FALSE(verified);
      EXPECT_EQ(name(verified.error().reason), name(c.reason)) << one_line(verified.error()).view();
      EXPECT_EQ(group(verified.error().reason), Group::refused);
      EXPECT_TRUE(verified.error().where.view().starts_with("golden")) << verified.error().where.view();
      continue;
    }
    ASSERT_TRUE(verified) << one_line(verified.error()).view();
    const Status device = check_maintenance_device(verified->event(), "amr-0173", "golden");
    EXPECT_EQ(device.ok(), c.judge != golden::MaintenanceJudge::device);
    if (!device) {
      EXPECT_EQ(device.error().reason, c.reason);
    }
  }
}

TEST(Maintenance, an_event_is_no_contract) {
  const auto refused = verify(golden::good_maintenance(), trust(), "bundle");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::bundle_content_type);
  // Nor does a key of both scopes make one signature serve both: its bytes name the scope.
  const auto both =
      parse_trust(as_bytes(golden::with_scope(trust_line(golden::key(golden::kTrusted).public_key()),
                                              "contract,maintenance")),
                  "trust");
  const auto contract = verify_maintenance(golden::good(), *both, "event");
  ASSERT_FALSE(contract);
  EXPECT_EQ(contract.error().reason, Reason::bundle_content_type);
}

TEST(Maintenance, a_changed_bit_anywhere_and_every_shorter_message_is_refused) {
  const auto message = golden::good_maintenance();
  const TrustSet set = trust();
  for (std::size_t i = 0; i < message.size(); ++i) {
    auto changed = message;
    changed[i] ^= std::byte{0x10};
    EXPECT_FALSE(verify_maintenance(changed, set, "changed")) << i;
    EXPECT_FALSE(verify_maintenance(Bytes(message).first(i), set, "shorter")) << i;
  }
}

TEST(Maintenance, what_may_not_be_signed_is_named) {
  const auto refusal = [](auto change) {
    MaintenanceEvent event = golden::sound_event();
    change(event);
    const auto message = sign_maintenance(event, golden::key(1));
    EXPECT_FALSE(message);
    return message ? std::string() : std::string(message.error().where.view());
  };
  EXPECT_EQ(refusal([](auto& e) { e.device = ""; }), "maintenance: device");
  EXPECT_EQ(refusal([](auto& e) { e.sensor = ""; }), "maintenance: sensor");
  EXPECT_EQ(refusal([](auto& e) { e.first_crossing_cycle = 0; }), "maintenance: alarm");
  EXPECT_EQ(refusal([](auto& e) { e.sequence = 0; }), "maintenance: sequence");
  EXPECT_EQ(refusal([](auto& e) { e.sequence = kMaxMaintenanceSequence + 1; }), "maintenance: sequence");
  EXPECT_EQ(refusal([](auto& e) { e.time_s = -1; }), "maintenance: time");
}

TEST(Maintenance, the_longest_event_fits_its_room) {
  MaintenanceEvent event = golden::sound_event();
  event.device = std::string_view("dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd");
  event.sensor = std::string_view("ssssssssssssssssssssssssssssssss");
  event.arming_epoch = event.first_crossing_cycle = ~std::uint64_t{0};
  event.sequence = kMaxMaintenanceSequence;
  event.time_s = std::int64_t{1} << 62;
  EXPECT_TRUE(sign_maintenance(event, golden::key(1)));
}

TEST(Maintenance, every_word_of_work_is_found_by_its_name) {
  for (const Work work : {Work::inspected, Work::repaired, Work::replaced}) {
    Work found{};
    EXPECT_TRUE(find_work(name(work), found));
    EXPECT_EQ(found, work);
  }
  Work found{};
  EXPECT_FALSE(find_work("Replaced", found));
  EXPECT_FALSE(find_work("", found));
}

}  // namespace
}  // namespace torpor
