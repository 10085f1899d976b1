// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace torpor {

// Calls of the real command, each of its two outputs by itself, in a directory of the test's own.
class TorporCallTest : public ::testing::Test {
 protected:
  struct Ended {
    int code = 0;
    std::string out;
    std::string err;
  };

  void SetUp() override;
  void TearDown() override;

  // bin/PROGRAM with these arguments, started in the directory. Waits for its end.
  Ended call(const std::string& program, const std::vector<std::string>& arguments) const;
  Ended torpor(const std::vector<std::string>& arguments) const { return call("torpor", arguments); }

  std::string at(const std::string& name) const { return dir_ + "/" + name; }
  void put(const std::string& name, const std::string& text) const;
  std::string get(const std::string& name) const;

 private:
  std::string dir_;
};

}  // namespace torpor
