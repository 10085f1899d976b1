// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/onnx/onnx_export.h"

#include <onnx/checker.h>

#include <cmath>

#include "model/onnx/graph_builder.h"

namespace torpor {
namespace {

using Value = GraphBuilder::Value;

class Exporter {
 public:
  Exporter(const QuantModel& model, onnx::GraphProto& graph) : model_(model), graph_(graph) {}

  void build() {
    const auto d = static_cast<std::int64_t>(model_.dims.width);
    graph_.input("band", {kBands, kBandInputs});
    graph_.input("global", {kGlobalInputs});
    // Axes are inputs here since opset 13.
    const Value one = graph_.int64s("axis_1", {1});
    const Value global = graph_.op("Unsqueeze", {"global", one});
    const Value tokens = concat({product(model_.embed_global, global, "embed_global", false),
                                 product(model_.embed_band, "band", "embed_band", false)},
                                1);
    // Biases of both embeddings are in it (quantize()).
    Value x = graph_.op("Add", {tokens, graph_.floats("position", model_.position, {1, kTokens, d})});
    for (std::size_t i = 0; i < model_.layer.size(); ++i) {
      const std::string name = "layer" + std::to_string(i) + ".";
      x = attention(model_.layer[i], x, name);
      x = feed_forward(model_.layer[i], x, name);
    }
    graph_.output("logit", head(normalised(model_.final_norm, x, "final_norm")));
  }

 private:
  Value concat(std::initializer_list<Value> values, std::int64_t axis) {
    const Value out = graph_.op("Concat", values);
    graph_.attribute("axis", axis);
    return out;
  }

  // [.., in] x [in, out] (+ bias), both sides int8.
  Value product(const QuantLinear& linear, const Value& x, const std::string& name, bool with_bias = true) {
    // MatMul wants [in, out]; we keep [out, in] as torch does.
    std::vector<std::int8_t> transposed(linear.weight.size());
    for (std::size_t o = 0; o < linear.out; ++o)
      for (std::size_t i = 0; i < linear.in; ++i)
        transposed[i * linear.out + o] = linear.weight[o * linear.in + i];
    const auto out = static_cast<std::int64_t>(linear.out);
    const Value weight = graph_.int8s(name + ".weight", transposed, {linear.in, out});
    const Value scale = graph_.floats(name + ".weight.scale", linear.scale, {out});
    // 0 for every output: symmetric, as everywhere.
    const Value zero = graph_.int8s(name + ".weight.zero", std::vector<std::int8_t>(linear.out), {out});
    const Value a = graph_.stepped(x, name + ".in", linear.in_scale);
    const Value w = graph_.op("DequantizeLinear", {weight, scale, zero});
    // Scales run along the outputs.
    graph_.attribute("axis", std::int64_t{1});
    const Value y = graph_.op("MatMul", {a, w});
    return with_bias ? graph_.op("Add", {y, graph_.floats(name + ".bias", linear.bias, {out})}) : y;
  }

  Value normalised(const FloatNorm& norm, const Value& x, const std::string& name) {
    const auto d = static_cast<std::int64_t>(model_.dims.width);
    const Value gain = graph_.floats(name + ".gain", norm.gain, {d});
    const Value bias = graph_.floats(name + ".bias", norm.bias, {d});
    const Value y = graph_.op("LayerNormalization", {x, gain, bias});
    graph_.attribute("axis", std::int64_t{-1});
    // In place of the operator's own default, by chance the same.
    graph_.attribute("epsilon", kNormEpsilon);
    return y;
  }

  Value gelu(const Value& x, const std::string& name) {
    const float root = std::sqrt(2.0f);
    const float one = 1.0f;
    const float half = 0.5f;
    // By Erf: Gelu is an operator of its own only from opset 20.
    const Value erf =
        graph_.op("Erf", {graph_.op("Div", {x, graph_.floats(name + ".root2", {&root, 1}, {})})});
    const Value twice =
        graph_.op("Mul", {x, graph_.op("Add", {erf, graph_.floats(name + ".one", {&one, 1}, {})})});
    return graph_.op("Mul", {twice, graph_.floats(name + ".half", {&half, 1}, {})});
  }

  // [N, tokens, d] -> [N, heads, tokens, d / heads], or keys with the last two swapped
  Value split_heads(const Value& x, const std::string& name, bool keys) {
    const auto heads = static_cast<std::int64_t>(model_.dims.heads);
    const auto size = static_cast<std::int64_t>(model_.dims.width) / heads;
    // 0 keeps the batch, whatever its size.
    const Value shape = graph_.int64s(name + ".shape", {0, kTokens, heads, size});
    const Value out = graph_.op("Transpose", {graph_.op("Reshape", {x, shape})});
    if (keys) {
      graph_.attribute("perm", {0, 2, 3, 1});
    } else {
      graph_.attribute("perm", {0, 2, 1, 3});
    }
    return out;
  }

  Value attention(const QuantLayer& layer, const Value& x, const std::string& name) {
    const auto d = static_cast<std::int64_t>(model_.dims.width);
    const Value qkv = product(layer.qkv, normalised(layer.norm1, x, name + "norm1"), name + "qkv");
    graph_.op("Split", {qkv, graph_.int64s(name + "thirds", {d, d, d})});
    graph_.attribute("axis", std::int64_t{-1});
    // GraphBuilder gives one output to a node; Split is the only one with three.
    onnx::NodeProto& split = graph_.last();
    const Value q_raw = split.output(0);
    const Value k_raw = q_raw + ".k";
    const Value v_raw = q_raw + ".v";
    split.add_output(k_raw);
    split.add_output(v_raw);
    const Value q = split_heads(graph_.stepped(q_raw, name + "q", layer.q_scale), name + "q", false);
    const Value k = split_heads(graph_.stepped(k_raw, name + "k", layer.k_scale), name + "k", true);
    const Value v = split_heads(graph_.stepped(v_raw, name + "v", layer.v_scale), name + "v", false);
    const float divisor = std::sqrt(static_cast<float>(model_.dims.width / model_.dims.heads));
    const Value scores =
        graph_.op("Div", {graph_.op("MatMul", {q, k}), graph_.floats(name + "root", {&divisor, 1}, {})});
    const Value max = graph_.op("ReduceMax", {scores});
    // An attribute until opset 18, where it becomes an input; ReduceSum has changed before.
    graph_.attribute("axes", {-1});
    graph_.attribute("keepdims", std::int64_t{1});
    // Weights stay at steps of 1/127 and unnormalised, divided by their sum after the product: as the
    // kernels do it.
    const Value p =
        graph_.stepped(graph_.op("Exp", {graph_.op("Sub", {scores, max})}), name + "p", 1.0f / 127.0f);
    const Value sum = graph_.op("ReduceSum", {p, graph_.int64s(name + "last_axis", {-1})});
    graph_.attribute("keepdims", std::int64_t{1});
    const Value mixed = graph_.op("Div", {graph_.op("MatMul", {p, v}), sum});
    const Value back = graph_.op("Transpose", {mixed});
    graph_.attribute("perm", {0, 2, 1, 3});
    const Value flat = graph_.op("Reshape", {back, graph_.int64s(name + "flat", {0, kTokens, d})});
    return graph_.op("Add", {x, product(layer.o, flat, name + "o")});
  }

  Value feed_forward(const QuantLayer& layer, const Value& x, const std::string& name) {
    const Value hidden =
        gelu(product(layer.ffn1, normalised(layer.norm2, x, name + "norm2"), name + "ffn1"), name + "gelu");
    return graph_.op("Add", {x, product(layer.ffn2, hidden, name + "ffn2")});
  }

  Value head(const Value& y) {
    const Value token_axis = graph_.int64s("token_axis", {1});
    const Value zero = graph_.int64s("first", {0});
    const Value first = graph_.int64s("bands_from", {1});
    const Value end = graph_.int64s("bands_to", {kTokens});
    const Value global = graph_.op("Slice", {y, zero, first, token_axis});
    const Value mean = graph_.op("ReduceMean", {graph_.op("Slice", {y, first, end, token_axis})});
    graph_.attribute("axes", {1});
    graph_.attribute("keepdims", std::int64_t{1});
    const Value hidden = gelu(product(model_.head1, concat({global, mean}, -1), "head1"), "head_gelu");
    return graph_.op("Reshape", {product(model_.head2, hidden, "head2"), graph_.int64s("vector", {-1})});
  }

  const QuantModel& model_;
  GraphBuilder graph_;
};

}  // namespace

Result<std::vector<std::byte>> encode_onnx(const QuantModel& model) {
  // Shapes and numbers are held to what a model file may contain.
  // By writing one and dropping it: one list of bounds, in the reader.
  TORPOR_TRY(const auto checked, encode_model_file(model, ""));
  onnx::ModelProto proto;
  // 17 is the first opset with LayerNormalization; 8 is the format that belongs to it.
  proto.set_ir_version(8);
  proto.set_producer_name("torpor");
  proto.add_opset_import()->set_version(17);
  proto.mutable_graph()->set_name("torpor encoder");
  Exporter(model, *proto.mutable_graph()).build();
  // Only here can ONNX throw; nothing it throws leaves this room.
  try {
    onnx::checker::check_model(proto);
    const std::string text = proto.SerializeAsString();
    const Bytes bytes = as_bytes(text);
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  } catch (const std::exception& objection) {
    Error error{Reason::onnx_failed, "ONNX checker", {}, {}};
    error.found << std::string_view(objection.what());
    return error;
  }
}

Status export_onnx(Files& files, const std::string& path, const QuantModel& model) {
  TORPOR_TRY(const auto bytes, encode_onnx(model));
  return files.replace(path, bytes, 0644);
}

}  // namespace torpor
