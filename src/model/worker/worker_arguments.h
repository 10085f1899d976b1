// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace torpor {

// What stays between two inferences.
enum class WorkerPolicy : std::uint8_t {
  exit,     // nothing: the process ends after each
  context,  // the process, which then holds no device
  keep,     // the device too: for comparisons by `torpor bench energy` alone
};

// The command line of torpor-infer, written by torpord and read by the worker.
struct WorkerArguments {
  std::string backend;
  WorkerPolicy policy = WorkerPolicy::exit;
  std::string model;  // path
  Digest digest{};    // the model's, by the contract
  std::uint32_t feature_version = 0;
  std::uint32_t max_batch = 0;
  int parent = 0;  // process id of torpord: the worker does not outlive it
};

std::vector<std::string> command_line(const std::string& program, const WorkerArguments& arguments);
// Each argument once, none else. usage.
Result<WorkerArguments> parse_worker_arguments(std::span<const char* const> arguments);

}  // namespace torpor
