// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/onnx/onnx_export.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <map>
#include <set>

#include "model/fake/models.h"

// What the graph computes is held by tools/onnx_check, which runs it.
namespace torpor {
namespace {

onnx::ModelProto exported(const QuantModel& model) {
  const auto bytes = encode_onnx(model);
  EXPECT_TRUE(bytes.ok());
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())));
  return proto;
}

TEST(OnnxExport, uses_standard_operators_alone) {
  const onnx::ModelProto proto = exported(random_model(1));
  ASSERT_EQ(proto.opset_import_size(), 1);
  EXPECT_EQ(proto.opset_import(0).domain(), "");
  for (const auto& node : proto.graph().node()) EXPECT_EQ(node.domain(), "") << node.name();
}

TEST(OnnxExport, feeds_every_product_from_int8) {
  const onnx::ModelProto proto = exported(random_model(1));
  std::map<std::string, std::string> made_by;
  for (const auto& node : proto.graph().node())
    for (const auto& out : node.output()) made_by[out] = node.op_type();
  const std::set<std::string> carriers = {"DequantizeLinear",
                                          "Transpose"};  // heads are split after the steps
  int products = 0;
  for (const auto& node : proto.graph().node()) {
    if (node.op_type() != "MatMul") continue;
    ++products;
    for (const auto& in : node.input()) EXPECT_TRUE(carriers.count(made_by[in])) << node.name();
  }
  EXPECT_EQ(products, 2 + 3 * 6 + 2);
}

TEST(OnnxExport, gives_the_same_bytes_for_the_same_model) {
  EXPECT_EQ(*encode_onnx(random_model(1)), *encode_onnx(random_model(1)));
}

TEST(OnnxExport, refuses_what_a_model_file_would_refuse) {
  QuantModel model = random_model(1);
  model.layer[0].q_scale = 0;
  EXPECT_EQ(encode_onnx(model).error().reason, Reason::model_value);
}

}  // namespace
}  // namespace torpor
