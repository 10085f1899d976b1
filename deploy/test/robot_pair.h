// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/posix/process.h"
#include "deploy/test/command.h"

namespace torpor {

// What robots of a test share: a key, the trust file, one signed contract with a cycle every
// five seconds and a contact with each.
class RobotHome {
 public:
  RobotHome();
  std::string at(const std::string& name) const { return directory_.at(name); }

 private:
  TemporaryDirectory directory_;
};

// One robot: a real torpord and a real torpor-sampler, in real time, on a declared clock so
// that it does not matter whether this machine's is synchronised.
class RobotPair {
 public:
  struct Options {
    std::string device;
    std::string remote_write = "";
    std::string pushgateway = "";
    std::int64_t clock_ahead_s = 0;
  };
  RobotPair(const RobotHome& home, Options options);

  // Also again, after one of the two has gone.
  void start();
  // SIGTERM to both, the detector first.
  void stop();
  void kill_detector();
  int detector_id() const { return detector_->id(); }

  const std::string& device() const { return options_.device; }
  // Of its record log.
  std::uint64_t log_bytes() const;
  std::vector<std::int64_t> recorded_ms() const;
  std::string logs() const;

 private:
  std::string at(const std::string& name) const { return home_.at(options_.device + "/" + name); }
  ChildProcess launch(const char* program, const char* state, const std::vector<std::string>& more);

  const RobotHome& home_;
  Options options_;
  std::optional<ChildProcess> sampler_;
  std::optional<ChildProcess> detector_;
};

}  // namespace torpor
