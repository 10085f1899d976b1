// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/machine_sleep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace torpor {
namespace {

using testing::HasSubstr;

// Fails as it is told to.
class FailingSleep final : public SystemSleep {
 public:
  SuspendOutcome suspend_until(BootTime) override {
    SuspendOutcome outcome;
    if (reason) outcome.trouble = Error{.reason = *reason};
    return outcome;
  }
  void given_up(const Error& last) override { given_up_on = last.reason; }

  std::optional<Reason> reason;
  std::optional<Reason> given_up_on;
};

class LoggedSleepTest : public ::testing::Test {
 protected:
  // What is said when the sleep fails for this reason, or does not fail.
  std::string said(std::optional<Reason> reason) {
    inner_.reason = reason;
    testing::internal::CaptureStderr();
    const SuspendOutcome outcome = logged_.suspend_until(BootTime{});
    EXPECT_EQ(outcome.trouble.has_value(), reason.has_value()) << "the outcome is handed on";
    return testing::internal::GetCapturedStderr();
  }

  FailingSleep inner_;
  LoggedSleep logged_{inner_};
};

TEST_F(LoggedSleepTest, says_each_reason_once_in_a_row) {
  EXPECT_THAT(said(Reason::suspend_busy), HasSubstr("torpor-sampler: suspend_busy"));
  EXPECT_EQ(said(Reason::suspend_busy), "");
  EXPECT_THAT(said(Reason::suspend_failed), HasSubstr("suspend_failed"));
  EXPECT_THAT(said(Reason::suspend_busy), HasSubstr("suspend_busy"));
  EXPECT_EQ(said({}), "");
  EXPECT_THAT(said(Reason::suspend_busy), HasSubstr("suspend_busy")) << "news again after a good sleep";
}

TEST_F(LoggedSleepTest, giving_up_is_handed_on_and_names_the_last_reason) {
  testing::internal::CaptureStderr();
  logged_.given_up({.reason = Reason::suspend_denied});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("suspend_given_up: suspend_denied"));
  EXPECT_EQ(inner_.given_up_on, Reason::suspend_denied);
}

TEST(MachineSleep, says_at_once_what_is_missing_for_it) {
  const std::string root = ::testing::TempDir() + "torpor_no_machine";
  std::filesystem::create_directories(root);
  const PosixClock clock = PosixClock::unscaled();
  testing::internal::CaptureStderr();
  MachineSleep machine(root, clock);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("torpor-sampler: suspend_unsupported"));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace torpor
