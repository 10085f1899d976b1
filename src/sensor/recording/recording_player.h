// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sensor/recording/recording_reader.h"
#include "sensor/recording/resampler.h"

namespace torpor {

// A list of recordings as one stream of blocks, with the axes, rate and scale of one
// sensor; without time (that is RecordingSource's part). Lengths are in samples per axis
// at the sensor's rate. Consecutive recordings of the same machine, load and rpm form a
// run. One thread; memory does not grow with the recordings.
class RecordingPlayer {
 public:
  // Decodes every file once, to find errors and the largest sample before anything plays.
  // Errors: see RecordingSource.
  static Result<RecordingPlayer> make(std::vector<Recording> recordings, const std::string& folder,
                                      std::uint32_t axes, std::uint32_t rate_mhz);

  std::int64_t scale_pg() const { return scale_pg_; }
  // The recording that the next sample comes from, or the last one.
  const Recording& current() const { return items_[at_].recording; }

  // Whole windows of that length in the list from its beginning; none crosses two runs.
  std::uint64_t windows(std::uint64_t window) const;
  // The most pieces and frames (of frame_samples each) that a window may fall into.
  std::uint64_t most_pieces(std::uint64_t window) const;
  std::uint64_t most_frames(std::uint64_t window, std::uint64_t frame_samples) const;

  // Left of the run being played, the rest of its current recording included.
  std::uint64_t left_in_run() const;
  // Does a run after the one being played hold that much?
  [[nodiscard]] bool holds_later(std::uint64_t samples) const;
  // Stays if this run has that much left, else goes to the first later run that has;
  // source_window when none has.
  Status seek(std::uint64_t samples);

  // Goes to the next block when the current one is used up; opens the next file if needed.
  // Not to be called when left_in_run() == 0.
  Status prepare();
  std::uint64_t block_left() const { return block_left_; }
  [[nodiscard]] bool at_block_start() const { return block_left_ == items_[at_].block; }
  // Fills `into` (axes interleaved), at most block_left() samples per axis.
  Status read(std::span<std::int16_t> into);

 private:
  struct Item {
    Recording recording;
    std::uint64_t block = 0;  // samples per axis of one block at the sensor's rate
    std::uint64_t blocks = 0;
    bool joins = false;  // same run as the item before
    std::uint64_t total() const { return block * blocks; }
  };
  RecordingPlayer() = default;
  Status scan();
  void choose_scale(double peak_g);
  [[nodiscard]] bool resamples(const Recording& r) const {
    return r.rate_hz * std::uint64_t{1000} != rate_mhz_;
  }
  Status open_item();
  Status begin_block();
  Result<std::size_t> read_axes(std::size_t samples);
  template <class F>
  void each_run(F&& run) const;  // run(first, end)

  std::vector<Item> items_;
  std::string folder_;
  std::uint32_t axes_ = 0;
  std::uint32_t rate_mhz_ = 0;
  std::int64_t scale_pg_ = 0;
  bool exact_ = false;  // samples go through untouched

  std::size_t at_ = 0;
  std::uint64_t blocks_left_ = 0;  // of the current item, the current block included
  std::uint64_t block_left_ = 0;   // of the current block
  std::uint64_t source_left_ = 0;  // of the current block in the file, at its own rate
  std::optional<RecordingReader> reader_;
  std::optional<BlockResampler> resampler_;
  std::uint32_t resampler_rate_hz_ = 0;
  std::vector<std::int16_t> piece_;  // as in the file
  std::vector<float> values_;        // axes only
  std::vector<float> resampled_;
};

}  // namespace torpor
