// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "base/posix/process.h"
#include "report/report_log.h"

namespace torpor {
inline std::string bin(const char* program) { return in_build("bin/") + program; }
inline std::string source_file(const char* path) { return in_source("") + path; }

inline std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Bounded by the test's own time-out, not by a guess at the machine's speed.
inline int wait_for(ChildProcess& child) {
  std::optional<int> code;
  while (!(code = child.exit_code())) ::usleep(2000);
  return *code;
}

// Both roles as processes in a directory of their own, under one key that signs for them.
class RolesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "torpor_roles_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    run({bin("torpor"), "key", "new", "--out", at("keys")});
    for (const auto& entry : std::filesystem::directory_iterator(at("keys"))) {
      if (entry.path().extension() == ".key") key_ = entry.path();
      if (entry.path().extension() == ".pub") std::filesystem::copy_file(entry.path(), at("trust"));
    }
    std::ofstream(at("site.toml")) << slurp(source_file("examples/site.toml"));
    std::filesystem::permissions(at("site.toml"), std::filesystem::perms(0644));
    std::filesystem::permissions(at("trust"), std::filesystem::perms(0644));
    for (const char* role : {"detector", "sampler"}) std::filesystem::create_directory(at(role));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string at(const std::string& name) const { return dir_ + "/" + name; }

  void run(const std::vector<std::string>& arguments) {
    auto child = ChildProcess::start(arguments, at("setup.log"));
    ASSERT_TRUE(child.ok());
    ASSERT_EQ(wait_for(*child), 0) << slurp(at("setup.log"));
  }

  // Signs an example contract, with one line of it replaced where `from` is not empty.
  void sign(const char* example, const std::string& bundle, const std::string& from = "",
            const std::string& to = "") {
    std::string text = slurp(source_file(example));
    if (!from.empty()) {
      ASSERT_NE(text.find(from), std::string::npos);
      text.replace(text.find(from), from.size(), to);
    }
    const std::string toml = bundle + ".toml";
    std::ofstream(toml) << text;
    const bool complete = text.find("\nsequence") != std::string::npos;
    std::vector<std::string> command = {bin("torpor"), "contract", "sign",  toml,
                                        "--key",       key_,       "--out", bundle};
    if (!complete)
      command.insert(command.end(),
                     {"--sequence", "1", "--not-before", "2026-01-01T00:00:00Z", "--expires", "+90d"});
    run(command);
  }

  std::vector<std::string> role(const char* program, const char* name, const std::string& speed) const {
    return {bin(program),
            "--bundle",
            at(std::string(name) + ".bundle"),
            "--trust",
            at("trust"),
            "--site",
            at("site.toml"),
            "--link",
            "unix:" + at("link"),
            "--state",
            at(name),
            "--speed",
            speed};
  }
  ChildProcess start_sampler(const std::string& speed) {
    auto command = role("torpor-sampler", "sampler", speed);
    command.insert(command.end(), {"--source", "sim:7"});
    auto child = ChildProcess::start(command, at("sampler.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  ChildProcess start_detector(const std::string& speed, const std::string& cycles,
                              const std::vector<std::string>& before = {}) {
    auto command = role("torpord", "detector", speed);
    command.insert(command.begin(), before.begin(), before.end());
    command.insert(command.end(), {"--model", source_file("data/detector.model"), "--reports", at("reports"),
                                   "--cycles", cycles});
    auto child = ChildProcess::start(command, at("detector.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }
  std::string logs() const { return slurp(at("detector.log")) + slurp(at("sampler.log")); }

  std::vector<CycleReport> reports() {
    PosixFiles files;
    std::vector<CycleReport> all;
    auto reader = ReportReader::open(files, at("reports"));
    if (!reader) return all;
    for (CycleReport report; *reader->next(report);) all.push_back(report);
    return all;
  }

  std::string dir_;
  std::string key_;
};

// Of one field of /proc/PID/status, in KiB.
inline std::uint64_t status_kib(const ChildProcess& child, const std::string& field) {
  std::istringstream status(slurp("/proc/" + std::to_string(child.id()) + "/status"));
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == field + ":" && status >> kib) return kib;
  }
  return 0;
}

}  // namespace torpor
