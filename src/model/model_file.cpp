// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/model_file.h"

#include <sodium.h>
#include <sys/mman.h>

#include <bit>
#include <cerrno>
#include <cmath>

#include "base/hex.h"
#include "model/model_layout.h"

namespace torpor {

static_assert(std::endian::native == std::endian::little, "the file is used in place");

Digest model_digest(Bytes file) {
  Digest digest;
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(file.data()), file.size());
  return digest;
}

namespace {

template <class... Pieces>
FixedString<120> text(const Pieces&... pieces) {
  FixedString<120> joined;
  (joined << ... << pieces);
  return joined;
}

}  // namespace

// Builds one ModelFile; every check between bytes and views is here.
class ModelReader {
 public:
  ModelReader(Bytes bytes, std::string_view where, const ModelExpectation& expected)
      : bytes_(bytes), where_(where), expected_(expected) {}

  Result<std::unique_ptr<ModelFile>> read() {
    // Each step may trust what the one before has held: nothing is looked at before it is private.
    TORPOR_CHECK(copy());
    TORPOR_CHECK(check_frame());
    TORPOR_CHECK(check_header());
    TORPOR_CHECK(check_table());
    point();
    return std::move(file_);
  }

 private:
  Error fail(Reason reason, std::string_view field, std::string_view found, std::string_view expected) const {
    Error error{reason};
    error.where << where_ << ": " << field;
    error.found << found;
    error.expected << expected;
    return error;
  }
  std::uint32_t u32(std::size_t at) const { return load_le<std::uint32_t>(bytes_.data() + at); }
  std::uint64_t u64(std::size_t at) const { return load_le<std::uint64_t>(bytes_.data() + at); }

  // From here on bytes_ is the private copy, not what the caller holds.
  Status copy() {
    if (bytes_.size() < kHeaderBytes)
      return fail(Reason::model_truncated, "header", text(bytes_.size(), " bytes"), "128 bytes at least");
    // Before memory is taken for it.
    if (bytes_.size() > kMaxModelBytes)
      return fail(Reason::file_too_large, "file", text(bytes_.size(), " bytes"),
                  text(kMaxModelBytes, " at most"));
    file_.reset(new ModelFile);
    // Whole pages of our own, because only pages can be made read-only.
    void* memory = mmap(nullptr, bytes_.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      Error error = fail(Reason::io_failed, "memory", "", "");
      error.os_code = errno;
      return error;
    }
    // Owned at once: whatever fails below, the destructor gives it back.
    file_->memory_ = static_cast<std::byte*>(memory);
    file_->size_ = bytes_.size();
    std::memcpy(memory, bytes_.data(), bytes_.size());
    // From here a stray write of ours is a fault, and a changed file on disk changes nothing.
    if (mprotect(memory, bytes_.size(), PROT_READ) != 0) {
      Error error = fail(Reason::io_failed, "memory protection", "", "");
      error.os_code = errno;
      return error;
    }
    bytes_ = {file_->memory_, file_->size_};
    return {};
  }

  // Is it one of ours, whole and undamaged, and the one that was asked for?
  Status check_frame() {
    if (!equal(bytes_.first(kModelMagic.size()), as_bytes(kModelMagic)))
      return fail(Reason::model_not_a_model, "magic", "other bytes", "TRPM");
    // Told by name: a file that was written elsewhere is not a damaged one.
    if (u32(kAtByteOrder) == __builtin_bswap32(kByteOrderMark))
      return fail(Reason::model_foreign_endian, "byte order", "big-endian", "little-endian");
    if (u32(kAtByteOrder) != kByteOrderMark)
      return fail(Reason::model_not_a_model, "byte order", text(u32(kAtByteOrder)), text(kByteOrderMark));
    // Before size and CRC: in another format they may stand elsewhere.
    if (u32(kAtFormat) != kModelFormat)
      return fail(Reason::model_format, "format", text(u32(kAtFormat)), text(kModelFormat));
    // Both directions are told apart, as a broken copy and a wrong tool are.
    const std::uint64_t claimed = u64(kAtFileBytes);
    if (claimed > bytes_.size())
      return fail(Reason::model_truncated, "file size", text(bytes_.size(), " bytes"),
                  text(claimed, " bytes"));
    if (claimed < bytes_.size())
      return fail(Reason::model_trailing, "file size", text(bytes_.size(), " bytes"),
                  text(claimed, " bytes"));
    // Before the digest: a damaged file is told as damaged, not as the wrong model.
    const std::uint32_t crc = crc32c(bytes_.subspan(kAtFeatures));
    if (crc != u32(kAtCrc)) return fail(Reason::model_damaged, "CRC-32C", text(crc), text(u32(kAtCrc)));
    file_->digest_ = model_digest(bytes_);
    if (expected_.digest && file_->digest_ != *expected_.digest)
      return fail(Reason::model_digest, "SHA-256", hex(file_->digest_), hex(*expected_.digest));
    return {};
  }

  Status check_header() {
    file_->feature_version_ = u32(kAtFeatures);
    if (expected_.feature_version && file_->feature_version_ != *expected_.feature_version)
      return fail(Reason::model_features, "feature version", text(file_->feature_version_),
                  text(*expected_.feature_version));
    // Compiled in, so a file of other numbers is of another torpor.
    constexpr std::uint32_t kFixed[] = {kTokens, kBandInputs, kGlobalInputs};
    constexpr std::string_view kFixedNames[] = {"tokens", "band inputs", "global inputs"};
    // A model of other tokens would run and say nothing.
    for (std::size_t i = 0; i < 3; ++i)
      if (u32(kAtTokens + 4 * i) != kFixed[i])
        return fail(Reason::model_dimension, kFixedNames[i], text(u32(kAtTokens + 4 * i)), text(kFixed[i]));
    ModelDims& dims = file_->dims_;
    std::size_t at = kAtDims;
    for (std::uint32_t* dim : {&dims.width, &dims.layers, &dims.heads, &dims.ffn, &dims.head_hidden}) {
      *dim = u32(at);
      at += 4;
    }
    // Before the table: its length follows from the dims, and so does what is reserved for it.
    if (auto status = check_dims(dims); !status) {
      Error error = status.error();
      error.where.clear();
      error.where << where_ << ": " << status.error().where;
      return error;
    }
    std::memcpy(file_->card_digest_.data(), bytes_.data() + kAtCard, file_->card_digest_.size());
    // Reserved: what a later format puts there must not be passed over by this one.
    return check_zero(kAtSections + 4, kAtCard, "header");
  }

  Status check_zero(std::uint64_t from, std::uint64_t to, std::string_view what) const {
    for (std::uint64_t i = from; i < to; ++i)
      if (bytes_[i] != std::byte{0})
        return fail(Reason::model_layout, what, text("a byte that is not zero at ", i), "padding");
    return {};
  }

  Status check_table() {
    TORPOR_CHECK(check_zero(kAtReserved, kHeaderBytes, "header"));
    const std::vector<SectionSpec> specs = section_specs(file_->dims_);
    if (u32(kAtSections) != specs.size())
      return fail(Reason::model_section, "sections", text(u32(kAtSections)), text(specs.size()));
    std::uint64_t end = kHeaderBytes + kEntryBytes * specs.size();
    if (end > bytes_.size())
      return fail(Reason::model_truncated, "section table", text(bytes_.size(), " bytes"),
                  text(end, " bytes at least"));
    starts_.reserve(specs.size());
    // Sections have one order and no gaps but alignment: nothing in the file is left unread, nothing read
    // twice.
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const std::string label = "section " + section_name(specs[i]);
      TORPOR_CHECK(check_entry(kHeaderBytes + kEntryBytes * i, specs[i], label, end));
      TORPOR_CHECK(check_content(specs[i], label));
    }
    if (end != bytes_.size())
      return fail(Reason::model_trailing, "sections", text(bytes_.size() - end, " bytes behind the last"),
                  "none");
    return {};
  }

  // `end` is where the section before ends, and becomes where this one does.
  Status check_entry(std::size_t at, const SectionSpec& spec, std::string_view label, std::uint64_t& end) {
    const std::uint32_t id = std::uint32_t{spec.layer} << 16 | static_cast<std::uint32_t>(spec.kind);
    if (u32(at) != id) return fail(Reason::model_section, label, text(u32(at)), text(id));
    if (u32(at + 4) != static_cast<std::uint32_t>(spec.type))
      return fail(Reason::model_shape, label, text("type ", u32(at + 4)),
                  text("type ", static_cast<std::uint32_t>(spec.type)));
    if (u32(at + 24) != spec.rows || u32(at + 28) != spec.columns)
      return fail(Reason::model_shape, label, text(u32(at + 24), " x ", u32(at + 28)),
                  text(spec.rows, " x ", spec.columns));
    const std::uint64_t offset = u64(at + 8);
    const std::uint64_t bytes = u64(at + 16);
    if (bytes != spec.bytes())
      return fail(Reason::model_shape, label, text(bytes, " bytes"), text(spec.bytes(), " bytes"));
    // In this form no sum can wrap, whatever the file says.
    if (offset > bytes_.size() || bytes > bytes_.size() - offset)
      return fail(Reason::model_truncated, label, text("offset ", offset),
                  text(bytes_.size(), " bytes in all"));
    if (offset < end)
      return fail(Reason::model_overlap, label, text("offset ", offset), text(end, " at least"));
    if (offset != aligned_up(end))
      return fail(Reason::model_layout, label, text("offset ", offset), text(aligned_up(end)));
    TORPOR_CHECK(check_zero(end, offset, label));
    starts_.push_back(offset);
    end = offset + bytes;
    return {};
  }

  Status check_content(const SectionSpec& spec, std::string_view label) const {
    if (spec.type == SectionType::packed_int8) return check_weights(spec, label);
    // Aligned by check_entry() and by the page the copy begins on.
    const float* values = reinterpret_cast<const float*>(bytes_.data() + starts_.back());
    for (std::uint64_t i = 0; i < spec.bytes() / sizeof(float); ++i) {
      const float v = values[i];
      // Written so that a NaN fails.
      const bool good = spec.type == SectionType::scale_f32 ? v >= kMinScale && v <= kMaxScale
                                                            : v >= -kMaxValue && v <= kMaxValue;
      if (!good)
        return fail(Reason::model_value, label, text("index ", i, (std::isfinite(v) ? "" : ", not finite")),
                    spec.type == SectionType::scale_f32 ? "1e-9 to 1e3" : "-1e6 to 1e6");
    }
    return {};
  }

  // -128 would break the bounds of model/cpu/kernels.h; padding must not add to a sum.
  Status check_weights(const SectionSpec& spec, std::string_view label) const {
    const std::byte* data = bytes_.data() + starts_.back();
    // Content after its entry, so that starts_ holds nothing that was not checked.
    const std::uint64_t groups = (spec.columns + 3) / 4;
    for (std::uint64_t i = 0; i < spec.bytes(); ++i) {
      const std::uint64_t row = i / 64;
      const std::uint64_t out = row / groups * 16 + i % 64 / 4;
      const std::uint64_t in = row % groups * 4 + i % 4;
      if (data[i] == std::byte{0x80})
        return fail(Reason::model_value, label, text("-128 at byte ", i), "-127 to 127");
      if ((out >= spec.rows || in >= spec.columns) && data[i] != std::byte{0})
        return fail(Reason::model_layout, label, text("padding that is not zero at byte ", i), "0");
    }
    return {};
  }

  // In the order of section_specs().
  const float* floats() { return reinterpret_cast<const float*>(bytes_.data() + starts_[next_++]); }
  PackedLinear linear(std::uint32_t out, std::uint32_t in, float in_scale, bool with_bias) {
    PackedLinear made;
    made.matrix = {reinterpret_cast<const std::int8_t*>(bytes_.data() + starts_[next_++]), out, in};
    made.scale = floats();
    // Embeddings have none: theirs is part of position.
    made.bias = with_bias ? floats() : nullptr;
    made.in_scale = in_scale;
    return made;
  }
  PackedNorm norm() {
    PackedNorm made;
    made.gain = floats();
    made.bias = floats();
    return made;
  }

  // By place and without a question: check_table() has held every section to the same list.
  void point() {
    const ModelDims& dims = file_->dims_;
    // One section of all activation scales: read by place, two in front, seven a layer, two behind.
    const float* scale = floats();
    file_->position_ = floats();
    const float band_scale = *scale++;
    const float global_scale = *scale++;
    file_->embed_band_ = linear(dims.width, kBandInputs, band_scale, false);
    file_->embed_global_ = linear(dims.width, kGlobalInputs, global_scale, false);
    for (std::uint32_t i = 0; i < dims.layers; ++i, scale += kScalesPerLayer) {
      PackedLayer layer;
      layer.norm1 = norm();
      layer.qkv = linear(3 * dims.width, dims.width, scale[0], true);
      // Scales of results, not of an input: q, k and v are requantised before the attention.
      layer.q_scale = scale[1];
      layer.k_scale = scale[2];
      layer.v_scale = scale[3];
      layer.o = linear(dims.width, dims.width, scale[4], true);
      layer.norm2 = norm();
      layer.ffn1 = linear(dims.ffn, dims.width, scale[5], true);
      layer.ffn2 = linear(dims.width, dims.ffn, scale[6], true);
      file_->layers_.push_back(layer);
    }
    file_->final_norm_ = norm();
    file_->head1_ = linear(dims.head_hidden, 2 * dims.width, scale[0], true);
    file_->head2_ = linear(1, dims.head_hidden, scale[1], true);
  }

  Bytes bytes_;
  std::string_view where_;
  const ModelExpectation& expected_;
  std::unique_ptr<ModelFile> file_;
  std::vector<std::uint64_t> starts_;
  std::size_t next_ = 0;
};

Result<std::unique_ptr<ModelFile>> ModelFile::open(Files& files, const std::string& path,
                                                   const ModelExpectation& expected) {
  TORPOR_TRY(const auto bytes, files.read(path, kMaxModelBytes));
  return from_bytes(bytes, path, expected);
}

Result<std::unique_ptr<ModelFile>> ModelFile::from_bytes(Bytes bytes, std::string_view where,
                                                         const ModelExpectation& expected) {
  return ModelReader(bytes, where, expected).read();
}

ModelFile::~ModelFile() {
  if (memory_ != nullptr) munmap(memory_, size_);
}

// From the table once more, for people: nothing on the scoring path asks for it.
std::vector<ModelSection> ModelFile::sections() const {
  std::vector<ModelSection> list;
  const std::vector<SectionSpec> specs = section_specs(dims_);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::byte* entry = memory_ + kHeaderBytes + kEntryBytes * i;
    list.push_back({section_name(specs[i]), load_le<std::uint64_t>(entry + 8), specs[i].bytes(),
                    specs[i].rows, specs[i].columns, specs[i].type == SectionType::packed_int8});
  }
  return list;
}

}  // namespace torpor
