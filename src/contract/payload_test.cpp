// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/payload.h"

#include <gtest/gtest.h>

#include <vector>

#include "contract/crypto.h"
#include "contract/fake/example_contract.h"
#include "contract/field_table.h"

namespace torpor {
namespace {

std::vector<std::byte> encoded(const Terms& terms) {
  std::byte room[kMaxPayloadBytes];
  auto bytes = encode_payload(terms, room);
  if (!bytes) {
    ADD_FAILURE() << one_line(bytes.error()).view();
    return {};
  }
  return {bytes->begin(), bytes->end()};
}

TEST(Payload, every_field_survives_encoding_and_decoding) {
  Terms terms = terms_for_test();
  terms.sensor_count = 2;
  terms.sensor_list[1] = terms.sensor_list[0];
  terms.sensor_list[1].id = "gearbox";
  // Give every number a value of its own, so that two swapped accessors would show.
  std::int64_t salt = 1;
  for (const Field& field : fields()) {
    if (field.type != FieldType::integer && field.type != FieldType::time) continue;
    for (std::size_t i = 0; i < (field.per_sensor ? 2u : 1u); ++i)
      field.set(terms, i, {.number = std::min(field.min + salt++, field.max), .text = {}, .bytes = {}});
  }
  const auto payload = encoded(terms);
  auto decoded = decode_payload(payload, "test");
  ASSERT_TRUE(decoded) << one_line(decoded.error()).view();
  for (const Field& field : fields()) {
    for (std::size_t i = 0; i < (field.per_sensor ? 2u : 1u); ++i)
      EXPECT_EQ(to_text(field, field.get(*decoded, i)), to_text(field, field.get(terms, i))) << field.name;
  }
  EXPECT_EQ(decoded->duty.sleep_ms, terms.duty.sleep_ms);
  EXPECT_EQ(decoded->sensor_list[1].id.view(), "gearbox");
}

TEST(Payload, the_largest_terms_fit_its_bound) {
  Terms terms = terms_for_test();
  terms.contract_id = std::string_view("iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii");
  terms.target_class = std::string_view("cccccccccccccccccccccccccccccccc");
  terms.sensor_count = kMaxSensors;
  for (auto& sensor : terms.sensor_list) sensor.id = std::string_view("ssssssssssssssssssssssssssssssss");
  for (const Field& field : fields()) {
    if (field.type != FieldType::integer && field.type != FieldType::time) continue;
    for (std::size_t i = 0; i < (field.per_sensor ? kMaxSensors : 1); ++i)
      field.set(terms, i, {.number = field.max, .text = {}, .bytes = {}});
  }
  EXPECT_LE(encoded(terms).size(), kMaxPayloadBytes / 2);
}

TEST(Payload, differing_fields_are_named_with_both_values) {
  Terms other = terms_for_test();
  other.duty.sleep_ms += 40'000;
  other.sensor_list[0].noise_floor_ug = 7;
  FieldDifference out[8];
  ASSERT_EQ(differing_fields(encoded(terms_for_test()), encoded(other), out), 2u);
  EXPECT_EQ(out[0].field.view(), "duty.sleep_ms");
  EXPECT_EQ(out[0].a.view(), "55000 ms");
  EXPECT_EQ(out[0].b.view(), "95000 ms");
  EXPECT_EQ(out[1].field.view(), "sensors[0].noise_floor_ug");
}

TEST(Payload, duty_power_and_queue_are_told_before_all_else_and_validity_last) {
  Terms other = terms_for_test();
  other.sequence += 1;
  other.not_before_s += 60;
  other.expires_s += 60;
  other.contract_id = "another";
  other.queue.batches += 1;
  other.power.idle_mw += 1;
  other.duty.sleep_ms += 40'000;
  FieldDifference out[8];
  ASSERT_EQ(differing_fields(encoded(terms_for_test()), encoded(other), out), 7u);
  const std::string_view order[] = {"duty.sleep_ms", "power.idle_mw", "queue.batches", "contract_id",
                                    "sequence",      "not_before",    "expires"};
  for (std::size_t i = 0; i < std::size(order); ++i) EXPECT_EQ(out[i].field.view(), order[i]);
}

TEST(Payload, differences_beyond_the_room_are_counted_and_not_written) {
  Terms other = terms_for_test();
  other.duty.sleep_ms += 1;
  other.duty.sample_ms += 1;
  other.queue.batches += 1;
  FieldDifference out[2];
  EXPECT_EQ(differing_fields(encoded(terms_for_test()), encoded(other), std::span(out, 1)), 3u);
  EXPECT_TRUE(out[1].field.empty());
}

TEST(Payload, an_unreadable_side_is_one_difference) {
  const auto good = encoded(terms_for_test());
  FieldDifference out[2];
  ASSERT_EQ(differing_fields(good, Bytes(good).first(40), out), 1u);
  EXPECT_EQ(out[0].field.view(), "payload");
  EXPECT_EQ(out[0].b.view(), "bundle_truncated");
}

TEST(Payload, another_number_of_sensors_is_a_difference) {
  Terms other = terms_for_test();
  other.sensor_count = 2;
  other.sensor_list[1] = other.sensor_list[0];
  FieldDifference out[2];
  ASSERT_EQ(differing_fields(encoded(terms_for_test()), encoded(other), out), 1u);
  EXPECT_EQ(out[0].field.view(), "sensors");
}

TEST(Contract, one_for_test_is_verified_and_carries_its_digest) {
  const Contract contract = contract_for_test();
  EXPECT_EQ(contract.terms().duty.sample_ms, 5000u);
  EXPECT_EQ(contract.period(), std::chrono::seconds(60));
  EXPECT_EQ(contract.digest(), sha256(encoded(terms_for_test())));
}

}  // namespace
}  // namespace torpor
