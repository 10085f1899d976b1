// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/fake/promtool.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace torpor {

bool has_promtool() { return ::access("/usr/bin/promtool", X_OK) == 0; }

std::string promtool_check_metrics(const std::string& text) {
  std::string path = "/tmp/torpor_metrics_XXXXXX";
  const int fd = ::mkstemp(path.data());
  if (fd < 0) return "mkstemp failed";
  ::close(fd);
  std::ofstream(path) << text;
  std::FILE* pipe = ::popen(("/usr/bin/promtool check metrics <" + path + " 2>&1").c_str(), "r");
  std::string said;
  for (int c; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) said.push_back(static_cast<char>(c));
  const int status = pipe == nullptr ? -1 : ::pclose(pipe);
  ::unlink(path.c_str());
  if (status != 0 && said.empty()) said = "promtool failed";
  return said;
}

}  // namespace torpor
