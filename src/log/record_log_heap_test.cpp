// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Counts every allocation of this test program, so it may only be read around one call.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/fake/allocations.h"
#include "base/fake/fake_clock.h"
#include "base/posix/posix_files.h"
#include "log/record_log.h"

namespace torpor {
namespace {

TEST(RecordLogHeap, appending_to_a_segment_allocates_nothing) {
  PosixFiles files;
  const FakeClock clock;
  const std::string directory = testing::TempDir() + "torpor-log-heap";
  std::filesystem::remove_all(directory);
  {
    auto log = *RecordLog::open(files, directory, {.bytes = 16 << 20, .age = std::chrono::hours(24)});
    const std::string text(1000, 'x');
    ASSERT_TRUE(log.append(as_bytes(text), clock.now()).ok());
    const std::uint64_t before = allocations_for_test();
    bool written = true;
    for (int i = 0; i < 20; ++i) written = written && log.append(as_bytes(text), clock.now()).ok();
    EXPECT_EQ(allocations_for_test(), before);
    EXPECT_TRUE(written);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace torpor
