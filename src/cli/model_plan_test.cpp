// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fstream>

#include "model/model_file.h"
#include "model/tensorrt/plan_file.h"
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class ModelPlanTest : public RolesTest {
 protected:
  int wrap(const std::string& version, const std::string& capability) {
    std::ofstream(at("engine")) << "an engine";
    auto child = ChildProcess::start(
        {bin("torpor"), "model", "plan", at("engine"), "--model", source_file("data/detector.model"),
         "--tensorrt", version, "--capability", capability, "--batch", "30", "--out", at("plan")},
        at("plan.log"));
    return child ? wait_for(*child) : -1;
  }
};

TEST_F(ModelPlanTest, a_wrapped_engine_says_for_what_it_is) {
  ASSERT_EQ(wrap("10.3.0", "8.7"), 0) << slurp(at("plan.log"));
  PosixFiles files;
  const auto bytes = files.read(at("plan"), kPlanHeaderBytes + kMaxPlanBytes);
  ASSERT_TRUE(bytes.ok());
  const auto plan = parse_plan_file(*bytes, "plan");
  ASSERT_TRUE(plan.ok()) << one_line(plan.error()).view();
  EXPECT_EQ(plan->facts.tensorrt, 100'300u);
  EXPECT_EQ(plan->facts.capability, 87u);
  EXPECT_EQ(plan->facts.max_batch, 30u);
  EXPECT_EQ(as_text(plan->plan), "an engine");
  const auto model = files.read(source_file("data/detector.model"), kMaxModelBytes);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(plan->facts.model, model_digest(*model));
}

TEST_F(ModelPlanTest, a_version_that_is_none_is_a_wrong_command) {
  for (const char* version : {"10.3", "10.3.0.1", "10.3.", "x", "10.300.0", ""}) {
    EXPECT_EQ(wrap(version, "8.7"), 64) << version;
  }
  EXPECT_EQ(wrap("10.3.0", "87"), 64);
  EXPECT_FALSE(std::filesystem::exists(at("plan")));
}

}  // namespace
}  // namespace torpor
