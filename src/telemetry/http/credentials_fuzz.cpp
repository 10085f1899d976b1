// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto credential = torpor::parse_credential(text, "fuzz");
  // What is taken goes into a header: no line of its own may come out of it.
  if (credential && credential->secret.find_first_of("\r\n") != std::string::npos) __builtin_trap();
  return 0;
}
