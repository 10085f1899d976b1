// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_reader.h"

#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
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

// `bytes` of a WAV with another length of its samples in the header, and of the whole.
std::vector<std::byte> with_length(std::vector<std::byte> bytes, std::uint32_t length) {
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = std::byte(static_cast<std::uint8_t>(length >> (8 * i)));
    bytes[4 + i] = byte;
    bytes[40 + i] = byte;
  }
  return bytes;
}

std::vector<std::byte> cut(std::vector<std::byte> bytes, std::size_t by) {
  bytes.resize(bytes.size() - by);
  return bytes;
}

TEST(RecordingReader, reads_what_is_there_of_a_wav_without_its_end_and_says_what_is_missing) {
  const TempPack pack;
  const auto values = ramp(2 * 600);
  const Recording r = pack.add("x.wav", 8000, 2, values);
  const auto whole = wav_bytes(8000, 2, values);
  const struct {
    const char* what;
    std::vector<std::byte> bytes;
    std::uint64_t found;
  } cases[] = {
      {"length 0", with_length(whole, 0), 600},
      {"length 0xFFFFFFFF", with_length(whole, UINT32_MAX), 600},
      {"cut", cut(whole, 400), 500},
      {"cut inside a sample of one channel", cut(whole, 401), 499},
      {"cut between two channels", cut(whole, 398), 500},
      {"length 0 and cut", with_length(cut(whole, 401), 0), 499},
      {"length 0xFFFFFFFF and cut", with_length(cut(whole, 401), UINT32_MAX), 499},
  };
  for (const auto& c : cases) {
    pack.write("x.wav", c.bytes);
    const auto read = read_recording(manifest_of(pack, {r}), r);
    ASSERT_TRUE(read.ok()) << c.what << ": " << one_line(read.error()).view();
    EXPECT_EQ(read->samples, std::vector<std::int16_t>(
                                 values.begin(), values.begin() + static_cast<std::ptrdiff_t>(2 * c.found)))
        << c.what;
    EXPECT_EQ(read->missing, 600 - c.found) << c.what;
  }
}

TEST(RecordingReader, keeps_the_whole_blocks_of_a_file_without_its_end) {
  const TempPack pack;
  const auto values = ramp(600);
  const Recording r = pack.add("x.wav", 8000, 1, values, 200);
  pack.write("x.wav", cut(wav_bytes(8000, 1, values), 100));
  const auto read = read_recording(manifest_of(pack, {r}), r);
  ASSERT_TRUE(read.ok()) << one_line(read.error()).view();
  EXPECT_EQ(read->block_starts, (std::vector<std::uint64_t>{0, 200}));
  EXPECT_EQ(read->samples_per_channel(), 400u);
  EXPECT_EQ(read->missing, 50u) << "of the file, not of what is left out";
  pack.write("x.wav", cut(wav_bytes(8000, 1, values), 802));
  EXPECT_EQ(refusal(pack, r), Reason::recording_length) << "not one block";
}

TEST(RecordingReader, refuses_a_wav_of_which_nothing_is_there_or_whose_length_is_another) {
  const TempPack pack;
  const Recording r = pack.add("x.wav", 8000, 1, ramp(600));
  const auto whole = wav_bytes(8000, 1, ramp(600));
  for (const std::uint32_t length : {0u, UINT32_MAX, 1200u}) {
    pack.write("x.wav", with_length(cut(whole, 1200), length));
    EXPECT_EQ(refusal(pack, r), Reason::recording_length) << length;
    pack.write("x.wav", with_length(cut(whole, 1199), length));
    EXPECT_EQ(refusal(pack, r), Reason::recording_length) << length << ", half a sample";
  }
  pack.write("x.wav", with_length(wav_bytes(8000, 1, ramp(601)), 0));
  EXPECT_EQ(refusal(pack, r), Reason::recording_length) << "more than the manifest says";
  pack.write("x.wav", wav_bytes(8000, 1, ramp(599)));
  EXPECT_EQ(refusal(pack, r), Reason::recording_length) << "a whole file of another length";
  pack.write("x.wav", with_length(cut(whole, 100), 4000));
  EXPECT_EQ(refusal(pack, r), Reason::recording_length) << "it promises another length than the manifest";
  for (std::size_t size = 0; size <= 40; ++size) {
    pack.write("x.wav", cut(whole, whole.size() - size));
    EXPECT_EQ(refusal(pack, r), Reason::recording_unreadable) << size << " bytes of a header";
  }
}

TEST(RecordingReader, counts_a_cut_file_in_words) {
  EXPECT_EQ(cut_text("a/x.wav", 478, 600),
            "a/x.wav: 478 of 600 samples per channel are there: the file has lost its end");
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

class FlacReader : public testing::Test {
 protected:
  void SetUp() override {
    recording_ = pack_.add("x.flac", 8000, 1, ramp(kSamples));
    std::vector<float> noise(kSamples);
    std::uint32_t state = 1;
    for (float& v : noise) v = static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / (1 << 25);
    write_as(pack_.folder() + "/x.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, noise);
    whole_ = file_bytes(pack_.folder() + "/x.flac");
    const auto read = this->read(whole_);
    ASSERT_TRUE(read.ok());
    samples_ = read->samples;
  }
  // As an encoder leaves it that could not come back to its first bytes: 36 bits of the stream's header
  // for the number of samples, 0 = not stated.
  static std::vector<std::byte> without_length(std::vector<std::byte> bytes) {
    constexpr std::size_t kTotalSamples = 21;
    bytes[kTotalSamples] &= std::byte{0xf0};
    for (std::size_t i = 1; i < 5; ++i) bytes[kTotalSamples + i] = std::byte{0};
    return bytes;
  }
  Result<RecordedSamples> read(const std::vector<std::byte>& bytes) {
    pack_.write("x.flac", bytes);
    return read_recording(manifest_of(pack_, {recording_}), recording_);
  }
  Reason refused(const std::vector<std::byte>& bytes) {
    pack_.write("x.flac", bytes);
    return refusal(pack_, recording_);
  }

  static constexpr std::size_t kSamples = 40'000;
  TempPack pack_;
  Recording recording_;
  std::vector<std::byte> whole_;
  std::vector<std::int16_t> samples_;
};

TEST_F(FlacReader, reads_a_flac_that_does_not_state_its_length) {
  const auto all = read(without_length(whole_));
  ASSERT_TRUE(all.ok()) << one_line(all.error()).view();
  EXPECT_EQ(all->samples, samples_);
  EXPECT_EQ(all->missing, 0u);
  recording_.samples = kSamples - 1;
  EXPECT_EQ(refused(without_length(whole_)), Reason::recording_length) << "more than the manifest says";
  recording_.samples = kSamples + 1;
  const auto promised = read(without_length(whole_));
  ASSERT_TRUE(promised.ok()) << one_line(promised.error()).view();
  EXPECT_EQ(promised->samples, samples_);
  EXPECT_EQ(promised->missing, 1u);
}

TEST_F(FlacReader, reads_the_whole_frames_of_a_flac_without_its_end) {
  for (const auto& bytes :
       {cut(whole_, 100), cut(whole_, whole_.size() / 2), without_length(cut(whole_, 100)),
        without_length(cut(whole_, whole_.size() / 2))}) {
    const auto some = read(bytes);
    ASSERT_TRUE(some.ok()) << one_line(some.error()).view();
    EXPECT_GT(some->samples.size(), kSamples / 4);
    EXPECT_LT(some->samples.size(), kSamples);
    EXPECT_EQ(some->samples.size() + some->missing, kSamples);
    EXPECT_TRUE(std::equal(some->samples.begin(), some->samples.end(), samples_.begin()));
    // Once more as a player reads it, who knows how much there is.
    auto reader = RecordingReader::open(std::make_unique<MemoryBytes>(bytes), recording_);
    ASSERT_TRUE(reader.ok());
    std::vector<std::int16_t> again(some->samples.size());
    const auto got = reader->read(again);
    ASSERT_TRUE(got.ok()) << one_line(got.error()).view();
    EXPECT_EQ(again, some->samples);
  }
}

TEST_F(FlacReader, refuses_a_damaged_flac_and_one_of_another_length) {
  auto damaged = whole_;
  for (std::size_t i = whole_.size() / 2; i < whole_.size() / 2 + 9000; ++i) damaged[i] = std::byte{0x55};
  EXPECT_EQ(refused(damaged), Reason::recording_unreadable);
  recording_.samples = kSamples + 1;
  EXPECT_EQ(refused(whole_), Reason::recording_length);
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
