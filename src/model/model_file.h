// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "model/float_model.h"

// A compiled model: the flat file of docs/model-file.md, used in place. Reading it parses
// nothing into other structures: the weights lie in the file as the kernels want them.
namespace torpor {

inline constexpr std::uint32_t kModelFormat = 1;
inline constexpr std::size_t kMaxModelBytes = 4u << 20;

// SHA-256 of a whole model file: what the contract names.
Digest model_digest(Bytes file);

// What the reader insists on beside the file's own consistency. An absent digest is for
// tools only; torpord always has the contract's.
struct ModelExpectation {
  std::optional<Digest> digest;
  std::optional<std::uint32_t> feature_version;
};

// One int8 matrix in kernel order. Rows of 64 bytes: block of 16 outputs, then group of 4
// inputs, then [16 outputs][4 inputs]. Outputs are padded to 16 and inputs to 4 with zeros.
struct PackedMatrix {
  const std::int8_t* data = nullptr;  // 64-byte aligned
  std::uint32_t out = 0;
  std::uint32_t in = 0;
  std::uint32_t blocks() const { return (out + 15) / 16; }
  std::uint32_t groups() const { return (in + 3) / 4; }
  std::size_t bytes() const { return std::size_t{64} * blocks() * groups(); }
};

struct PackedLinear {
  PackedMatrix matrix;
  const float* scale = nullptr;  // [out padded to 16]; padding 1
  const float* bias = nullptr;   // [out padded to 16]; padding 0
  float in_scale = 0;
};

struct PackedNorm {
  const float* gain = nullptr;  // [width]
  const float* bias = nullptr;
};

struct PackedLayer {
  PackedNorm norm1;
  PackedLinear qkv;
  float q_scale = 0;
  float k_scale = 0;
  float v_scale = 0;
  PackedLinear o;
  PackedNorm norm2;
  PackedLinear ffn1;
  PackedLinear ffn2;
};

// One line of the section table, for `torpor model inspect`.
struct ModelSection {
  std::string name;  // "layer 1 ffn1 weight"
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  bool int8 = false;  // else fp32
};

// Immutable once made; may be shared by threads. Views stay valid as long as it lives.
//
// The file is read once, through one descriptor, into memory of this process that is then
// made read-only; digest and checks are over that copy. A file-backed mapping would change
// under us with the file (and SIGBUS on truncation), after it was checked.
class ModelFile {
 public:
  // Errors, in the order of the checks: those of Files::read; model_truncated,
  // model_not_a_model, model_foreign_endian, model_format, model_truncated, model_trailing,
  // model_damaged (CRC-32C), model_digest, model_features, model_dimension, model_section,
  // model_overlap, model_layout, model_shape, model_value. `where` is "PATH: field" or
  // "PATH: section NAME".
  static Result<std::unique_ptr<ModelFile>> open(Files& files, const std::string& path,
                                                 const ModelExpectation& expected);
  // The same over bytes at hand; `where` stands for the path in errors.
  static Result<std::unique_ptr<ModelFile>> from_bytes(Bytes bytes, std::string_view where,
                                                       const ModelExpectation& expected);
  ~ModelFile();
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  const Digest& digest() const { return digest_; }
  const Digest& card_digest() const { return card_digest_; }
  std::uint32_t feature_version() const { return feature_version_; }
  const ModelDims& dims() const { return dims_; }
  std::uint64_t bytes() const { return size_; }
  std::vector<ModelSection> sections() const;

  // The embeddings have no bias array (null): it is part of position().
  const PackedLinear& embed_band() const { return embed_band_; }
  const PackedLinear& embed_global() const { return embed_global_; }
  const float* position() const { return position_; }  // [kTokens][width]
  std::span<const PackedLayer> layers() const { return layers_; }
  const PackedNorm& final_norm() const { return final_norm_; }
  const PackedLinear& head1() const { return head1_; }
  const PackedLinear& head2() const { return head2_; }

 private:
  friend class ModelReader;  // model/model_file.cpp
  ModelFile() = default;

  std::byte* memory_ = nullptr;  // own read-only mapping
  std::uint64_t size_ = 0;
  Digest digest_{};
  Digest card_digest_{};
  std::uint32_t feature_version_ = 0;
  ModelDims dims_{};
  PackedLinear embed_band_;
  PackedLinear embed_global_;
  const float* position_ = nullptr;
  std::vector<PackedLayer> layers_;
  PackedNorm final_norm_;
  PackedLinear head1_;
  PackedLinear head2_;
};

}  // namespace torpor
