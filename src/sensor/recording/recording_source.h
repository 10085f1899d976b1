// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "sensor/recording/manifest.h"
#include "sensor/sample_source.h"

namespace torpor {

// Plays recordings as if the contract's sensor were measuring now: window after window,
// each going on where the one before ended (sleep uses up no recording).
//
//  - Channels become axes: the first `axes` of the contract. Fewer channels than that:
//    recording_axes.
//  - Blocks are gathered into a window and never crossed: every piece begins with
//    starts_block. A window that would need more than kMaxBlocks pieces or
//    kMaxWindowFrames frames is refused at make (recording_pieces).
//  - A window may go from one recording to the next (as a new block) where machine, load,
//    rpm and units are the same; otherwise what is left of the first is passed over.
//  - At another rate than the contract's a recording is resampled block by block.
//  - One scale for all: that of the recordings when they agree and need no resampling
//    (the samples then come out bit by bit), else the finest that cannot clip, found from
//    the largest sample of all. Units are taken as g, whatever the manifest calls them;
//    two different units in one list are recording_units.
//  - ended() when fewer samples are left than the contract's window.
//
// Memory: one piece of file, whatever the length. make() decodes every file once, which
// checks them all before the first window (0.2 s for 50 MB); opening the next file while
// playing allocates, nothing else does. Errors of make and poll: those of
// RecordingReader, open_inside and resampler; recording_short when the list does not hold
// one window; source_window when start() asks for more than is left or for 0 samples.
class RecordingSource final : public SampleSource {
 public:
  // `sensor` is an index into contract.terms().sensors(); `folder` that of the manifest.
  static Result<std::unique_ptr<RecordingSource>> make(std::vector<Recording> recordings,
                                                       const std::string& folder, const Contract& contract,
                                                       std::uint32_t sensor);
  // The same without a contract, for tests: `window` samples per axis.
  static Result<std::unique_ptr<RecordingSource>> make(std::vector<Recording> recordings,
                                                       const std::string& folder, const SensorTerms& sensor,
                                                       std::uint32_t sensor_index, std::uint64_t window);
  ~RecordingSource() override;

  SensorFacts describe() const override;
  Status start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) override;
  Result<SourceStep> poll(const TimeStamp& now) override;
  void stop() override;
  Context context() const override;
  [[nodiscard]] bool ended() const override;

  // Whole windows of the contract's length that the list holds from its beginning.
  std::uint64_t windows() const;
  // The recording the running (or last) window began in; for the demo's line.
  const Recording& current() const;

 private:
  struct State;
  explicit RecordingSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace torpor
