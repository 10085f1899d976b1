// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The backend's life on a driver without a device. The real one: model/conformance.
#include "model/cuda/cuda_backend.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/fake/fake_clock.h"
#include "model/cpu/cpu_backend.h"
#include "model/device/fake/fake_driver.h"
#include "model/fake/models.h"

namespace torpor::cuda {
namespace {

using ::testing::ElementsAre;

const std::byte kNoKernels[1] = {};

class CudaBackendTest : public ::testing::Test {
 protected:
  CudaBackendTest() : model_(random_model_file(1)), sets_(random_tokens(2, 3)), logits_(3) {
    EXPECT_TRUE(backend_.load(*model_, 3).ok());
  }
  Status run() { return backend_.run(sets_, logits_); }
  std::vector<float> expected() const {
    CpuBackend cpu(reference_kernels());
    std::vector<float> logits(sets_.size());
    EXPECT_TRUE(cpu.load(*model_, sets_.size()).ok() && cpu.run(sets_, logits).ok());
    return logits;
  }

  FakeClock clock_;
  FakeDriver driver_;
  std::unique_ptr<ModelFile> model_;
  std::vector<TokenSet> sets_;
  std::vector<float> logits_;
  CudaBackend backend_{clock_, driver_.table(), kNoKernels};
};

TEST_F(CudaBackendTest, probe_and_load_stay_away_from_the_device) {
  EXPECT_TRUE(backend_.probe().ok());
  EXPECT_EQ(driver_.calls(), 0u);
  EXPECT_TRUE(backend_.release().ok());
  EXPECT_EQ(driver_.calls(), 0u);
}

TEST_F(CudaBackendTest, run_wakes_the_device_and_release_gives_it_back_in_the_opposite_order) {
  ASSERT_TRUE(run().ok());
  const std::size_t before = driver_.log().size();
  EXPECT_FALSE(driver_.holds_nothing());
  ASSERT_TRUE(backend_.release().ok());
  EXPECT_TRUE(driver_.holds_nothing());
  EXPECT_THAT(
      std::vector<std::string>(driver_.log().begin() + static_cast<std::ptrdiff_t>(before),
                               driver_.log().end()),
      ElementsAre("stream_synchronize", "module_unload", "memory_free", "stream_destroy", "context_destroy"));
  EXPECT_EQ(logits_, expected());
}

TEST_F(CudaBackendTest, a_warm_run_takes_nothing_anew) {
  ASSERT_TRUE(run().ok());
  const std::size_t before = driver_.log().size();
  ASSERT_TRUE(run().ok());
  const std::vector<std::string> warm(driver_.log().begin() + static_cast<std::ptrdiff_t>(before),
                                      driver_.log().end());
  EXPECT_EQ(warm.front(), "copy_in");
  EXPECT_EQ(warm.back(), "stream_synchronize");
  EXPECT_EQ(static_cast<std::size_t>(std::count(warm.begin(), warm.end(), "launch")), warm.size() - 3);
}

TEST_F(CudaBackendTest, a_machine_without_a_gpu_is_an_absent_device) {
  driver_.set_devices(0);
  EXPECT_EQ(run().error().reason, Reason::device_absent);
  EXPECT_TRUE(backend_.release().ok());
  EXPECT_TRUE(driver_.holds_nothing());
}

TEST_F(CudaBackendTest, a_build_without_kernels_says_so) {
  CudaBackend backend(clock_, driver_.table(), {});
  EXPECT_EQ(backend.probe().error().reason, Reason::device_absent);
  EXPECT_EQ(backend.probe().error().found.view(), "a torpor built without CUDA");
}

TEST_F(CudaBackendTest, a_failure_of_any_call_is_named_and_leaves_nothing_held) {
  ASSERT_TRUE(run().ok());
  const std::uint64_t calls = driver_.calls();
  ASSERT_TRUE(backend_.release().ok());
  for (std::uint64_t n = 1; n <= calls; ++n) {
    driver_.fail_call(n, 719);
    const Status ran = run();
    ASSERT_FALSE(ran.ok()) << "call " << n;
    EXPECT_EQ(ran.error().reason, Reason::device_failed) << driver_.log().back();
    EXPECT_EQ(ran.error().found.view(), "FAKE_ERROR (719)");
    EXPECT_TRUE(driver_.log().back().ends_with('!')) << "nothing is done after it";
    EXPECT_TRUE(backend_.release().ok());
    EXPECT_TRUE(driver_.holds_nothing()) << "after call " << n;
    driver_.fail_call(0, 0);
    std::fill(logits_.begin(), logits_.end(), 0.0f);
    ASSERT_TRUE(run().ok()) << "the next cycle tries anew";
    EXPECT_EQ(logits_, expected());
    ASSERT_TRUE(backend_.release().ok());
  }
}

TEST_F(CudaBackendTest, only_a_context_that_is_destroyed_counts_as_released) {
  for (std::uint64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(run().ok());
    driver_.fail_call(n, 700);
    EXPECT_EQ(backend_.release().ok(), n != 5) << n;
    EXPECT_TRUE(driver_.holds_nothing());
  }
}

TEST_F(CudaBackendTest, logits_equal_the_reference_on_models_of_every_shape) {
  const ModelDims shapes[] = {{16, 1, 1, 16, 16},  {32, 2, 1, 64, 16},  {32, 1, 2, 48, 32},
                              {64, 3, 4, 256, 64}, {96, 2, 3, 128, 48}, {128, 1, 8, 1024, 256}};
  std::uint64_t seed = 10;
  for (const ModelDims& dims : shapes) {
    model_ = random_model_file(++seed, dims);
    sets_ = random_tokens(seed, 2);
    logits_.assign(2, 0.0f);
    ASSERT_TRUE(backend_.load(*model_, 5).ok());
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(logits_, expected()) << "width " << dims.width;
  }
}

// What the compiler made of the kernels for the device, before ptxas, which contracts nothing.
TEST(CudaKernels, intermediate_code_has_no_contraction_and_rounds_to_nearest) {
#if !defined(TORPOR_CUDA_PTX)
  GTEST_SKIP() << "built without nvcc";
#else
  std::ifstream in(TORPOR_CUDA_PTX);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string ptx = text.str();
  ASSERT_NE(ptx.find(".entry torpor_attention"), ptx.npos);
  for (const char* inexact : {"fma.", "mad.rn", ".approx", ".ftz", "div.full", "ex2.", "rsqrt"})
    EXPECT_EQ(ptx.find(inexact), ptx.npos) << inexact;
  for (const char* exact : {"mul.rn.f32", "add.rn.f32", "div.rn.f32", "sqrt.rn.f32", "dp4a"})
    EXPECT_NE(ptx.find(exact), ptx.npos) << exact;
#endif
}

}  // namespace
}  // namespace torpor::cuda
