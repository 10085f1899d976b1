// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What one role's end, pause or trouble may do to the other, as real processes.
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <cstring>

#include "base/posix/unique_fd.h"
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class FarewellTest : public RolesTest {
 protected:
  void sign_both() {
    sign("examples/demo.toml", at("detector.bundle"));
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  }
  // Whole windows in the record so far.
  std::size_t windows() {
    std::size_t count = 0;
    for (const CycleReport& report : reports()) count += report.window_complete ? 1 : 0;
    return count;
  }
  // Bounded by the test's own time-out, and by the end of either role.
  void await_windows(std::size_t wanted, ChildProcess& a, ChildProcess& b) {
    while (windows() < wanted && !a.exit_code() && !b.exit_code()) ::usleep(5000);
    EXPECT_GE(windows(), wanted) << logs();
  }
  UniqueFd connect_another_program() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = at("link");
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      ::usleep(2000);
    return fd;
  }
};

// Seen: SIGTERM of the sampler made the detector exit 0, which a supervisor reads as done.
TEST_F(FarewellTest, a_restart_of_one_role_never_ends_the_other) {
  sign_both();
  for (const int signal : {SIGTERM, SIGHUP}) {
    const std::size_t before = windows();
    ChildProcess sampler = start_sampler("10");
    ChildProcess detector = start_detector("10", "100000");
    await_windows(before + 1, sampler, detector);
    ASSERT_EQ(::kill(sampler.id(), signal), 0);
    EXPECT_EQ(wait_for(sampler), 0) << logs();
    ChildProcess next_sampler = start_sampler("10");
    await_windows(before + 3, next_sampler, detector);
    ASSERT_EQ(::kill(detector.id(), signal), 0);
    EXPECT_EQ(wait_for(detector), 0) << logs();
    ChildProcess next_detector = start_detector("10", "100000");
    await_windows(before + 5, next_sampler, next_detector);
    next_detector.terminate();
    EXPECT_EQ(wait_for(next_detector), 0) << logs();
    next_sampler.terminate();
    EXPECT_EQ(wait_for(next_sampler), 0) << logs();
  }
}

// Seen: one byte ended the sampler with 78, for good.
TEST_F(FarewellTest, another_programs_noise_on_the_link_ends_nobody_and_keeps_nobody_out) {
  sign_both();
  ChildProcess sampler = start_sampler("10");
  const UniqueFd other = connect_another_program();
  ASSERT_EQ(::write(other.get(), "x", 1), 1);
  ChildProcess detector = start_detector("10", "3");
  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  EXPECT_EQ(reports().size(), 3u);
}

// Seen: one moment without the trust file ended the healthy peer with 78, for good.
TEST_F(FarewellTest, a_role_that_cannot_start_for_a_moment_is_waited_for) {
  sign_both();
  for (const std::string& missing : {at("trust.detector"), at("detector.bundle")}) {
    const std::size_t before = reports().size();
    std::filesystem::copy_file(at("trust"), at("trust.detector"),
                               std::filesystem::copy_options::skip_existing);
    ChildProcess sampler = start_sampler("10");
    std::filesystem::rename(missing, at("away"));
    auto command = role("torpord", "detector", "10");
    for (std::string& word : command)
      if (word == at("trust")) word = at("trust.detector");
    command.insert(command.end(), {"--model", source_file("data/detector.model"), "--reports", at("reports"),
                                   "--cycles", "3"});
    auto refused = ChildProcess::start(command, at("detector.log"));
    EXPECT_EQ(wait_for(*refused), 69) << logs();
    EXPECT_TRUE(std::filesystem::exists(at("detector/refusal.json"))) << "and it is said";
    std::filesystem::rename(at("away"), missing);
    EXPECT_FALSE(sampler.exit_code().has_value()) << logs();
    auto detector = ChildProcess::start(command, at("detector.log"));
    EXPECT_EQ(wait_for(*detector), 0) << logs();
    EXPECT_EQ(wait_for(sampler), 0) << logs();
    EXPECT_EQ(reports().size(), before + 3);
  }
}

// Seen: both frozen for 16 s, and the innocent detector was killed. Here the awake limit is 3.5 s.
TEST_F(FarewellTest, a_machine_that_stands_still_is_nobodys_offence) {
  sign_both();
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "100000");
  await_windows(2, sampler, detector);
  for (const ChildProcess* child : {&detector, &sampler}) ASSERT_EQ(::kill(child->id(), SIGSTOP), 0);
  ::usleep(6'000'000);
  ASSERT_EQ(::kill(sampler.id(), SIGCONT), 0);
  ::usleep(200'000);  // the sampler first: it finds a detector that is overdue and silent
  ASSERT_EQ(::kill(detector.id(), SIGCONT), 0);
  await_windows(windows() + 5, sampler, detector);
  EXPECT_FALSE(std::filesystem::exists(at("sampler/stopped.json"))) << logs();
  detector.terminate();
  EXPECT_EQ(wait_for(detector), 0) << logs();
  sampler.terminate();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
}

// Seen: the sampler's state stayed empty, so that wiping the detector's made old contracts valid.
TEST_F(FarewellTest, the_sampler_keeps_a_counter_of_its_own_and_refuses_by_itself) {
  const auto run_cycles = [this](const std::string& sequence) {
    std::filesystem::remove(at("detector.bundle"));
    sign("examples/contract.toml", at("detector.bundle"), "sequence = 1 ", "sequence = " + sequence + " ");
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"),
                               std::filesystem::copy_options::overwrite_existing);
    ChildProcess sampler = start_sampler("100");
    ChildProcess detector = start_detector("100", "2");
    return std::pair(wait_for(detector), wait_for(sampler));
  };
  EXPECT_EQ(run_cycles("7"), std::pair(0, 0)) << logs();
  ASSERT_FALSE(reports().empty());
  EXPECT_NE(reports()[0].state_note.view().find("detector: rollback_state_wiped"), std::string_view::npos);
  std::filesystem::remove_all(at("detector/contract"));
  EXPECT_EQ(run_cycles("6"), std::pair(78, 78));
  EXPECT_NE(slurp(at("sampler.log")).find("rollback_lower"), std::string::npos) << logs();
  EXPECT_NE(slurp(at("detector.log")).find("torpord: rollback_lower"), std::string::npos)
      << "its log knows what its counter has lost\n"
      << logs();
  EXPECT_EQ(run_cycles("7"), std::pair(0, 0)) << logs();
  const auto all = reports();
  EXPECT_NE(all[2].state_note.view().find("detector: rollback_state_wiped"), std::string_view::npos)
      << "a wipe is in the record: " << all[2].state_note.view();
  EXPECT_EQ(all[2].state_note.view().find("sampler"), std::string_view::npos);
}

}  // namespace
}  // namespace torpor
