// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_reader.h"

#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <filesystem>

#include "sensor/fake/pack.h"

namespace torpor {
namespace {

std::vector<std::int16_t> ramp(std::size_t values) {
  std::vector<std::int16_t> out(values);
  for (std::size_t i = 0; i < values; ++i) out[i] = static_cast<std::int16_t>(i * 7 - 3000);
  return out;
}

Manifest manifest_of(const TempPack& pack, const std::vector<Recording>& rows) {
  std::string text = manifest_header();
  for (const Recording& r : rows) text += manifest_row(r);
  auto manifest = Manifest::parse(as_bytes(text), pack.folder() + "/MANIFEST.csv");
  EXPECT_TRUE(manifest.ok()) << one_line(manifest.error()).view();
  return *std::move(manifest);
}

Reason refusal(const TempPack& pack, const Recording& recording) {
  const auto read = read_recording(manifest_of(pack, {recording}), recording);
  EXPECT_FALSE(read.ok());
  if (read.ok()) return Reason::internal;
  EXPECT_FALSE(read.error().where.empty());
  return read.error().reason;
}

TEST(RecordingReader, gives_the_samples_of_a_wav_and_its_blocks) {
  const TempPack pack;
  const auto values = ramp(2 * 600);
  const Recording r = pack.add("x.wav", 8000, 2, values, 200);
  const auto read = read_recording(manifest_of(pack, {r}), r);
  ASSERT_TRUE(read.ok()) << one_line(read.error()).view();
  EXPECT_EQ(read->samples, values);
  EXPECT_EQ(read->block_starts, (std::vector<std::uint64_t>{0, 200, 400}));
  EXPECT_EQ(read->rate_hz, 8000);
  EXPECT_EQ(read->scale, 0.001);
}

TEST(RecordingReader, never_gives_the_mark_of_an_invalid_sample) {
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 1, {INT16_MIN, -INT16_MAX, 0, INT16_MAX});
  const auto read = read_recording(manifest_of(pack, {r}), r);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->samples, (std::vector<std::int16_t>{-INT16_MAX, -INT16_MAX, 0, INT16_MAX}));
}

TEST(RecordingReader, refuses_what_differs_from_the_manifest) {
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 2, ramp(2 * 600));
  Recording other = r;
  other.rate_hz = 12000;
  EXPECT_EQ(refusal(pack, other), Reason::recording_rate);
  other = r;
  other.samples = 599;
  EXPECT_EQ(refusal(pack, other), Reason::recording_length);
  other = r;
  other.channels = 1;
  other.channel_names = {"h"};
  EXPECT_EQ(refusal(pack, other), Reason::recording_channels);
  other = r;
  other.file = "absent.wav";
  EXPECT_EQ(refusal(pack, other), Reason::file_missing);
}

TEST(RecordingReader, refuses_a_file_cut_short) {
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 1, ramp(600));
  auto bytes = wav_bytes(8000, 1, ramp(600));
  bytes.resize(bytes.size() - 100);
  pack.write("x.wav", bytes);
  EXPECT_EQ(refusal(pack, r), Reason::recording_length);
  bytes.resize(20);
  pack.write("x.wav", bytes);
  EXPECT_EQ(refusal(pack, r), Reason::recording_unreadable);
  pack.write("x.wav", {});
  EXPECT_EQ(refusal(pack, r), Reason::recording_unreadable);
}

// A file of libsndfile's own making, so that formats other than plain WAV can be tried.
void write_as(const std::string& path, int format, const std::vector<float>& values) {
  SF_INFO info{};
  info.samplerate = 8000;
  info.channels = 1;
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << sf_strerror(nullptr);
  sf_writef_float(file, values.data(), static_cast<sf_count_t>(values.size()));
  sf_close(file);
}

TEST(RecordingReader, refuses_formats_other_than_16_bit_integers) {
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 1, ramp(4));
  const std::string path = pack.folder() + "/x.wav";
  const std::vector<float> nan(4, std::numeric_limits<float>::quiet_NaN());
  for (const int format : {SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_WAV | SF_FORMAT_DOUBLE}) {
    write_as(path, format, nan);
    EXPECT_EQ(refusal(pack, r), Reason::recording_format) << std::hex << format;
  }
  for (const int format : {SF_FORMAT_WAV | SF_FORMAT_ULAW, SF_FORMAT_WAV | SF_FORMAT_PCM_24,
                           SF_FORMAT_FLAC | SF_FORMAT_PCM_24, SF_FORMAT_AIFF | SF_FORMAT_PCM_16}) {
    write_as(path, format, {0, .1f, .2f, .3f});
    EXPECT_EQ(refusal(pack, r), Reason::recording_format) << std::hex << format;
  }
  write_as(path, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, {0, .1f, .2f, .3f});
  EXPECT_TRUE(read_recording(manifest_of(pack, {r}), r).ok());
}

TEST(RecordingReader, refuses_a_flac_cut_short_or_damaged) {
  const TempPack pack;
  Recording r = pack.add("x.flac", 8000, 1, ramp(40'000));
  std::vector<float> noise(40'000);
  std::uint32_t state = 1;
  for (float& v : noise) v = static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / (1 << 25);
  const std::string path = pack.folder() + "/x.flac";
  write_as(path, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, noise);
  ASSERT_TRUE(read_recording(manifest_of(pack, {r}), r).ok());

  const auto whole = file_bytes(path);
  auto bytes = whole;
  bytes.resize(whole.size() / 2);
  pack.write("x.flac", bytes);
  EXPECT_EQ(refusal(pack, r), Reason::recording_unreadable);
  bytes = whole;
  for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 9000; ++i) bytes[i] = std::byte{0x55};
  pack.write("x.flac", bytes);
  EXPECT_FALSE(read_recording(manifest_of(pack, {r}), r).ok());
}

TEST(RecordingReader, refuses_a_link_out_of_the_folder_and_things_that_are_no_file) {
  const TempPack pack;
  const TempPack outside;
  outside.add("secret.wav", 8000, 1, ramp(4));
  Recording r = pack.add("x.wav", 8000, 1, ramp(4));
  std::filesystem::create_symlink(outside.folder() + "/secret.wav", pack.folder() + "/link.wav");
  std::filesystem::create_symlink("x.wav", pack.folder() + "/inside.wav");
  std::filesystem::create_directory(pack.folder() + "/dir.wav");
  r.file = "link.wav";
  EXPECT_EQ(refusal(pack, r), Reason::recording_outside);
  r.file = "inside.wav";
  EXPECT_TRUE(read_recording(manifest_of(pack, {r}), r).ok());
  r.file = "dir.wav";
  EXPECT_EQ(refusal(pack, r), Reason::recording_unreadable);
}

TEST(RecordingReader, reads_in_pieces_of_any_size) {
  const auto values = ramp(3 * 1000);
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 3, values);
  auto reader = RecordingReader::open(std::make_unique<MemoryBytes>(wav_bytes(8000, 3, values)), r);
  ASSERT_TRUE(reader.ok());
  std::vector<std::int16_t> got;
  std::vector<std::int16_t> piece;
  for (std::size_t size = 3; reader->left() > 0; size += 9) {
    piece.resize(size);
    const auto n = reader->read(piece);
    ASSERT_TRUE(n.ok());
    got.insert(got.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*n));
  }
  EXPECT_EQ(got, values);
  EXPECT_EQ(*reader->read(piece), 0u);
}

TEST(RecordingReader, reads_every_recording_of_the_shared_pack) {
  if (shared_pack().empty()) GTEST_SKIP() << "the shared data pack is not here";
  const std::string path = shared_pack() + "/MANIFEST.csv";
  const auto manifest = Manifest::parse(file_bytes(path), path);
  ASSERT_TRUE(manifest.ok());
  for (const Recording& r : manifest->recordings()) {
    const auto read = read_recording(*manifest, r);
    ASSERT_TRUE(read.ok()) << one_line(read.error()).view();
    EXPECT_EQ(read->samples_per_channel(), r.samples);
  }
}

}  // namespace
}  // namespace torpor
