// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/bundle_differences.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "link/fake/own_side.h"

namespace torpor {
namespace {

// The line about two sides of which the other's terms were changed.
template <class Change>
std::string line_after(Change&& change) {
  Terms other = terms_for_test();
  change(other);
  const SideForTest ours(LinkRole::detector);
  const SideForTest theirs(LinkRole::sampler, other);
  return std::string(difference_line(ours.own().bundle, theirs.own().bundle).view());
}

TEST(BundleDifferences, forty_seconds_stand_before_what_a_later_signature_changes) {
  const std::string line = line_after([](Terms& t) {
    t.sequence += 1;
    t.not_before_s += 60;
    t.expires_s += 60;
    t.duty.sleep_ms += 40'000;
  });
  EXPECT_EQ(line.rfind("duty.sleep_ms 55000 ms / 95000 ms; sequence 1 / 2; ", 0), 0u) << line;
}

TEST(BundleDifferences, what_does_not_fit_is_counted_and_no_value_is_cut) {
  const std::string line = line_after([](Terms& t) {
    t.sequence += 1;
    t.not_before_s += 60;
    t.expires_s += 60;
    t.duty.sleep_ms += 40'000;
    t.duty.interval_tolerance_ms += 1;
    t.power.idle_mw += 1;
    t.queue.batches += 1;
    t.queue.age_ms += 1;
  });
  EXPECT_EQ(line.find('~'), std::string::npos) << line;
  EXPECT_EQ(line.substr(line.size() - 5), " more") << line;
  EXPECT_EQ(line.rfind("duty.sleep_ms 55000 ms / 95000 ms; ", 0), 0u) << line;
}

TEST(BundleDifferences, a_value_longer_than_the_line_leaves_its_field_named) {
  EXPECT_EQ(line_after([](Terms& t) { t.model.digest[0] ^= std::byte{1}; }), "model.digest");
}

TEST(BundleDifferences, what_is_no_bundle_is_said_to_be_none) {
  const SideForTest ours(LinkRole::detector);
  FieldDifference out[2];
  ASSERT_EQ(bundle_differences(ours.own().bundle, as_bytes("garbage"), out), 1u);
  EXPECT_EQ(out[0].field.view(), "bundle");
  EXPECT_EQ(out[0].a.view(), "readable");
  EXPECT_EQ(out[0].b.view().substr(0, 7), "bundle_");
}

}  // namespace
}  // namespace torpor
