// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/unpack.h"

#include <gtest/gtest.h>

#include "model/model_for_test.h"

namespace torpor::train {
namespace {

TEST(Unpack, gives_back_a_model_that_encodes_to_the_same_bytes) {
  for (const ModelDims& dims :
       {ModelDims{}, ModelDims{.width = 32, .layers = 1, .heads = 2, .ffn = 48, .head_hidden = 16}}) {
    const auto bytes = encode_model_file(random_model(3, dims), "card");
    ASSERT_TRUE(bytes);
    const auto file = ModelFile::from_bytes(*bytes, "test", {});
    ASSERT_TRUE(file);
    const auto again = encode_model_file(unpack(**file), "card");
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *bytes);
  }
}

}  // namespace
}  // namespace torpor::train
