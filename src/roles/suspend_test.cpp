// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Both roles on a real kernel that really suspends: tools/suspend_vm.sh.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "base/posix/process.h"
#include "report/report_log.h"

namespace torpor {
namespace {

using std::chrono::seconds;

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Suspend, a_stock_kernel_suspends_between_cycles_and_delta_t_stays_right) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow memory does not fit the virtual machine";
#endif
  const std::string out = in_build("suspend_vm");
  std::filesystem::remove_all(out);
  std::filesystem::create_directories(out);
  auto vm =
      ChildProcess::start({in_source("tools/suspend_vm.sh"), in_build("bin"), out, "4"}, out + "/vm.log");
  ASSERT_TRUE(vm.ok());
  std::optional<int> code;
  while (!(code = vm->exit_code())) ::usleep(20'000);
  if (*code == 77) GTEST_SKIP() << slurp(out + "/vm.log");
  ASSERT_EQ(*code, 0) << slurp(out + "/vm.log");
  const std::string logs = slurp(out + "/sampler.log") + slurp(out + "/detector.log");
  EXPECT_EQ(slurp(out + "/detector.exit") + slurp(out + "/sampler.exit"), "0\n0\n") << logs;
  EXPECT_NE(logs.find("woken by CLOCK_BOOTTIME_ALARM"), std::string::npos) << logs;
  EXPECT_NE(slurp(out + "/kernel.log").find("Waking up from system sleep state S3"), std::string::npos);

  PosixFiles files;
  auto reader = ReportReader::open(files, out + "/reports");
  ASSERT_TRUE(reader.ok());
  std::vector<CycleReport> all;
  for (CycleReport report; *reader->next(report);) all.push_back(report);
  ASSERT_EQ(all.size(), 4u) << logs;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const CycleReport& report = all[i];
    EXPECT_EQ(report.slept_by, SleepLevel::suspend) << report.sleep_note.view() << "\n" << logs;
    EXPECT_EQ(report.failed_resumes, 0u);
    EXPECT_EQ(report.sleep_note.view(), "");
    EXPECT_FALSE(report.has(Breach::interval)) << "delta-t " << report.interval.count() << " ns";
    EXPECT_FALSE(report.has(Breach::suspend));
    EXPECT_TRUE(report.window_complete);
    // Twelve seconds by boottime, of which the machine stood still for most.
    const Duration boot = report.woke.boot - all[i - 1].woke.boot;
    const Duration mono = report.woke.mono - all[i - 1].woke.mono;
    EXPECT_GT(boot, seconds(10));
    EXPECT_GT(boot - mono, seconds(5)) << "monotonic time went on: " << mono.count() << " ns";
    RecordProperty("suspended_ms_" + std::to_string(report.cycle),
                   std::to_string((boot - mono).count() / 1'000'000));
    RecordProperty("deviation_us_" + std::to_string(report.cycle),
                   std::to_string((report.interval - seconds(12)).count() / 1000));
  }
}

}  // namespace
}  // namespace torpor
