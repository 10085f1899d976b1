// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/assertion.h"
#include "base/hex.h"
#include "sensor/recording/sound_library.h"
#include "sensor/recording/wav_length.h"

namespace torpor {

struct RecordingReader::State {
  std::unique_ptr<ByteSource> bytes;
  Recording recording;
  std::uint64_t position = 0;  // of libsndfile in `bytes`
  // Callbacks of a C library: an error can only be kept and asked for afterwards.
  std::optional<Error> bytes_error;  // what a callback met; libsndfile only learns of a short read
  const SoundLibrary* sound = nullptr;
  SNDFILE* file = nullptr;
  WavLength wav;
  std::uint64_t left = 0;
  std::uint64_t missing = 0;
  bool unstated = false;  // a FLAC that does not say how long it is

  ~State() {
    if (file != nullptr) sound->close(file);
  }
  Error fail(Reason reason, std::string_view found, std::string_view expected) const {
    return Error{reason, std::string_view(recording.file), found, expected};
  }

  // libsndfile's view of a ByteSource. All offsets are checked: they come from the file.
  static State& of(void* user) { return *static_cast<State*>(user); }
  static sf_count_t io_size(void* user) { return static_cast<sf_count_t>(of(user).bytes->size()); }
  static sf_count_t io_tell(void* user) { return static_cast<sf_count_t>(of(user).position); }
  static sf_count_t io_seek(sf_count_t offset, int whence, void* user) {
    State& s = of(user);
    const auto size = static_cast<sf_count_t>(s.bytes->size());
    sf_count_t base = 0;
    if (whence == SEEK_CUR) base = static_cast<sf_count_t>(s.position);
    if (whence == SEEK_END) base = size;
    sf_count_t target = 0;
    // Overflow is asked for, since headers of a hostile file choose the offset.
    if (__builtin_add_overflow(base, offset, &target)) return -1;
    // Clamped: a place behind the end reads nothing, which libsndfile takes for a short file.
    s.position = static_cast<std::uint64_t>(std::clamp<sf_count_t>(target, 0, size));
    return static_cast<sf_count_t>(s.position);
  }
  static sf_count_t io_read(void* into, sf_count_t count, void* user) {
    State& s = of(user);
    if (count <= 0) return 0;
    const MutableBytes bytes(static_cast<std::byte*>(into), static_cast<std::size_t>(count));
    const auto n = s.bytes->read_at(s.position, bytes);
    if (!n) {
      s.bytes_error = n.error();
      return 0;
    }
    s.wav.mend(bytes.first(*n), s.position);
    s.position += *n;
    return static_cast<sf_count_t>(*n);
  }
  // Never called; libsndfile wants the whole table.
  static sf_count_t io_write(const void*, sf_count_t, void*) { return 0; }

  Status check_kind(const SF_INFO& info) const;
  Status take_length(const SF_INFO& info);
  Status take_end(std::uint64_t found);
  Status hold_end();
};

namespace {

FixedString<120> number(std::uint64_t value) { return FixedString<120>().append(value); }

}  // namespace

// What the manifest says must hold for the file, in every number: a recording that was swapped must
// not be judged.
Status RecordingReader::State::check_kind(const SF_INFO& info) const {
  const int container = info.format & SF_FORMAT_TYPEMASK;
  // WAVEX is the header that WAV takes for more than two channels.
  const bool known =
      container == SF_FORMAT_FLAC || container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX;
  if (!known || (info.format & SF_FORMAT_SUBMASK) != SF_FORMAT_PCM_16) {
    const auto code = static_cast<std::uint32_t>(info.format);
    const std::array big_endian = {std::byte(code >> 24), std::byte(code >> 16), std::byte(code >> 8),
                                   std::byte(code)};
    FixedString<120> found;
    found << "format 0x" << hex(big_endian);
    return fail(Reason::recording_format, found, "FLAC or WAV with 16-bit integers");
  }
  if (info.channels < 1 || static_cast<std::uint32_t>(info.channels) != recording.channels)
    return fail(Reason::recording_channels, FixedString<120>().append(info.channels),
                number(recording.channels));
  if (info.samplerate < 1 || static_cast<std::uint32_t>(info.samplerate) != recording.rate_hz)
    return fail(Reason::recording_rate, FixedString<120>().append(info.samplerate),
                number(recording.rate_hz));
  return {};
}

// A file that says its length and has it must have the manifest's. Else the manifest's alone is known,
// and what of it is there.
Status RecordingReader::State::take_length(const SF_INFO& info) {
  left = recording.samples;
  // FLAC need not state its length: how many samples there are shows in reading them.
  constexpr sf_count_t kNotStated = SF_COUNT_MAX;
  unstated = (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC && info.frames == kNotStated;
  if (unstated) return {};
  const std::uint64_t there = info.frames < 0 ? 0 : static_cast<std::uint64_t>(info.frames);
  if (there == recording.samples) return {};
  const std::uint64_t stated = wav.stated_bytes() / (recording.channels * sizeof(std::int16_t));
  const bool cut = wav.lacks_its_end() && there < recording.samples &&
                   (wav.stated_bytes() == 0 || stated == recording.samples);
  if (!cut) return fail(Reason::recording_length, number(there), number(recording.samples));
  return take_end(there);
}

// The file ends at that many samples per channel.
Status RecordingReader::State::take_end(std::uint64_t found) {
  const std::uint64_t read_before = recording.samples - missing - left;
  TORPOR_ASSERT(found >= read_before && found < recording.samples, "sensor.a_cut_recording_is_shorter");
  if (found == 0) return fail(Reason::recording_length, "no whole sample", number(recording.samples));
  missing = recording.samples - found;
  left = found - read_before;
  return {};
}

// Behind the last sample of the manifest: only now is it known that the file has no more.
Status RecordingReader::State::hold_end() {
  if (!unstated || left > 0 || missing > 0) return {};
  std::array<short, kMaxRecordingChannels> one{};
  if (sound->readf_short(file, one.data(), 1) != 1) return {};
  return Error{.reason = Reason::recording_length}
      .at(recording.file)
      .saw("more than ", recording.samples)
      .want(recording.samples);
}

RecordingReader::RecordingReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;
RecordingReader::~RecordingReader() = default;

Result<RecordingReader> RecordingReader::open(std::unique_ptr<ByteSource> bytes, const Recording& recording) {
  auto state = std::make_unique<State>();
  State& s = *state;
  s.bytes = std::move(bytes);
  s.recording = recording;
  s.left = recording.samples;

  TORPOR_TRY(s.sound, SoundLibrary::open());
  TORPOR_TRY(s.wav, WavLength::find(*s.bytes));
  SF_VIRTUAL_IO io{State::io_size, State::io_seek, State::io_read, State::io_write, State::io_tell};
  SF_INFO info{};
  s.file = s.sound->open_virtual(&io, SFM_READ, &info, &s);
  // Ours before the library's: it only knows that a read was short.
  if (s.bytes_error) return *s.bytes_error;
  if (s.file == nullptr)
    return s.fail(Reason::recording_unreadable, s.sound->strerror(nullptr), "FLAC or WAV");
  TORPOR_CHECK(s.check_kind(info));
  TORPOR_CHECK(s.take_length(info));
  return RecordingReader(std::move(state));
}

Result<std::size_t> RecordingReader::read(std::span<std::int16_t> into) {
  State& s = *state_;
  const std::uint32_t channels = s.recording.channels;
  const std::uint64_t wanted = std::min<std::uint64_t>(into.size() / channels, s.left);
  if (wanted == 0) return std::size_t{0};
  static_assert(sizeof(short) == sizeof(std::int16_t));
  const sf_count_t got = s.sound->readf_short(s.file, into.data(), static_cast<sf_count_t>(wanted));
  if (s.bytes_error) return *s.bytes_error;
  const std::uint64_t there = std::min(wanted, static_cast<std::uint64_t>(std::max<sf_count_t>(got, 0)));
  const bool broken = s.sound->error(s.file) != SF_ERR_NO_ERROR;
  // A frame that does not decode is damage where more of the file follows it, else it is the last one
  // and was never written to its end.
  if (broken && s.position < s.bytes->size())
    return s.fail(Reason::recording_unreadable, s.sound->strerror(s.file), "whole samples");
  if (there < wanted) TORPOR_CHECK(s.take_end(s.recording.samples - s.missing - s.left + there));
  TORPOR_ASSERT(there <= s.left, "sensor.no_more_is_read_than_is_left");
  s.left -= there;
  TORPOR_CHECK(s.hold_end());
  const std::size_t values = static_cast<std::size_t>(there) * channels;
  // INT16_MIN marks an invalid sample in a frame; in a recording it is the rail.
  for (std::int16_t& v : into.first(values)) v = std::max<std::int16_t>(v, -INT16_MAX);
  return values;
}

std::uint64_t RecordingReader::left() const { return state_->left; }
std::uint64_t RecordingReader::missing() const { return state_->missing; }
const Recording& RecordingReader::recording() const { return state_->recording; }

Result<RecordedSamples> read_recording(const Manifest& manifest, const Recording& recording) {
  TORPOR_TRY(auto bytes, open_inside(manifest.folder(), recording.file));
  TORPOR_TRY(RecordingReader reader, RecordingReader::open(std::move(bytes), recording));
  RecordedSamples out;
  out.rate_hz = recording.rate_hz;
  out.channels = recording.channels;
  out.scale = recording.lsb();
  // Grows as samples really come: the length in the headers is only a claim.
  constexpr std::size_t kPiece = 1 << 16;
  // Whole samples of all channels.
  const std::size_t piece = kPiece / recording.channels * recording.channels;
  while (reader.left() > 0) {
    const std::size_t before = out.samples.size();
    out.samples.resize(before + std::min<std::uint64_t>(piece, reader.left() * recording.channels));
    TORPOR_TRY(const std::size_t got, reader.read(std::span(out.samples).subspan(before)));
    out.samples.resize(before + got);
  }
  // A recording in one piece is one block. The last block of a file without its end is left out: its
  // length is not that of a block.
  const std::uint64_t there = out.samples_per_channel();
  const std::uint64_t step =
      std::max<std::uint64_t>(1, recording.block_len == 0 ? there : recording.block_len);
  const std::uint64_t blocks = there / step;
  if (blocks == 0)
    return Error{.reason = Reason::recording_length}
        .at(recording.file)
        .saw(there)
        .want(recording.samples, ", or one block of ", step);
  out.samples.resize(blocks * step * recording.channels);
  for (std::uint64_t b = 0; b < blocks; ++b) out.block_starts.push_back(b * step);
  out.missing = reader.missing();
  return out;
}

std::string cut_text(std::string_view file, std::uint64_t found, std::uint64_t promised) {
  return std::string(file) + ": " + std::to_string(found) + " of " + std::to_string(promised) +
         " samples per channel are there: the file has lost its end";
}

}  // namespace torpor
