// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/onnx/graph_builder.h"

namespace torpor {

GraphBuilder::Value GraphBuilder::op(const std::string& type, std::initializer_list<Value> inputs) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(type);
  // Counted, so that names are unique and a model gives the same file each time.
  node.set_name(type + "_" + std::to_string(++count_));
  for (const Value& value : inputs) node.add_input(value);
  node.add_output(node.name());
  return node.name();
}

// Attributes go to the node added last: op() first, then what belongs to it.
void GraphBuilder::attribute(const std::string& name, std::int64_t value) {
  onnx::AttributeProto& attribute = *last().add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void GraphBuilder::attribute(const std::string& name, float value) {
  onnx::AttributeProto& attribute = *last().add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void GraphBuilder::attribute(const std::string& name, std::initializer_list<std::int64_t> values) {
  onnx::AttributeProto& attribute = *last().add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (std::int64_t v : values) attribute.add_ints(v);
}

onnx::TensorProto& GraphBuilder::tensor(const std::string& name, onnx::TensorProto_DataType type,
                                        std::initializer_list<std::int64_t> shape) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (std::int64_t n : shape) tensor.add_dims(n);
  return tensor;
}

GraphBuilder::Value GraphBuilder::floats(const std::string& name, std::span<const float> values,
                                         std::initializer_list<std::int64_t> shape) {
  tensor(name, onnx::TensorProto::FLOAT, shape).set_raw_data(values.data(), values.size_bytes());
  return name;
}

GraphBuilder::Value GraphBuilder::int8s(const std::string& name, std::span<const std::int8_t> values,
                                        std::initializer_list<std::int64_t> shape) {
  tensor(name, onnx::TensorProto::INT8, shape).set_raw_data(values.data(), values.size_bytes());
  return name;
}

GraphBuilder::Value GraphBuilder::int64s(const std::string& name,
                                         std::initializer_list<std::int64_t> values) {
  // Shapes and axes are tensors for ONNX, always of one dimension.
  tensor(name, onnx::TensorProto::INT64, {static_cast<std::int64_t>(values.size())})
      // Initializers are little-endian by the format, as every host of ours is.
      .set_raw_data(values.begin(), values.size() * sizeof(std::int64_t));
  return name;
}

void GraphBuilder::input(const std::string& name, std::initializer_list<std::int64_t> shape_after_n) {
  onnx::ValueInfoProto& info = *graph_.add_input();
  info.set_name(name);
  onnx::TypeProto_Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  // One name for the batch in all inputs and outputs: they are of one size.
  type.mutable_shape()->add_dim()->set_dim_param("N");
  for (std::int64_t n : shape_after_n) type.mutable_shape()->add_dim()->set_dim_value(n);
}

void GraphBuilder::output(const std::string& name, const Value& value) {
  // A name of its own for what the caller asks for, whatever the node behind it is called.
  op("Identity", {value});
  last().set_output(0, name);
  onnx::ValueInfoProto& info = *graph_.add_output();
  info.set_name(name);
  onnx::TypeProto_Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
}

GraphBuilder::Value GraphBuilder::stepped(const Value& x, const std::string& name, float scale) {
  const float limit = 127.0f * scale;
  const float low = -limit;
  const Value bottom = floats(name + ".low", {&low, 1}, {});
  const Value top = floats(name + ".high", {&limit, 1}, {});
  const Value step = floats(name + ".scale", {&scale, 1}, {});
  const std::int8_t zero = 0;
  const Value zero_point = int8s(name + ".zero", {&zero, 1}, {});
  // Clipped before, because QuantizeLinear saturates at -128 and the kernels at -127.
  const Value clipped = op("Clip", {x, bottom, top});
  const Value quantised = op("QuantizeLinear", {clipped, step, zero_point});
  return op("DequantizeLinear", {quantised, step, zero_point});
}

}  // namespace torpor
