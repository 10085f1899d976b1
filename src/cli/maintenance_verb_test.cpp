// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// From an alarm's id to the event that waits for the detector; through the real command.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "cli/fake/torpor_call.h"
#include "verdict/store/baseline_files.h"

namespace torpor {
namespace {

using testing::HasSubstr;

class MaintenanceVerbTest : public TorporCallTest {
 protected:
  void SetUp() override {
    TorporCallTest::SetUp();
    ASSERT_EQ(torpor({"key", "new", "--out", "keys"}).code, 0);
    for (const auto& entry : std::filesystem::directory_iterator(at("keys")))
      (entry.path().extension() == ".key" ? key_ : pub_) = entry.path();
    std::string line = get(std::filesystem::relative(pub_, at("")));
    put("contracts-only", line);
    line.insert(line.size() - 1, " contract,maintenance");
    put("trust", line);
    std::filesystem::copy_file(in_source("examples/site.toml"), at("site.toml"));
    std::filesystem::permissions(at("site.toml"), std::filesystem::perms(0644));
    latch();
  }
  // A robot's state with an alarm that three shocks raised, in cycle 3 before any arming.
  void latch() {
    AlarmTerms terms{};
    terms.cycles_between_false_alarms = 1000;
    terms.fit_cycles = terms.calibration_cycles = 120;
    terms.shock_cycles = 3;
    BaselineKey key;
    key.sensor = "wheel";
    key.backend = "cpu";
    key.axes = 1;
    Judge judge(terms, key);
    for (std::uint64_t cycle = 1; cycle <= 3; ++cycle) judge.unusable(cycle, WindowQuality::saturated);
    ASSERT_TRUE(judge.latched());
    PosixFiles files;
    const BaselinePaths paths = baseline_paths(at("state"), key);
    ASSERT_TRUE(files.make_directories(paths.directory));
    std::vector<std::byte> room(judge.encoded_bound(0, 0));
    ASSERT_TRUE(files.replace(paths.baseline, *judge.encode(room, {}, {}), 0644));
    waiting_ = paths.maintenance;
  }
  Ended sign(const std::string& alarm, const std::string& out, const std::string& work = "repaired") const {
    return torpor({"maintenance", "sign", "--alarm", alarm, "--work", work, "--sequence", "1", "--key", key_,
                   "--out", out});
  }
  Ended apply(const std::string& file, const std::string& trust = "trust") const {
    return torpor(
        {"maintenance", "apply", file, "--trust", trust, "--site", "site.toml", "--state", "state"});
  }
  bool waits() const { return std::filesystem::exists(waiting_); }

  std::string key_, pub_, waiting_;
  const std::string alarm_ = "robot-0042/wheel/0/3";
};

TEST_F(MaintenanceVerbTest, what_is_signed_for_an_alarm_waits_for_the_detector) {
  const Ended made = sign(alarm_, "event");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("robot-0042/wheel/0/3: repaired, sequence 1"));
  const Ended applied = apply("event");
  ASSERT_EQ(applied.code, 0) << applied.err;
  EXPECT_TRUE(waits());
  const auto shown = nlohmann::json::parse(torpor({"baseline", "show", "--state", "state", "--json"}).out);
  EXPECT_EQ(shown[0]["maintenance_waits"], true);
  EXPECT_EQ(shown[0]["alarm_epoch"], 0);
  EXPECT_EQ(shown[0]["alarm_first_cycle"], 3);
  EXPECT_THAT(torpor({"baseline", "show", "--state", "state"}).out, HasSubstr("its id is DEVICE/wheel/0/3"));
}

TEST_F(MaintenanceVerbTest, what_the_detector_would_refuse_is_refused_here_and_leaves_nothing) {
  const auto refusal = [&](const std::string& alarm, const std::string& trust = "trust") {
    std::filesystem::remove(at("event"));
    EXPECT_EQ(sign(alarm, "event").code, 0) << alarm;
    const Ended ended = apply("event", trust);
    EXPECT_EQ(ended.code, 78) << ended.err;
    EXPECT_FALSE(waits());
    return ended.err;
  };
  EXPECT_THAT(refusal(alarm_, "contracts-only"), HasSubstr("bundle_key_scope"));
  EXPECT_THAT(refusal("robot-0043/wheel/0/3"), HasSubstr("maintenance_other_device"));
  EXPECT_THAT(refusal("robot-0042/gearbox/0/3"), HasSubstr("maintenance_other_sensor"));
  EXPECT_THAT(refusal("robot-0042/wheel/0/2"), HasSubstr("maintenance_no_such_alarm"));
  EXPECT_THAT(refusal("robot-0042/wheel/1/3"), HasSubstr("maintenance_no_such_alarm"));
}

TEST_F(MaintenanceVerbTest, slips_of_the_hand_are_named) {
  for (const char* id :
       {"robot-0042", "wheel/0/3", "robot-0042/wheel/0/x", "robot-0042/wheel/-1/3", "robot-0042//0/3"}) {
    const Ended ended = sign(id, "event");
    EXPECT_EQ(ended.code, 64) << id;
    EXPECT_THAT(ended.err, HasSubstr("DEVICE/SENSOR/EPOCH/CYCLE")) << id;
  }
  EXPECT_THAT(sign(alarm_, "event", "fixed").err, HasSubstr("inspected, repaired or replaced"));
  EXPECT_FALSE(std::filesystem::exists(at("event")));
  ASSERT_EQ(sign(alarm_, "event").code, 0);
  const std::string before = get("event");
  EXPECT_EQ(sign(alarm_, "event").code, 74) << "nothing is overwritten";
  EXPECT_EQ(get("event"), before);
}

}  // namespace
}  // namespace torpor
