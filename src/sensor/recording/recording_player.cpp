// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_player.h"

#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "window/frame_queue.h"

namespace torpor {
namespace {

constexpr std::size_t kPiece = 1024;  // samples per channel read at once
constexpr double kPicoPerUnit = 1e12;

bool same_run(const Recording& a, const Recording& b) {
  return a.machine == b.machine && a.load == b.load && a.rpm == b.rpm;
}

}  // namespace

// Everything that can be refused is refused here: playing fails only where a file breaks meanwhile.
Result<RecordingPlayer> RecordingPlayer::make(std::vector<Recording> recordings, const std::string& folder,
                                              std::uint32_t axes, std::uint32_t rate_mhz) {
  RecordingPlayer player;
  player.folder_ = folder;
  player.axes_ = axes;
  player.rate_mhz_ = rate_mhz;
  std::uint32_t most_channels = 1;
  const std::string units = recordings.empty() ? "" : recordings.front().units;
  // The manifest has held most of it, but recordings also come from tests and evaluation without one.
  for (Recording& r : recordings) {
    const std::string_view where = r.file;
    if (r.rate_hz < 1 || r.rate_hz > 1'000'000)
      return Error{Reason::recording_rate, where, FixedString<120>().append(r.rate_hz), "1 .. 1000000 Hz"};
    if (r.samples < 1 || r.samples > kMaxRecordingValues / std::max(1u, r.channels) ||
        r.block_len > r.samples)
      return Error{Reason::recording_length, where, FixedString<120>().append(r.samples),
                   "whole blocks, not too long"};
    if (r.channels < axes) {
      return Error{.reason = Reason::recording_axes}
          .at(where)
          .saw(r.channels)
          .want("at least ", axes, ", the axes of the contract's sensor");
    }
    if (r.units != units)
      return Error{Reason::recording_units, where, std::string_view(r.units), std::string_view(units)};
    most_channels = std::max(most_channels, r.channels);
    const std::uint64_t source_block = r.block_len == 0 ? r.samples : r.block_len;
    // Rounded down block by block, as the resampler gives them out.
    Item item;
    item.block =
        player.resamples(r) ? resampled_length(source_block, r.rate_hz * 1000, rate_mhz) : source_block;
    item.blocks = item.block == 0 ? 0 : r.samples / source_block;
    item.joins = !player.items_.empty() && same_run(player.items_.back().recording, r);
    item.recording = std::move(r);
    player.items_.push_back(std::move(item));
  }
  if (player.items_.empty())
    return Error{Reason::recording_short, std::string_view(folder), "no recording", {}};
  player.piece_.resize(kPiece * most_channels);
  player.values_.resize(kPiece * axes);
  player.resampled_.resize(kPiece * axes);
  TORPOR_CHECK(player.scan());
  // scan() has moved on to the end.
  player.at_ = 0;
  player.blocks_left_ = player.items_[0].blocks;
  return player;
}

// Reads `samples` (at most kPiece) per channel and leaves their axes in values_.
Result<std::size_t> RecordingPlayer::read_axes(std::size_t samples) {
  TORPOR_ASSERT(reader_ && samples > 0, "sensor.what_is_read_was_opened");
  const std::uint32_t channels = reader_->recording().channels;
  const std::size_t wanted = std::min(samples, kPiece);
  TORPOR_TRY(const std::size_t got, reader_->read(std::span(piece_).first(wanted * channels)));
  const std::size_t n = got / channels;
  // The manifest's length was held against the file's at opening: this can only be a bug of ours.
  if (n == 0)
    return Error{Reason::internal, std::string_view(reader_->recording().file), "read past the end", {}};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < axes_; ++a) values_[i * axes_ + a] = piece_[i * channels + a];
  return n;
}

// Reads everything once: the scale must be known before the first frame claims it.
Status RecordingPlayer::scan() {
  double peak_g = 0;
  exact_ = true;
  for (at_ = 0; at_ < items_.size(); ++at_) {
    const Recording& r = items_[at_].recording;
    if (resamples(r) || r.scale != items_[0].recording.scale) exact_ = false;
    TORPOR_CHECK(open_item());
    // Of the axes alone: other channels are never played.
    float peak = 0;
    while (reader_->left() > 0) {
      TORPOR_TRY(const std::size_t n, read_axes(kPiece));
      for (std::size_t i = 0; i < n * axes_; ++i) peak = std::max(peak, std::fabs(values_[i]));
    }
    // Resampling may overshoot between two samples of full size.
    peak_g = std::max(peak_g, double{peak} * r.scale * (resamples(r) ? kResamplerPeakGain : 1));
  }
  reader_.reset();
  choose_scale(peak_g);
  if (scale_pg_ < 1 || scale_pg_ > kMaxScalePg) {
    return Error{.reason = Reason::recording_scale}
        .at(items_[0].recording.file)
        .saw("a scale that no frame carries")
        .want("1 .. ", kMaxScalePg, " pico-g per LSB");
  }
  return {};
}

// One scale for all that is played, as a sensor has one. Where every recording has it and none
// is resampled, samples pass as they are; else the finest that no peak exceeds, but never
// finer than 1/256 of the first recording's: a quiet pack must not become all digits.
void RecordingPlayer::choose_scale(double peak_g) {
  const double first = items_[0].recording.scale * kPicoPerUnit;
  double scale = first;
  if (!exact_ && peak_g > 0) scale = std::max(std::ceil(peak_g * kPicoPerUnit / INT16_MAX), first / 256);
  scale_pg_ = scale < 1e18 ? std::llround(scale) : 0;  // 0 is refused
}

// A run: recordings of one machine at one load and speed, one after another, over which a window
// may reach.
template <class F>
void RecordingPlayer::each_run(F&& run) const {
  for (std::size_t first = 0; first < items_.size();) {
    std::size_t end = first + 1;
    while (end < items_.size() && items_[end].joins) ++end;
    run(first, end);
    first = end;
  }
}

std::uint64_t RecordingPlayer::windows(std::uint64_t window) const {
  std::uint64_t count = 0;
  each_run([&](std::size_t first, std::size_t end) {
    std::uint64_t total = 0;
    for (std::size_t i = first; i < end; ++i) total += items_[i].total();
    count += total / window;
  });
  return count;
}

std::uint64_t RecordingPlayer::most_pieces(std::uint64_t window) const {
  std::uint64_t most = 1;
  each_run([&](std::size_t first, std::size_t end) {
    std::uint64_t shortest = UINT64_MAX;
    std::uint64_t pieces = 0;
    for (std::size_t i = first; i < end; ++i) {
      if (items_[i].block == 0) continue;
      shortest = std::min(shortest, items_[i].block);
      pieces += items_[i].blocks;
    }
    // A window that begins on the last sample of a block touches one block more than it could fill.
    if (pieces > 0) most = std::max(most, std::min(pieces, (window - 1 + shortest - 1) / shortest + 1));
  });
  return most;
}

std::uint64_t RecordingPlayer::most_frames(std::uint64_t window, std::uint64_t frame_samples) const {
  // A frame ends at a border: each piece may add one that is not full.
  return window / frame_samples + most_pieces(window);
}

std::uint64_t RecordingPlayer::left_in_run() const {
  std::uint64_t left = blocks_left_ == 0 ? 0 : (blocks_left_ - 1) * items_[at_].block + block_left_;
  // Before the first block was begun, all of it is to come.
  if (blocks_left_ > 0 && !reader_) left = items_[at_].total();
  for (std::size_t i = at_ + 1; i < items_.size() && items_[i].joins; ++i) left += items_[i].total();
  return left;
}

bool RecordingPlayer::holds_later(std::uint64_t samples) const {
  bool found = false;
  each_run([&](std::size_t first, std::size_t end) {
    if (first <= at_) return;
    std::uint64_t total = 0;
    for (std::size_t i = first; i < end; ++i) total += items_[i].total();
    found = found || total >= samples;
  });
  return found;
}

Status RecordingPlayer::seek(std::uint64_t samples) {
  // Run by run: a window never takes its first part from a machine and its rest from another.
  while (left_in_run() < samples) {
    do ++at_;
    while (at_ < items_.size() && items_[at_].joins);
    if (at_ >= items_.size()) {
      // Left on the last one, so that current() still names a recording.
      at_ = items_.size() - 1;
      blocks_left_ = block_left_ = 0;
      return Error{Reason::source_window, std::string_view(current().file),
                   "fewer samples left than asked for", FixedString<120>().append(samples)};
    }
    // Closed: the file is opened by prepare(), when the first sample is wanted.
    reader_.reset();
    blocks_left_ = items_[at_].blocks;
    block_left_ = 0;
  }
  return {};
}

Status RecordingPlayer::open_item() {
  const Recording& r = items_[at_].recording;
  TORPOR_TRY(auto bytes, open_inside(folder_, r.file));
  TORPOR_TRY(auto reader, RecordingReader::open(std::move(bytes), r));
  reader_.emplace(std::move(reader));
  source_left_ = 0;
  // One resampler for all recordings of a rate: making one allocates, begin() does not.
  if (resamples(r) && resampler_rate_hz_ != r.rate_hz) {
    TORPOR_TRY(auto resampler, BlockResampler::make(axes_, r.rate_hz * 1000, rate_mhz_));
    resampler_.emplace(std::move(resampler));
    resampler_rate_hz_ = r.rate_hz;
  }
  return {};
}

Status RecordingPlayer::begin_block() {
  const Recording& r = items_[at_].recording;
  // The last few samples of a resampled block may not have been needed.
  // Read and dropped, because the file is one stream: the next block begins behind them.
  while (source_left_ > 0) {
    TORPOR_TRY(const std::size_t n,
               read_axes(static_cast<std::size_t>(std::min<std::uint64_t>(source_left_, kPiece))));
    TORPOR_ASSERT(n <= source_left_, "sensor.what_is_passed_over_is_of_the_block");
    source_left_ -= n;
  }
  source_left_ = r.block_len == 0 ? r.samples : r.block_len;
  block_left_ = items_[at_].block;
  if (resamples(r)) TORPOR_CHECK(resampler_->begin(source_left_));
  return {};
}

Status RecordingPlayer::prepare() {
  // Called before every frame; mostly there is nothing to do.
  if (reader_ && block_left_ > 0) return {};
  if (reader_ && blocks_left_ > 0) --blocks_left_;
  // A recording may hold no block at all once it is resampled.
  while (blocks_left_ == 0) {
    if (at_ + 1 == items_.size())
      return Error{Reason::internal, std::string_view(current().file), "no block left", {}};
    ++at_;
    blocks_left_ = items_[at_].blocks;
    reader_.reset();
  }
  if (!reader_) TORPOR_CHECK(open_item());
  TORPOR_CHECK(begin_block());
  TORPOR_ASSERT(block_left_ > 0, "sensor.a_prepared_block_has_samples");
  return {};
}

Status RecordingPlayer::read(std::span<std::int16_t> into) {
  TORPOR_ASSERT(into.size() % axes_ == 0 && into.size() / axes_ <= block_left_,
                "sensor.what_is_played_is_of_the_block");
  const Recording& r = items_[at_].recording;
  const bool resampling = resamples(r);
  const double gain = exact_ ? 1 : r.scale * kPicoPerUnit / static_cast<double>(scale_pg_);
  std::size_t done = 0;  // values
  while (done < into.size()) {
    const std::size_t room = std::min(into.size() - done, kPiece * axes_);
    const float* from = resampled_.data();
    std::size_t got = 0;
    if (resampling) {
      // Output first: the library may still hold some, and push() takes nothing while it does.
      TORPOR_TRY(got, resampler_->pull(std::span(resampled_).first(room)));
      const std::size_t wanted = got > 0 ? 0 : resampler_->wants() / axes_;
      if (wanted > 0) {
        TORPOR_TRY(const std::size_t n, read_axes(wanted));
        source_left_ -= n;
        TORPOR_CHECK(resampler_->push(std::span(values_).first(n * axes_)));
      } else if (got == 0) {
        // The sums in Item promise these samples; without progress this would turn for ever.
        return Error{Reason::resample_failed, std::string_view(r.file), "no progress", {}};
      }
    } else {
      TORPOR_TRY(const std::size_t n, read_axes(room / axes_));
      source_left_ -= n;
      got = n * axes_;
      from = values_.data();
    }
    for (std::size_t i = 0; i < got; ++i) {
      // Untouched samples come out bit for bit, also through the float they passed.
      const double v = exact_ ? double{from[i]} : std::nearbyint(double{from[i]} * gain);
      // -32768 is the code for an invalid sample.
      into[done + i] = static_cast<std::int16_t>(std::clamp<double>(v, -INT16_MAX, INT16_MAX));
    }
    done += got;
  }
  block_left_ -= into.size() / axes_;
  return {};
}

}  // namespace torpor
