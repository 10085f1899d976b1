// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The order of calls and destructions, on a TensorRT that records them.
#include "model/tensorrt/backend/tensorrt_backend.h"

#include <gmock/gmock.h>

#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"
#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"
#include "model/tensorrt/fake/recording_stub.h"

namespace torpor {
namespace {

using ::testing::ElementsAre;

class TensorRtTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put(facts_);
    ASSERT_TRUE(backend_.load(*model_, 3).ok());
  }
  void put(const PlanFacts& facts) {
    const std::byte plan[5] = {};
    files_.put("/plan", encode_plan_file(facts, plan), 0644);
  }
  Status run() { return backend_.run(sets_, logits_); }
  std::vector<std::string> since(std::size_t before) const {
    return {stub_.log().begin() + static_cast<std::ptrdiff_t>(before), stub_.log().end()};
  }

  FakeClock clock_;
  MemoryFiles files_;
  std::unique_ptr<ModelFile> model_ = random_model_file(1);
  PlanFacts facts_{
      .tensorrt = TensorRtBackend::kVersion, .capability = 87, .max_batch = 3, .model = model_->digest()};
  cuda::FakeDriver driver_;
  RecordingStub stub_{driver_, *model_};
  std::vector<TokenSet> sets_ = random_tokens(2, 3);
  std::vector<float> logits_ = std::vector<float>(3);
  TensorRtBackend backend_{"/plan", files_, clock_, driver_.table()};
};

TEST_F(TensorRtTest, calls_come_in_order_and_objects_go_in_the_opposite_one) {
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(stub_.log(), ElementsAre("createInferRuntime", "deserializeCudaEngine",
                                       "createExecutionContext", "setOptimizationProfileAsync",
                                       "setInputShape band", "setInputShape global", "setTensorAddress band",
                                       "setTensorAddress global", "setTensorAddress logit", "enqueueV3"));
  EXPECT_EQ(driver_.log().back(), "stream_synchronize") << "the answer is waited for";
  const std::size_t before = stub_.log().size();
  const std::size_t driver_before = driver_.log().size();
  ASSERT_TRUE(backend_.release().ok());
  EXPECT_THAT(since(before), ElementsAre("~context", "~engine", "~runtime"));
  EXPECT_THAT(std::vector<std::string>(driver_.log().begin() + static_cast<std::ptrdiff_t>(driver_before),
                                       driver_.log().end()),
              ElementsAre("stream_synchronize", "memory_free", "stream_destroy", "context_destroy"));
  EXPECT_TRUE(driver_.holds_nothing());
}

TEST_F(TensorRtTest, a_failure_of_any_of_its_calls_is_named_and_leaves_nothing_held) {
  ASSERT_TRUE(run().ok());
  const std::uint64_t calls = stub_.calls();
  ASSERT_TRUE(backend_.release().ok());
  for (std::uint64_t n = 1; n <= calls; ++n) {
    stub_.fail_call(n);
    const Status ran = run();
    ASSERT_FALSE(ran.ok()) << n;
    EXPECT_EQ(ran.error().reason, Reason::device_failed);
    EXPECT_TRUE(stub_.log().back().ends_with('!')) << "nothing is done after it";
    EXPECT_EQ("tensorrt: " + stub_.log().back(), std::string(ran.error().where.view()) + "!");
    const std::size_t before = stub_.log().size();
    EXPECT_TRUE(backend_.release().ok());
    EXPECT_EQ(stub_.alive(), 0) << "after call " << n;
    EXPECT_TRUE(driver_.holds_nothing()) << "after call " << n;
    const std::vector<std::string> whole = {"~context", "~engine", "~runtime"};
    const std::vector<std::string> gone = since(before);
    EXPECT_TRUE(std::equal(gone.rbegin(), gone.rend(), whole.rbegin())) << "order after call " << n;
    ASSERT_TRUE(run().ok()) << "the next cycle tries anew";
    ASSERT_TRUE(backend_.release().ok());
  }
}

TEST_F(TensorRtTest, a_failure_of_any_call_of_the_driver_leaves_nothing_held) {
  ASSERT_TRUE(run().ok());
  const std::uint64_t calls = driver_.calls();
  ASSERT_TRUE(backend_.release().ok());
  for (std::uint64_t n = 1; n <= calls; ++n) {
    driver_.fail_call(n, 719);
    EXPECT_EQ(run().error().reason, Reason::device_failed) << n;
    EXPECT_TRUE(backend_.release().ok());
    EXPECT_EQ(stub_.alive(), 0) << "after call " << n;
    EXPECT_TRUE(driver_.holds_nothing()) << "after call " << n;
    driver_.fail_call(0, 0);
  }
  EXPECT_TRUE(run().ok());
}

TEST_F(TensorRtTest, what_tensorrt_says_of_an_error_is_kept) {
  stub_.fail_call(2);
  const Status ran = run();
  EXPECT_EQ(ran.error().where.view(), "tensorrt: deserializeCudaEngine");
  EXPECT_EQ(ran.error().found.view(), "the plan is broken");
}

TEST_F(TensorRtTest, a_plan_for_another_model_version_batch_or_gpu_is_refused_before_the_gpu_is_woken) {
  const auto refused = [&](const PlanFacts& facts, std::string_view where) {
    put(facts);
    Status status = backend_.load(*model_, 3);
    if (status) status = run();
    ASSERT_FALSE(status.ok()) << where;
    EXPECT_EQ(status.error().reason, Reason::plan_refused);
    EXPECT_EQ(status.error().where.view(), where);
    EXPECT_EQ(std::count(driver_.log().begin(), driver_.log().end(), "context_create"), 0);
    EXPECT_EQ(stub_.calls(), 0u);
  };
  PlanFacts other = facts_;
  other.model[0] ^= std::byte{1};
  refused(other, "plan: model digest");
  other = facts_;
  other.tensorrt -= 1;
  refused(other, "plan: TensorRT version");
  other = facts_;
  other.max_batch = 2;
  refused(other, "plan: token sets");
  other = facts_;
  other.capability = 90;
  refused(other, "plan: compute capability");
}

TEST(PlanFile, says_again_what_was_written_and_refuses_every_flipped_bit) {
  const std::byte plan[7] = {std::byte{1}, std::byte{2}};
  const PlanFacts facts{.tensorrt = 100300, .capability = 87, .max_batch = 30, .model = {}};
  const auto file = encode_plan_file(facts, plan);
  const auto parsed = parse_plan_file(file, "x.plan");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->facts.tensorrt, facts.tensorrt);
  EXPECT_EQ(parsed->facts.capability, facts.capability);
  EXPECT_EQ(parsed->facts.max_batch, facts.max_batch);
  EXPECT_TRUE(equal(parsed->plan, plan));
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    auto damaged = file;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_EQ(parse_plan_file(damaged, "x.plan").error().reason, Reason::plan_refused) << bit;
  }
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_FALSE(parse_plan_file(Bytes(file).first(size), "x.plan").ok()) << size;
}

}  // namespace
}  // namespace torpor
