// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace torpor {

// Adds nodes and constants to a GraphProto; a value is named by a string, as in ONNX.
// Not an interface of the folder: onnx_export.cpp alone uses it.
class GraphBuilder {
 public:
  using Value = std::string;
  explicit GraphBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  // A node with one output, named after the operator.
  Value op(const std::string& type, std::initializer_list<Value> inputs);
  // The node added last, to give it attributes.
  onnx::NodeProto& last() { return *graph_.mutable_node(graph_.node_size() - 1); }
  void attribute(const std::string& name, std::int64_t value);
  void attribute(const std::string& name, float value);
  void attribute(const std::string& name, std::initializer_list<std::int64_t> values);

  Value floats(const std::string& name, std::span<const float> values,
               std::initializer_list<std::int64_t> shape);
  Value int8s(const std::string& name, std::span<const std::int8_t> values,
              std::initializer_list<std::int64_t> shape);
  Value int64s(const std::string& name, std::initializer_list<std::int64_t> values);

  void input(const std::string& name, std::initializer_list<std::int64_t> shape_after_n);
  void output(const std::string& name, const Value& value);

  // Clip, quantise, dequantise: `x` in steps of `scale`.
  Value stepped(const Value& x, const std::string& name, float scale);

 private:
  onnx::TensorProto& tensor(const std::string& name, onnx::TensorProto_DataType type,
                            std::initializer_list<std::int64_t> shape);
  onnx::GraphProto& graph_;
  int count_ = 0;
};

}  // namespace torpor
