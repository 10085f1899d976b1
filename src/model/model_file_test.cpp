// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/model_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>

#include "base/posix/posix_files.h"
#include "model/fake/models.h"
#include "model/model_layout.h"

namespace torpor {
namespace {

using Buffer = std::vector<std::byte>;

class ModelFileBytes : public testing::Test {
 protected:
  static Buffer good() {
    static const Buffer bytes = *encode_model_file(random_model(1), "card");
    return bytes;
  }
  // As written by someone who means it: the checksum fits.
  static Buffer sealed(Buffer bytes) {
    store_le<std::uint32_t>(bytes.data() + kAtCrc, crc32c(Bytes(bytes).subspan(kAtFeatures)));
    return bytes;
  }
  static Error refusal(const Buffer& bytes, const ModelExpectation& expected = {}) {
    const auto result = ModelFile::from_bytes(bytes, "x.model", expected);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Error{} : result.error();
  }
  static Buffer with32(std::size_t at, std::uint32_t value) {
    Buffer bytes = good();
    store_le(bytes.data() + at, value);
    return sealed(bytes);
  }
  static std::size_t entry(std::size_t i) { return kHeaderBytes + kEntryBytes * i; }
  static std::size_t find(std::string_view name) {
    const auto specs = section_specs({});
    for (std::size_t i = 0; i < specs.size(); ++i)
      if (section_name(specs[i]) == name) return i;
    ADD_FAILURE() << name;
    return 0;
  }
  static std::uint64_t offset_of(std::string_view name) {
    return load_le<std::uint64_t>(good().data() + entry(find(name)) + 8);
  }
};

TEST_F(ModelFileBytes, opens_what_was_written_and_lists_it) {
  const Buffer bytes = good();
  ModelExpectation expected;
  expected.digest = model_digest(bytes);
  expected.feature_version = kFeatureVersion;
  const auto result = ModelFile::from_bytes(bytes, "x.model", expected);
  ASSERT_TRUE(result.ok());
  const ModelFile& file = **result;
  EXPECT_EQ(file.dims(), ModelDims{});
  EXPECT_EQ(file.bytes(), bytes.size());
  EXPECT_EQ(file.card_digest(), model_digest(as_bytes("card")));
  EXPECT_EQ(file.layers().size(), 3u);
  const auto sections = file.sections();
  EXPECT_EQ(sections.size(), section_specs({}).size());
  EXPECT_EQ(sections[0].name, "activation scales");
  EXPECT_EQ(sections.back().name, "head2 bias");
  EXPECT_LE(file.bytes(), 256u << 10);
}

TEST_F(ModelFileBytes, holds_the_numbers_of_the_model) {
  const QuantModel model = random_model(1);
  const auto file = random_model_file(1);
  const PackedLinear& packed = file->layers()[1].ffn2;
  const QuantLinear& plain = model.layer[1].ffn2;
  EXPECT_EQ(packed.in_scale, plain.in_scale);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(packed.matrix.data) % 64, 0u);
  for (std::uint32_t o : {0u, 17u, 63u}) {
    EXPECT_EQ(packed.scale[o], plain.scale[o]);
    EXPECT_EQ(packed.bias[o], plain.bias[o]);
    for (std::uint32_t i : {0u, 5u, 255u})
      EXPECT_EQ(packed.matrix.data[64 * (o / 16 * packed.matrix.groups() + i / 4) + 4 * (o % 16) + i % 4],
                plain.weight[o * plain.in + i]);
  }
  EXPECT_EQ(file->layers()[2].v_scale, model.layer[2].v_scale);
  EXPECT_EQ(file->head2().in_scale, model.head2.in_scale);
  EXPECT_EQ(file->head2().bias[0], model.head2.bias[0]);
}

TEST_F(ModelFileBytes, unpacks_to_the_model_it_was_made_of) {
  const auto file = random_model_file(1);
  const QuantModel plain = random_model(1);
  const QuantModel again = unpack(*file);
  EXPECT_EQ(again.layer[1].qkv.weight, plain.layer[1].qkv.weight);
  EXPECT_EQ(again.head2.scale, plain.head2.scale);
  EXPECT_EQ(*encode_model_file(again, "card"), good());
}

TEST_F(ModelFileBytes, same_model_gives_the_same_bytes) {
  EXPECT_EQ(good(), *encode_model_file(random_model(1), "card"));
  EXPECT_NE(good(), *encode_model_file(random_model(1), "another card"));
}

TEST_F(ModelFileBytes, refuses_every_truncation) {
  const Buffer bytes = good();
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 1977) {
    const Error error = refusal(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(error.reason, Reason::model_truncated) << size;
  }
}

TEST_F(ModelFileBytes, refuses_every_flipped_bit) {
  const Buffer bytes = good();
  for (std::size_t at = 0; at < bytes.size(); at += at < 128 ? 1 : at < 2112 ? 13 : 997) {
    Buffer damaged = bytes;
    damaged[at] ^= std::byte{0x10};
    EXPECT_EQ(group(refusal(damaged).reason), Group::refused) << at;
  }
}

TEST_F(ModelFileBytes, names_damage_as_such) {
  Buffer bytes = good();
  bytes.back() ^= std::byte{1};
  EXPECT_EQ(refusal(bytes).reason, Reason::model_damaged);
}

TEST_F(ModelFileBytes, refuses_trailing_bytes) {
  Buffer bytes = good();
  bytes.push_back(std::byte{0});
  EXPECT_EQ(refusal(bytes).reason, Reason::model_trailing);
  store_le<std::uint64_t>(bytes.data() + kAtFileBytes, bytes.size());
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_trailing);
}

TEST_F(ModelFileBytes, refuses_another_kind_of_file) {
  Buffer bytes = good();
  bytes[0] = std::byte{'X'};
  EXPECT_EQ(refusal(bytes).reason, Reason::model_not_a_model);
  EXPECT_EQ(refusal(Buffer(4096)).reason, Reason::model_not_a_model);
}

TEST_F(ModelFileBytes, refuses_a_file_of_a_big_endian_machine) {
  EXPECT_EQ(refusal(with32(kAtByteOrder, 0x0d0c0b0a)).reason, Reason::model_foreign_endian);
}

TEST_F(ModelFileBytes, refuses_another_format) {
  EXPECT_EQ(refusal(with32(kAtFormat, 2)).reason, Reason::model_format);
}

TEST_F(ModelFileBytes, refuses_a_model_the_contract_does_not_name) {
  ModelExpectation expected;
  expected.digest = model_digest(as_bytes("another"));
  const Error error = refusal(good(), expected);
  EXPECT_EQ(error.reason, Reason::model_digest);
  EXPECT_EQ(error.found.size(), 64u);
  EXPECT_EQ(error.expected.size(), 64u);
  EXPECT_EQ(exit_code(error.reason), 78);
}

TEST_F(ModelFileBytes, refuses_a_model_of_other_features) {
  ModelExpectation expected;
  expected.feature_version = kFeatureVersion + 1;
  EXPECT_EQ(refusal(good(), expected).reason, Reason::model_features);
}

TEST_F(ModelFileBytes, refuses_dimensions_out_of_bounds) {
  for (std::size_t at = kAtTokens; at < kAtSections; at += 4)
    for (std::uint32_t value : {0u, 0xffffffffu, 17u}) {
      const Error error = refusal(with32(at, value));
      EXPECT_TRUE(error.reason == Reason::model_dimension || error.reason == Reason::model_section)
          << at << " " << value << " " << name(error.reason);
    }
}

TEST_F(ModelFileBytes, refuses_sections_that_are_missing_or_in_another_order) {
  EXPECT_EQ(refusal(with32(kAtSections, 61)).reason, Reason::model_section);
  EXPECT_EQ(refusal(with32(entry(2), 4)).reason, Reason::model_section);
}

TEST_F(ModelFileBytes, refuses_offsets_and_sizes_outside_the_file) {
  for (std::uint64_t value : {std::uint64_t{1} << 40, ~std::uint64_t{0}, ~std::uint64_t{63}}) {
    Buffer bytes = good();
    store_le(bytes.data() + entry(5) + 8, value);
    EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_truncated);
    bytes = good();
    store_le(bytes.data() + entry(5) + 16, value);
    EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_shape);
  }
}

TEST_F(ModelFileBytes, refuses_sections_that_overlap) {
  Buffer bytes = good();
  const auto before = load_le<std::uint64_t>(bytes.data() + entry(8) + 8);
  store_le(bytes.data() + entry(9) + 8, before);
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_overlap);
}

TEST_F(ModelFileBytes, refuses_sections_that_are_not_where_they_must_be) {
  Buffer bytes = good();
  const auto offset = load_le<std::uint64_t>(bytes.data() + entry(9) + 8);
  for (std::uint64_t shift : {1u, 4u, 64u}) {
    store_le(bytes.data() + entry(9) + 8, offset + shift);
    EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_layout);
  }
}

TEST_F(ModelFileBytes, refuses_another_shape_or_type) {
  EXPECT_EQ(refusal(with32(entry(2) + 24, 65)).reason, Reason::model_shape);
  EXPECT_EQ(refusal(with32(entry(2) + 28, 93)).reason, Reason::model_shape);
  EXPECT_EQ(refusal(with32(entry(2) + 4, 2)).reason, Reason::model_shape);
}

TEST_F(ModelFileBytes, refuses_numbers_that_could_leave_the_finite) {
  const float bad_scales[] = {0.0f,
                              -1.0f,
                              1e-12f,
                              1e9f,
                              std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity()};
  for (const char* section : {"activation scales", "layer 1 ffn1 scale", "head2 scale"})
    for (float bad : bad_scales) {
      Buffer bytes = good();
      std::memcpy(bytes.data() + offset_of(section), &bad, sizeof bad);
      const Error error = refusal(sealed(bytes));
      EXPECT_EQ(error.reason, Reason::model_value);
      EXPECT_EQ(error.where.view(), std::string("x.model: section ") + section);
    }
  const float bad_values[] = {1e7f, -1e7f, std::numeric_limits<float>::quiet_NaN(),
                              -std::numeric_limits<float>::infinity()};
  for (const char* section : {"position", "layer 2 norm2 gain", "final_norm bias"})
    for (float bad : bad_values) {
      Buffer bytes = good();
      std::memcpy(bytes.data() + offset_of(section) + 8, &bad, sizeof bad);
      EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_value);
    }
}

TEST_F(ModelFileBytes, refuses_the_weight_that_has_no_negative) {
  Buffer bytes = good();
  bytes[offset_of("layer 0 qkv weight") + 70] = std::byte{0x80};
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_value);
}

TEST_F(ModelFileBytes, refuses_padding_that_is_not_zero) {
  Buffer bytes = good();
  bytes[offset_of("head2 weight") + 4] = std::byte{1};  // output 1 of 1
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_layout);
  bytes = good();
  bytes[kAtReserved] = std::byte{1};
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_layout);
  bytes = good();
  bytes[offset_of("position") - 1] = std::byte{1};
  EXPECT_EQ(refusal(sealed(bytes)).reason, Reason::model_layout);
}

TEST_F(ModelFileBytes, does_not_see_later_changes_of_the_caller) {
  Buffer bytes = good();
  const auto file = ModelFile::from_bytes(bytes, "x.model", {});
  ASSERT_TRUE(file.ok());
  const float before = (*file)->position()[0];
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});
  EXPECT_EQ((*file)->position()[0], before);
}

using ModelFileDeathTest = ModelFileBytes;
TEST_F(ModelFileDeathTest, cannot_be_written_to) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto file = random_model_file(1);
  EXPECT_DEATH(const_cast<float*>(file->position())[0] = 1.0f, "");
}

TEST(ModelFile, is_written_as_a_whole_and_opened_by_path) {
  const std::string path = testing::TempDir() + "torpor_model_file_test.model";
  PosixFiles files;
  ASSERT_TRUE(write_model_file(files, path, random_model(1), "card").ok());
  const auto file = ModelFile::open(files, path, {});
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->digest(), model_digest(*files.read(path, kMaxModelBytes)));
  std::filesystem::remove(path);
  EXPECT_EQ(ModelFile::open(files, path, {}).error().reason, Reason::file_missing);
}

TEST(ModelFile, refuses_to_write_what_could_not_be_read) {
  QuantModel model = random_model(1);
  model.layer[0].q_scale = 0;
  EXPECT_EQ(encode_model_file(model, "").error().reason, Reason::model_value);
  model = random_model(1);
  model.layer[0].norm1.gain.resize(3);
  EXPECT_EQ(encode_model_file(model, "").error().reason, Reason::model_shape);
}

}  // namespace
}  // namespace torpor
