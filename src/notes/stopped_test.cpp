// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/stopped.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/fake/memory_files.h"

namespace torpor {
namespace {

TEST(Stopped, leaves_a_note_for_people_with_who_why_and_what_was_allowed) {
  StoppedNote note{.device = "amr-0173",
                   .pid = 4711,
                   .state = "asleep",
                   .offence = "not back from its sleep for",
                   .after = std::chrono::milliseconds(15'250),
                   .limit = std::chrono::seconds(15),
                   .window = 8,
                   .contract = {.digest = {}, .sequence = 3},
                   .at = {}};
  note.at.wall = WallTime(std::chrono::seconds(1'800'000'000));
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("state").ok());
  ASSERT_TRUE(write_stopped(files, "state", note).ok());
  const auto bytes = files.read("state/stopped.json", 10'000);
  ASSERT_TRUE(bytes.ok());
  const auto json = nlohmann::json::parse(as_text(*bytes));
  EXPECT_EQ(json["stopped"], "detector");
  EXPECT_EQ(json["pid"], 4711);
  EXPECT_EQ(json["state"], "asleep");
  EXPECT_EQ(json["after_seconds"], 15.25);
  EXPECT_EQ(json["limit_seconds"], 15.0);
  EXPECT_EQ(json["contract"]["sequence"], 3);
  EXPECT_EQ(json["at"], "2027-01-15 08:00:00 UTC");
  EXPECT_NE(one_line(note).find("stopped the detector (pid 4711): not back from its sleep for 15.2"),
            std::string::npos)
      << one_line(note);
}

}  // namespace
}  // namespace torpor
