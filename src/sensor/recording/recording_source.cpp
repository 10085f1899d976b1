// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/recording_source.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assertion.h"
#include "sensor/frame_pacer.h"
#include "sensor/recording/recording_player.h"

namespace torpor {

struct RecordingSource::State {
  State(RecordingPlayer p, const SensorFacts& f, std::uint64_t w)
      : player(std::move(p)), facts(f), window(w), pacer(f) {}

  RecordingPlayer player;
  SensorFacts facts;
  std::uint64_t window;  // samples per axis in the contract's window
  FramePacer pacer;
  const Recording* began_in = nullptr;
  std::uint64_t given_up = 0;   // samples of a window that was given up, still to be passed over
  std::optional<Error> failed;  // a recording that broke while playing stays broken
  std::array<std::int16_t, kMaxFrameSamples> samples{};

  std::span<std::int16_t> first(std::uint64_t n) {
    return std::span(samples).first(static_cast<std::size_t>(n) * facts.axes);
  }
  Status pass_over();
  Result<SourceStep> step(const TimeStamp& now);
};

// Restarted windows do not repeat samples: what the old one would have had is played unheard.
Status RecordingSource::State::pass_over() {
  while (given_up > 0) {
    TORPOR_CHECK(player.prepare());
    // In frames, since that is the room there is.
    const std::uint64_t n =
        std::min({given_up, player.block_left(), std::uint64_t{kMaxFrameSamples / facts.axes}});
    TORPOR_CHECK(player.read(first(n)));
    given_up -= n;
  }
  return {};
}

Result<SourceStep> RecordingSource::State::step(const TimeStamp& now) {
  SourceStep step;
  // One frame a call; what is complete beyond it is told by `next` in the past.
  while (pacer.running()) {
    TORPOR_CHECK(player.prepare());
    const auto contiguous =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(player.block_left(), UINT32_MAX));
    const std::uint32_t n = pacer.next_samples(contiguous);
    TORPOR_ASSERT(n > 0, "sensor.a_running_window_has_a_next_frame");
    step.next = pacer.complete_at(n);
    // Never ahead of the clock: samples exist when a sensor would have taken them.
    if (step.frame || now.boot < step.next) return step;
    // The first sample of a window follows a pause, so a piece begins there too.
    const bool starts_block = player.at_block_start() || pacer.done() == 0;
    TORPOR_CHECK(player.read(first(n)));
    step.frame = pacer.take(first(n), starts_block);
  }
  step.next = BootTime::max();
  return step;
}

RecordingSource::RecordingSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingSource::~RecordingSource() = default;

Result<std::unique_ptr<RecordingSource>> RecordingSource::make(std::vector<Recording> recordings,
                                                               const std::string& folder,
                                                               const SensorTerms& sensor,
                                                               std::uint32_t sensor_index,
                                                               std::uint64_t window) {
  if (sensor.axes < 1 || sensor.axes > kMaxAxes || sensor.rate_mhz == 0 || window == 0)
    return Error{Reason::source_sensor, std::string_view(sensor.id), "no usable axes, rate or window", {}};
  // Units, lengths and scale first: what cannot be played needs no count of pieces.
  TORPOR_TRY(RecordingPlayer player,
             RecordingPlayer::make(std::move(recordings), folder, sensor.axes, sensor.rate_mhz));
  const std::string_view where = player.current().file;
  const std::uint64_t frame_samples = kMaxFrameSamples / sensor.axes;
  // Here and not while playing: a window that does not fit would be dropped downstream, every time.
  if (player.most_pieces(window) > kMaxBlocks ||
      player.most_frames(window, frame_samples) > kMaxWindowFrames) {
    return Error{.reason = Reason::recording_pieces}
        .at(where)
        .saw(player.most_pieces(window), " pieces, ", player.most_frames(window, frame_samples),
             " frames a window")
        .want("at most ", kMaxBlocks, " and ", kMaxWindowFrames);
  }
  if (player.windows(window) == 0) {
    return Error{.reason = Reason::recording_short}
        .at(where)
        .saw("less than one window")
        .want(window, " samples per axis in one run of a machine");
  }
  const SensorFacts facts{sensor_index, sensor.rate_mhz, sensor.axes, player.scale_pg()};
  return std::unique_ptr<RecordingSource>(
      new RecordingSource(std::make_unique<State>(std::move(player), facts, window)));
}

Result<std::unique_ptr<RecordingSource>> RecordingSource::make(std::vector<Recording> recordings,
                                                               const std::string& folder,
                                                               const Contract& contract,
                                                               std::uint32_t sensor) {
  const Terms& terms = contract.terms();
  if (sensor >= terms.sensor_count) {
    return Error{.reason = Reason::source_sensor}
        .at("sensor number")
        .saw(sensor)
        .want("below ", terms.sensor_count);
  }
  const SensorTerms& s = terms.sensors()[sensor];
  return make(std::move(recordings), folder, s, sensor, window_samples(terms.duty, s));
}

SensorFacts RecordingSource::describe() const { return state_->facts; }

Status RecordingSource::start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) {
  State& s = *state_;
  // Told again at every call: after a broken file no place in the stream is sure.
  if (s.failed) return *s.failed;
  // Before the samples are looked at: what the old window still owed is counted, then passed over.
  stop();
  if (samples == 0) return Error{Reason::source_window, "recording", "a window of 0 samples", "at least 1"};
  const auto go = [&]() -> Status {
    TORPOR_CHECK(s.pass_over());
    return s.player.seek(samples);
  };
  if (Status status = go(); !status) {
    // Too little left is the end of the list, not a fault of it: current() and ended() go on.
    if (status.error().reason != Reason::source_window) s.failed = status.error();
    return status;
  }
  // Opened now, not at the first poll: what cannot be opened fails the start of a window.
  if (s.player.left_in_run() > 0 && s.player.block_left() == 0) {
    if (Status status = s.player.prepare(); !status) {
      s.failed = status.error();
      return status;
    }
  }
  // The window is said to be of the recording it began in, also where it reaches into the next.
  s.began_in = &s.player.current();
  s.pacer.start(window_id, samples, now);
  return {};
}

Result<SourceStep> RecordingSource::poll(const TimeStamp& now) {
  if (state_->failed) return *state_->failed;
  Result<SourceStep> step = state_->step(now);
  if (!step) state_->failed = step.error();
  return step;
}

void RecordingSource::stop() {
  // Added: a window may be given up while an older one's rest is still owed.
  state_->given_up += state_->pacer.left();
  state_->pacer.stop();
}

Context RecordingSource::context() const {
  Context context;
  context.temperature_mdeg = INT32_MIN;
  // Not stated is 0 in the manifest as in Context.
  if (state_->began_in != nullptr)
    context.rpm_milli = static_cast<std::uint32_t>(std::llround(state_->began_in->rpm * 1000));
  return context;
}

bool RecordingSource::ended() const {
  const State& s = *state_;
  if (s.pacer.running()) return false;
  // What a given-up window still owes lies in the run being played.
  const std::uint64_t left = s.player.left_in_run();
  // Compared before subtracting: what is owed may exceed what is left.
  if (left >= s.given_up && left - s.given_up >= s.window) return false;
  return !s.player.holds_later(s.window);
}

std::uint64_t RecordingSource::windows() const { return state_->player.windows(state_->window); }

const Recording& RecordingSource::current() const {
  return state_->began_in != nullptr ? *state_->began_in : state_->player.current();
}

}  // namespace torpor
