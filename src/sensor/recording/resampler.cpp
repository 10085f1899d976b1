// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/resampler.h"

#include <samplerate.h>

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

constexpr double kMaxRatio = 256;       // libsamplerate's own bound
constexpr double kPadLobes = 48;        // zero crossings of the filter that the mirror covers
constexpr std::size_t kPiece = 4096;    // samples per channel moved at once
constexpr std::size_t kMaxPad = 16384;  // samples per channel

}  // namespace

std::uint64_t resampled_length(std::uint64_t samples, std::uint32_t from_mhz, std::uint32_t to_mhz) {
  // samples is below 2^28 and the rates below 2^32, so that the product fits.
  return samples * to_mhz / from_mhz;
}

// A block is read as  mirror of its head | the block | mirror of its tail.  The head must
// be seen before its mirror can be fed, the tail remembered after it was fed: `head` holds
// the first pad + 1 samples, `tail` the last pad + 1.
struct BlockResampler::State {
  std::uint32_t channels = 0;
  std::uint32_t from_mhz = 0;
  std::uint32_t to_mhz = 0;
  double ratio = 1;
  SRC_STATE* src = nullptr;

  std::size_t most_pad = 0;
  std::size_t pad = 0;         // of this block
  std::uint64_t total = 0;     // samples per channel of this block
  std::uint64_t taken = 0;     // pushed so far
  std::uint64_t to_skip = 0;   // outputs that belong to the head's mirror
  std::uint64_t to_give = 0;   // outputs of the block still to come
  bool primed = false;         // head's mirror and head have been queued
  bool finished = false;       // tail's mirror has been queued
  std::vector<float> input;    // queued for the library, interleaved
  std::size_t input_at = 0;    // of it, consumed
  std::vector<float> tail;     // ring: the last pad + 1 samples
  std::vector<float> scratch;  // outputs that are skipped

  ~State() {
    if (src != nullptr) src_delete(src);
  }
  std::size_t queued() const { return input.size() - input_at; }
  void remember(std::span<const float> values);
  void queue_head();
  void queue_tail();
};

// Moved down instead of a true ring: once a push, at most kMaxPad samples.
void BlockResampler::State::remember(std::span<const float> values) {
  const std::size_t keep = (pad + 1) * channels;
  tail.insert(tail.end(), values.begin(), values.end());
  if (tail.size() > keep) tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(keep));
}

// input = the first pad + 1 samples of the block; puts their mirror image before them.
void BlockResampler::State::queue_head() {
  const std::size_t n = pad * channels;
  input.insert(input.begin(), n, 0.0f);
  const float* first = input.data() + n;
  for (std::size_t k = 1; k <= pad; ++k)
    for (std::size_t c = 0; c < channels; ++c)
      input[(pad - k) * channels + c] = 2 * first[c] - first[k * channels + c];
  primed = true;
}

void BlockResampler::State::queue_tail() {
  const float* last = tail.data() + pad * channels;
  for (std::size_t k = 1; k <= pad; ++k)
    for (std::size_t c = 0; c < channels; ++c) input.push_back(2 * last[c] - tail[(pad - k) * channels + c]);
  finished = true;
}

BlockResampler::BlockResampler(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlockResampler::BlockResampler(BlockResampler&&) noexcept = default;
BlockResampler& BlockResampler::operator=(BlockResampler&&) noexcept = default;
BlockResampler::~BlockResampler() = default;

Result<BlockResampler> BlockResampler::make(std::uint32_t channels, std::uint32_t from_mhz,
                                            std::uint32_t to_mhz) {
  auto state = std::make_unique<State>();
  State& s = *state;
  s.channels = channels;
  s.from_mhz = from_mhz;
  s.to_mhz = to_mhz;
  s.ratio = from_mhz == 0 ? 0 : static_cast<double>(to_mhz) / from_mhz;
  if (!(s.ratio >= 1 / kMaxRatio && s.ratio <= kMaxRatio)) {
    FixedString<120> found;
    found << from_mhz << " mHz to " << to_mhz << " mHz";
    return Error{Reason::resample_ratio, "resampler", found, "within a factor 256"};
  }
  int code = 0;
  s.src = src_new(SRC_SINC_BEST_QUALITY, static_cast<int>(channels), &code);
  if (s.src == nullptr) return Error{Reason::resample_failed, "resampler", src_strerror(code), {}};
  s.most_pad = std::min(kMaxPad, static_cast<std::size_t>(std::ceil(kPadLobes * std::max(1.0, 1 / s.ratio))));
  s.input.reserve((s.most_pad * 3 + kPiece + 2) * channels);
  s.tail.reserve((2 * (s.most_pad + 1) + kPiece) * channels);
  s.scratch.resize(kPiece * channels);
  return BlockResampler(std::move(state));
}

Status BlockResampler::begin(std::uint64_t samples) {
  State& s = *state_;
  if (samples == 0 || samples > kMaxRecordingValues)
    return Error{Reason::resample_failed, "resampler", "a block of no or too many samples", {}};
  if (const int code = src_reset(s.src); code != 0)
    return Error{Reason::resample_failed, "resampler", src_strerror(code), {}};
  // No more mirror than there is block; the first sample is the mirror's axis.
  s.pad = std::min<std::uint64_t>(s.most_pad, samples - 1);
  s.total = samples;
  s.taken = 0;
  s.to_give = resampled_length(samples, s.from_mhz, s.to_mhz);
  // Rounded, so that the block's first output lies nearest to its first sample.
  s.to_skip = static_cast<std::uint64_t>(std::llround(static_cast<double>(s.pad) * s.ratio));
  s.primed = s.finished = false;
  s.input.clear();
  s.input_at = 0;
  s.tail.clear();
  return {};
}

std::size_t BlockResampler::wants() const {
  const State& s = *state_;
  if (s.primed && s.queued() > 0) return 0;
  const std::uint64_t most = s.primed ? kPiece : s.pad + 1 - s.queued() / s.channels;
  return static_cast<std::size_t>(std::min(most, s.total - s.taken)) * s.channels;
}

Status BlockResampler::push(std::span<const float> values) {
  State& s = *state_;
  if (values.size() > wants() || values.size() % s.channels != 0)
    return Error{Reason::resample_failed, "resampler", "more samples than wanted", {}};
  if (values.empty()) return {};
  if (s.primed) {
    s.input.clear();
    s.input_at = 0;
  }
  s.input.insert(s.input.end(), values.begin(), values.end());
  s.taken += values.size() / s.channels;
  s.remember(values);
  if (!s.primed && s.queued() == (s.pad + 1) * s.channels) s.queue_head();
  if (s.primed && s.taken == s.total) s.queue_tail();
  return {};
}

Result<std::size_t> BlockResampler::pull(std::span<float> into) {
  State& s = *state_;
  std::size_t given = 0;
  while (s.primed && s.to_give > 0 && given + s.channels <= into.size()) {
    const bool skip = s.to_skip > 0;
    const std::span<float> room = skip ? std::span<float>(s.scratch) : into.subspan(given);
    const std::uint64_t limit = skip ? s.to_skip : s.to_give;
    SRC_DATA data{};
    data.data_in = s.input.data() + s.input_at;
    data.input_frames = static_cast<long>(s.queued() / s.channels);
    data.data_out = room.data();
    data.output_frames = static_cast<long>(std::min<std::uint64_t>(room.size() / s.channels, limit));
    // Only with the tail's mirror queued: the library then gives out what its filter still holds.
    data.end_of_input = s.finished ? 1 : 0;
    data.src_ratio = s.ratio;
    if (const int code = src_process(s.src, &data); code != 0)
      return Error{Reason::resample_failed, "resampler", src_strerror(code), {}};
    s.input_at += static_cast<std::size_t>(data.input_frames_used) * s.channels;
    const auto made = static_cast<std::uint64_t>(data.output_frames_gen);
    if (skip) {
      s.to_skip -= made;
    } else {
      s.to_give -= made;
      given += static_cast<std::size_t>(made) * s.channels;
    }
    if (made > 0 || data.input_frames_used > 0) continue;
    if (!s.finished) break;
    // The mirror outlasts the filter, except for blocks of a few samples: their end is silence.
    if (skip) {
      s.to_skip = 0;
      continue;
    }
    const std::size_t n = std::min<std::uint64_t>((into.size() - given) / s.channels, s.to_give) * s.channels;
    std::fill_n(into.begin() + static_cast<std::ptrdiff_t>(given), n, 0.0f);
    s.to_give -= n / s.channels;
    given += n;
  }
  return given;
}

Result<RecordedSamples> resample(const RecordedSamples& in, double rate_hz) {
  if (rate_hz == in.rate_hz) return in;
  if (!(rate_hz >= 1 && rate_hz <= 4e6 && in.rate_hz >= 1 && in.rate_hz <= 4e6 && in.channels >= 1))
    return Error{Reason::resample_ratio, "resampler", "a rate out of range", "1 .. 4,000,000 Hz"};
  // mHz, as the contract has it: rates of recordings are whole hertz.
  const auto from_mhz = static_cast<std::uint32_t>(std::llround(in.rate_hz * 1000));
  const auto to_mhz = static_cast<std::uint32_t>(std::llround(rate_hz * 1000));
  TORPOR_TRY(BlockResampler resampler, BlockResampler::make(in.channels, from_mhz, to_mhz));

  RecordedSamples out;
  out.rate_hz = rate_hz;
  out.channels = in.channels;
  std::vector<float> values;
  std::vector<float> piece;
  const std::uint64_t all = in.samples_per_channel();
  for (std::size_t b = 0; b < in.block_starts.size(); ++b) {
    const std::uint64_t first = in.block_starts[b];
    const std::uint64_t end = b + 1 < in.block_starts.size() ? in.block_starts[b + 1] : all;
    if (first >= end || end > all)
      return Error{Reason::resample_failed, "resampler", "blocks out of order", {}};
    const std::uint64_t length = resampled_length(end - first, from_mhz, to_mhz);
    if (length == 0) continue;
    out.block_starts.push_back(values.size() / in.channels);
    TORPOR_CHECK(resampler.begin(end - first));
    std::size_t at = static_cast<std::size_t>(first) * in.channels;
    std::size_t made = values.size();
    values.resize(made + static_cast<std::size_t>(length) * in.channels);
    while (made < values.size()) {
      TORPOR_TRY(const std::size_t got, resampler.pull(std::span(values).subspan(made)));
      made += got;
      const std::size_t wanted = got > 0 ? 0 : resampler.wants();
      piece.assign(in.samples.begin() + static_cast<std::ptrdiff_t>(at),
                   in.samples.begin() + static_cast<std::ptrdiff_t>(at + wanted));
      TORPOR_CHECK(resampler.push(piece));
      at += wanted;
    }
  }

  float peak = 0;
  for (const float v : values) peak = std::max(peak, std::fabs(v));
  // Never finer than 1/256 of the old step: a quiet recording must not become all digits.
  const double step = std::max(static_cast<double>(peak) / INT16_MAX, 1.0 / 256);
  out.scale = in.scale * step;
  out.samples.reserve(values.size());
  for (const float v : values) {
    const double rounded = std::nearbyint(static_cast<double>(v) / step);
    out.samples.push_back(static_cast<std::int16_t>(std::clamp<double>(rounded, -INT16_MAX, INT16_MAX)));
  }
  return out;
}

}  // namespace torpor
