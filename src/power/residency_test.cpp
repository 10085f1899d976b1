// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/residency.h"

#include <gtest/gtest.h>

#include "power/fake/fake_residency.h"

namespace torpor {
namespace {

TEST(Residency, a_cpu_holds_no_device) {
  CpuResidency probe;
  FixedString<64> note("old");
  EXPECT_EQ(probe.check(note), ResidencyState::released);
  EXPECT_EQ(note.view(), "no device held");
}

TEST(Residency, a_fake_that_leaks_stays_resident_after_its_release) {
  FakeResidency device;
  FixedString<64> note;
  device.acquire();
  EXPECT_TRUE(device.release().ok());
  EXPECT_EQ(device.check(note), ResidencyState::released);
  device.leak(true);
  device.acquire();
  EXPECT_TRUE(device.release().ok());
  EXPECT_EQ(device.check(note), ResidencyState::resident);
  EXPECT_EQ(note.view(), "fake device held by 1");
  device.hide(true);
  EXPECT_EQ(device.check(note), ResidencyState::unknown);
}

TEST(ComputeLease, releases_once_at_the_end_of_its_scope_or_when_closed) {
  FakeResidency device;
  {
    device.acquire();
    ComputeLease lease(device);
  }
  EXPECT_EQ(device.holders(), 0);
  {
    device.acquire();
    ComputeLease lease(device);
    EXPECT_TRUE(lease.close().ok());
    EXPECT_TRUE(lease.close().ok());
  }
  EXPECT_EQ(device.holders(), 0);
}

}  // namespace
}  // namespace torpor
