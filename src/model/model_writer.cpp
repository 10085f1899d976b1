// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cstring>

#include "model/model_file.h"
#include "model/model_layout.h"
#include "model/quant_model.h"

namespace torpor {
namespace {

// Contents of the sections, in the order of section_specs().
class Contents {
 public:
  explicit Contents(const QuantModel& model) {
    // In the order of TapPoint and kScalesPerLayer: point() in model_file.cpp reads them by place.
    scales_.assign({model.embed_band.in_scale, model.embed_global.in_scale});
    for (const QuantLayer& l : model.layer)
      scales_.insert(scales_.end(), {l.qkv.in_scale, l.q_scale, l.k_scale, l.v_scale, l.o.in_scale,
                                     l.ffn1.in_scale, l.ffn2.in_scale});
    scales_.insert(scales_.end(), {model.head1.in_scale, model.head2.in_scale});
    floats(scales_);
    floats(model.position);
    matrix(model.embed_band);
    matrix(model.embed_global);
    for (const QuantLayer& l : model.layer) {
      norm(l.norm1);
      linear(l.qkv);
      linear(l.o);
      norm(l.norm2);
      linear(l.ffn1);
      linear(l.ffn2);
    }
    norm(model.final_norm);
    linear(model.head1);
    linear(model.head2);
  }
  const std::vector<std::vector<std::byte>>& sections() const { return sections_; }

 private:
  void floats(const std::vector<float>& values, std::size_t padded = 0, float padding = 0) {
    std::vector<float> all = values;
    // Padding 1 for scales, 0 for biases: a padded output is 0, and no kernel divides by it.
    if (padded > all.size()) all.resize(padded, padding);
    std::vector<std::byte> raw(all.size() * sizeof(float));
    std::memcpy(raw.data(), all.data(), raw.size());
    sections_.push_back(std::move(raw));
  }
  void norm(const FloatNorm& norm) {
    floats(norm.gain);
    floats(norm.bias);
  }
  void matrix(const QuantLinear& from) {
    const PackedMatrix shape{nullptr, from.out, from.in};
    std::vector<std::byte> raw(shape.bytes());
    // Blocks of sixteen outputs by groups of four inputs (docs/model-file.md): one 64-byte row is what a
    // 512-bit dot product takes at once.
    for (std::uint32_t o = 0; o < from.out; ++o)
      for (std::uint32_t i = 0; i < from.in; ++i)
        raw[std::size_t{64} * (o / 16 * shape.groups() + i / 4) + 4 * (o % 16) + i % 4] =
            static_cast<std::byte>(from.weight[std::size_t{o} * from.in + i]);
    sections_.push_back(std::move(raw));
    floats(from.scale, std::size_t{16} * shape.blocks(), 1.0f);
  }
  void linear(const QuantLinear& from) {
    matrix(from);
    floats(from.bias, (std::size_t{from.out} + 15) / 16 * 16, 0.0f);
  }

  std::vector<float> scales_;
  std::vector<std::vector<std::byte>> sections_;
};

Error wrong_size(const SectionSpec& spec, std::size_t found) {
  Error error{Reason::model_shape, std::string_view(section_name(spec))};
  error.found << found << " bytes";
  error.expected << spec.bytes() << " bytes";
  return error;
}

void put32(std::vector<std::byte>& file, std::size_t at, std::uint32_t value) {
  store_le(file.data() + at, value);
}

void put_header(std::vector<std::byte>& file, const QuantModel& model, std::string_view card,
                std::size_t section_count) {
  const ModelDims& dims = model.dims;
  std::memcpy(file.data(), kModelMagic.data(), kModelMagic.size());
  put32(file, kAtByteOrder, kByteOrderMark);
  put32(file, kAtFormat, kModelFormat);
  put32(file, kAtFeatures, model.feature_version);
  std::size_t at = kAtTokens;
  for (std::size_t n : {kTokens, kBandInputs, kGlobalInputs}) {
    put32(file, at, static_cast<std::uint32_t>(n));
    at += 4;
  }
  at = kAtDims;
  for (std::uint32_t n : {dims.width, dims.layers, dims.heads, dims.ffn, dims.head_hidden}) {
    put32(file, at, n);
    at += 4;
  }
  put32(file, kAtSections, static_cast<std::uint32_t>(section_count));
  // Only the digest: the card may be long, and binds the file to the training it tells of.
  const Digest card_digest = model_digest(as_bytes(card));
  std::memcpy(file.data() + kAtCard, card_digest.data(), card_digest.size());
}

}  // namespace

Result<std::vector<std::byte>> encode_model_file(const QuantModel& model, std::string_view card) {
  TORPOR_CHECK(check_dims(model.dims));
  const std::vector<SectionSpec> specs = section_specs(model.dims);
  const Contents contents(model);
  if (contents.sections().size() != specs.size()) return Error{Reason::model_section, "layers"};
  std::vector<std::byte> file(kHeaderBytes + kEntryBytes * specs.size());
  put_header(file, model, card, specs.size());
  // From the table of specs, as the reader does: what is written here and what is expected there cannot
  // differ.
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& content = contents.sections()[i];
    // A model made by hand may have vectors of other lengths: quantize() is not the only way here.
    if (content.size() != specs[i].bytes()) return wrong_size(specs[i], content.size());
    // The gap stays zero, which the reader asks for: the same model gives the same bytes.
    file.resize(aligned_up(file.size()));
    const std::size_t entry = kHeaderBytes + kEntryBytes * i;
    put32(file, entry, std::uint32_t{specs[i].layer} << 16 | static_cast<std::uint32_t>(specs[i].kind));
    put32(file, entry + 4, static_cast<std::uint32_t>(specs[i].type));
    store_le<std::uint64_t>(file.data() + entry + 8, file.size());
    store_le<std::uint64_t>(file.data() + entry + 16, content.size());
    put32(file, entry + 24, specs[i].rows);
    put32(file, entry + 28, specs[i].columns);
    file.insert(file.end(), content.begin(), content.end());
  }
  store_le<std::uint64_t>(file.data() + kAtFileBytes, file.size());
  // Last: it covers all behind it, the file's size stands in front of it.
  put32(file, kAtCrc, crc32c(Bytes(file).subspan(kAtFeatures)));
  // A file that would not be read must not be written.
  TORPOR_TRY(const auto read_back, ModelFile::from_bytes(file, "encoded model", {}));
  return file;
}

Status write_model_file(Files& files, const std::string& path, const QuantModel& model,
                        std::string_view card) {
  TORPOR_TRY(const auto bytes, encode_model_file(model, card));
  // Readable by all: a model holds no secret.
  return files.replace(path, bytes, 0644);
}

}  // namespace torpor
