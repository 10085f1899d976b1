// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "bearing/bearing_orders.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

TEST(BearingOrders, are_those_of_a_6205) {
  // Published multiples of the shaft frequency: 0.3983, 3.5848, 5.4152, 2.357.
  const auto orders = bearing_orders({9, 7'940, 39'040, 0});
  ASSERT_TRUE(orders);
  EXPECT_NEAR(orders->ftf, 0.3983, 5e-4);
  EXPECT_NEAR(orders->bpfo, 3.5848, 5e-3);
  EXPECT_NEAR(orders->bpfi, 5.4152, 5e-3);
  EXPECT_NEAR(2 * orders->bsf, 4.7135, 5e-3);
}

TEST(BearingOrders, are_unknown_without_a_sound_geometry) {
  EXPECT_FALSE(bearing_orders({}));
  EXPECT_FALSE(bearing_orders({9, 0, 39'040, 0}));
  EXPECT_FALSE(bearing_orders({9, 39'040, 39'040, 0}));
  EXPECT_FALSE(bearing_orders({9, 7'940, 39'040, 90'000}));
}

}  // namespace
}  // namespace torpor
