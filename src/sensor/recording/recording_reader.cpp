// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/assertion.h"
#include "base/hex.h"
#include "sensor/recording/sound_library.h"

namespace torpor {

struct RecordingReader::State {
  std::unique_ptr<ByteSource> bytes;
  Recording recording;
  std::uint64_t position = 0;  // of libsndfile in `bytes`
  // Callbacks of a C library: an error can only be kept and asked for afterwards.
  std::optional<Error> bytes_error;  // what a callback met; libsndfile only learns of a short read
  const SoundLibrary* sound = nullptr;
  SNDFILE* file = nullptr;
  std::uint64_t left = 0;

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
    s.position += *n;
    return static_cast<sf_count_t>(*n);
  }
  // Never called; libsndfile wants the whole table.
  static sf_count_t io_write(const void*, sf_count_t, void*) { return 0; }
};

namespace {

FixedString<120> number(std::uint64_t value) { return FixedString<120>().append(value); }

}  // namespace

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
  SF_VIRTUAL_IO io{State::io_size, State::io_seek, State::io_read, State::io_write, State::io_tell};
  SF_INFO info{};
  s.file = s.sound->open_virtual(&io, SFM_READ, &info, &s);
  // Ours before the library's: it only knows that a read was short.
  if (s.bytes_error) return *s.bytes_error;
  if (s.file == nullptr)
    return s.fail(Reason::recording_unreadable, s.sound->strerror(nullptr), "FLAC or WAV");

  // What the manifest says must hold for the file, in every number: a recording that was swapped
  // or cut must not be judged.
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
    return s.fail(Reason::recording_format, found, "FLAC or WAV with 16-bit integers");
  }
  if (info.channels < 1 || static_cast<std::uint32_t>(info.channels) != recording.channels)
    return s.fail(Reason::recording_channels, FixedString<120>().append(info.channels),
                  number(recording.channels));
  if (info.samplerate < 1 || static_cast<std::uint32_t>(info.samplerate) != recording.rate_hz)
    return s.fail(Reason::recording_rate, FixedString<120>().append(info.samplerate),
                  number(recording.rate_hz));
  // FLAC need not state its length: such a file is refused too.
  if (info.frames < 0 || static_cast<std::uint64_t>(info.frames) != recording.samples)
    return s.fail(Reason::recording_length, FixedString<120>().append(info.frames),
                  number(recording.samples));
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
  // Before the count: a frame that does not decode is damage, not a short file.
  if (s.sound->error(s.file) != SF_ERR_NO_ERROR)
    return s.fail(Reason::recording_unreadable, s.sound->strerror(s.file), "whole samples");
  if (got < 0 || static_cast<std::uint64_t>(got) != wanted) {
    const std::uint64_t found =
        s.recording.samples - s.left + static_cast<std::uint64_t>(std::max<sf_count_t>(got, 0));
    return s.fail(Reason::recording_length, number(found), number(s.recording.samples));
  }
  TORPOR_ASSERT(wanted <= s.left, "sensor.no_more_is_read_than_is_left");
  s.left -= wanted;
  const std::size_t values = static_cast<std::size_t>(wanted) * channels;
  // INT16_MIN marks an invalid sample in a frame; in a recording it is the rail.
  for (std::int16_t& v : into.first(values)) v = std::max<std::int16_t>(v, -INT16_MAX);
  return values;
}

std::uint64_t RecordingReader::left() const { return state_->left; }
const Recording& RecordingReader::recording() const { return state_->recording; }

Result<RecordedSamples> read_recording(const Manifest& manifest, const Recording& recording) {
  TORPOR_TRY(auto bytes, open_inside(manifest.folder(), recording.file));
  TORPOR_TRY(RecordingReader reader, RecordingReader::open(std::move(bytes), recording));
  RecordedSamples out;
  out.rate_hz = recording.rate_hz;
  out.channels = recording.channels;
  out.scale = recording.scale;
  // A recording in one piece is one block.
  const std::uint64_t step = recording.block_len == 0 ? recording.samples : recording.block_len;
  for (std::uint64_t at = 0; at < recording.samples; at += step) out.block_starts.push_back(at);

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
  return out;
}

}  // namespace torpor
