// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "deploy/test/robot_pair.h"
#include "base/fake/places.h"

#include <fmt/chrono.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/posix/posix_files.h"
#include "deploy/test/operations.h"
#include "report/report_log.h"

namespace torpor {
namespace {

const std::string kBin = in_build("bin/");
// A declared clock must differ from the real one; a thousandth is no difference to a test.
constexpr const char* kSpeed = "1.001";

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, text.npos) << from;
  text.replace(at, from.size(), to);
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  std::filesystem::permissions(path, std::filesystem::perms(0644));
}

int wait_for(ChildProcess& child) {
  std::optional<int> code;
  while (!(code = child.exit_code())) ::usleep(5000);
  return *code;
}

}  // namespace

RobotHome::RobotHome() {
  const std::string torpor = std::string(kBin) + "torpor";
  const CommandOutput key = run_command(torpor + " key new --out " + at("keys"));
  EXPECT_EQ(key.status, 0) << key.text;
  std::string contract = text_of(in_source("examples/contract.toml"));
  const std::pair<const char*, const char*> changes[] = {
      {"sample_ms = 5000", "sample_ms = 500"},
      {"sleep_ms = 55000", "sleep_ms = 4500"},
      {"infer_deadline_ms = 2000", "infer_deadline_ms = 1500"},
      {"active_mj_per_cycle = 15000", "active_mj_per_cycle = 30000"},
      {"mj_per_hour = 900000", "mj_per_hour = 30000000"},
      {"awake_limit_ms = 15000", "awake_limit_ms = 4000"},
      {"interval_ms = 60000", "interval_ms = 5000"},
  };
  for (const auto& [from, to] : changes) replace(contract, from, to);
  write(at("contract.toml"), contract);
  std::string private_key;
  for (const auto& entry : std::filesystem::directory_iterator(at("keys"))) {
    if (entry.path().extension() == ".key") private_key = entry.path();
    if (entry.path().extension() == ".pub") write(at("trust"), text_of(entry.path()));
  }
  const CommandOutput signed_ = run_command(torpor + " contract sign " + at("contract.toml") + " --key " +
                                            private_key + " --out " + at("bundle"));
  EXPECT_EQ(signed_.status, 0) << signed_.text;
  std::filesystem::permissions(at("bundle"), std::filesystem::perms(0644));
}

RobotPair::RobotPair(const RobotHome& home, Options options) : home_(home), options_(std::move(options)) {
  for (const char* directory : {"detector", "sampler"}) std::filesystem::create_directories(at(directory));
  std::string site = text_of(in_source("examples/site.toml"));
  replace(site, "\"robot-0042\"", '"' + options_.device + '"');
  replace(site, "[telemetry.remote_write]\nurl = \"\"",
          "[telemetry.remote_write]\nurl = \"" + options_.remote_write + '"');
  replace(site, "[telemetry.pushgateway]\nurl = \"\"",
          "[telemetry.pushgateway]\nurl = \"" + options_.pushgateway + '"');
  write(at("site.toml"), site);
}

ChildProcess RobotPair::launch(const char* program, const char* state, const std::vector<std::string>& more) {
  std::vector<std::string> command = {std::string(kBin) + program,
                                      "--bundle",
                                      home_.at("bundle"),
                                      "--trust",
                                      home_.at("trust"),
                                      "--site",
                                      at("site.toml"),
                                      "--link",
                                      "unix:" + at("link"),
                                      "--state",
                                      at(state),
                                      "--speed",
                                      kSpeed};
  command.insert(command.end(), more.begin(), more.end());
  auto child = ChildProcess::start(command, at(std::string(state) + ".log"));
  if (!child) __builtin_trap();
  return *std::move(child);
}

void RobotPair::start() {
  if (sampler_) {
    sampler_->terminate();
    wait_for(*sampler_);
  }
  sampler_.reset();
  detector_.reset();
  sampler_.emplace(launch("torpor-sampler", "sampler", {"--source", "sim:7"}));
  const std::time_t now = std::time(nullptr) + options_.clock_ahead_s;
  detector_.emplace(launch("torpord", "detector",
                           {"--model", in_source("data/detector.model"), "--reports", at("reports"),
                            "--clock-origin", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))}));
}

void RobotPair::stop() {
  detector_->terminate();
  wait_for(*detector_);
  sampler_->terminate();
  wait_for(*sampler_);
}

void RobotPair::kill_detector() {
  ::kill(detector_->id(), SIGKILL);
  wait_for(*detector_);
}

std::uint64_t RobotPair::log_bytes() const {
  std::uint64_t sum = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(at("reports"), none)) {
    if (entry.path().filename() != "telemetry.cursor") sum += entry.file_size(none);
  }
  return sum;
}

std::vector<std::int64_t> RobotPair::recorded_ms() const {
  PosixFiles files;
  std::vector<std::int64_t> times;
  auto reader = ReportReader::open(files, at("reports"));
  if (!reader) return times;
  for (CycleReport report; *reader->next(report);) times.push_back(to_ns(report.woke.wall) / 1'000'000);
  return times;
}

std::string RobotPair::logs() const {
  return "\n" + text_of(at("detector.log")) + text_of(at("sampler.log"));
}

}  // namespace torpor
