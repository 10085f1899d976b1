// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/raw.h"

#include <algorithm>
#include <cmath>

#include "exact/math.h"
#include "exact/sum.h"
#include "features/modulation.h"
#include "features/selector.h"
#include "features/spectra.h"
#include "features/white_noise.h"

namespace torpor {
namespace {

constexpr std::size_t kMaxSubframe = 65536;
constexpr float kSilence = 1e-20f;  // RMS below it: nothing but zeros
// 65,536 squares of twice kLargest stay below 3e38, the largest float.
constexpr float kLargest = 1e15f;     // so that a sum of squares stays finite
constexpr float kLevelFloor = 1e-8f;  // -80 dB of the mean: below it is quantisation
constexpr float kTiny = 1e-9f;
constexpr std::size_t kPowerFeatures = 6;

float value_of(std::int16_t x) { return x; }
// First NaN, because std::clamp lets it through; an infinity is clamped.
float value_of(float x) { return x == x ? std::clamp(x, -kLargest, kLargest) : 0.0f; }

Error length_error(Reason reason, std::size_t samples) {
  Error error{.reason = reason};
  error.where = "samples per sub-frame";
  error.found.append(samples);
  error.expected = "320 to 65536";
  return error;
}

}  // namespace

struct FeatureExtractor::Work {
  Work(std::uint32_t rate_mhz, std::size_t samples, bool has_speed)
      : most(samples),
        x(samples),
        selector(short_frames(samples)),
        spectra(samples),
        modulation(rate_mhz, samples, has_speed) {}

  template <class P>
  bool extract(std::span<const P> pieces, float scale, float shaft_hz, RawFeatures& out);
  template <class P>
  void load(const P& piece, std::size_t count);
  void measure(std::size_t count, float shaft_hz);
  void power_features(std::size_t band);

  std::size_t most;
  std::vector<float> x;  // the piece, mean removed, RMS 1
  Selector selector;
  float log_rms = 0;  // of the samples as they came
  bool silent = false;
  ShortSpectra spectra;
  LongSpectra long_spectra;
  LongMoments moments;
  std::size_t power_frames = 0;  // what power_expected is for
  std::array<std::array<float, kPowerFeatures>, kBandKinds> power_expected;
  Modulation modulation;
  RawFeatures one;
};

// Mean exactly (double holds the sum of 65,536 samples of 24 bits), then RMS 1.
template <class P>
void FeatureExtractor::Work::load(const P& piece, std::size_t count) {
  double sum = 0;
  // Into a copy, in one pass over the stride: everything later reads x in order.
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = value_of(piece.first[i * piece.stride]);
    sum += x[i];
  }
  const double mean = sum / static_cast<double>(count);
  // Subtracted in double and rounded once: an offset of any size leaves no rest of its own.
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(x[i] - mean);
  const std::span<float> used(x.data(), count);
  const float rms = __builtin_sqrtf(det::sum_squares(used) / static_cast<float>(count));
  silent = !(rms > kSilence);
  log_rms = det::log(std::max(rms, kSilence));
  if (silent) return;
  const float inverse = 1.0f / rms;
  for (float& v : used) v *= inverse;
}

void FeatureExtractor::Work::power_features(std::size_t band) {
  const std::span<const float> e = spectra.band(band);
  const std::size_t n = e.size();
  float* const out = &one.band[band][kPowerAt];
  const float mean = det::sum(e) / static_cast<float>(n);
  // Of a piece of RMS 1: a band this weak (1e-18) holds only what rounding left there.
  if (!(mean > kTiny * kTiny)) {
    std::fill_n(out, kPowerFeatures, 0.0f);
    return;
  }
  selector.load(e);
  constexpr std::size_t kPercent[4] = {10, 50, 90, 99};
  const float inverse = 1.0f / mean;
  // Linear between the two nearest ranks, in hundredths of a rank and in integers: which ranks are taken
  // must not hang on a rounding.
  for (std::size_t q = 0; q < 4; ++q) {
    const std::size_t hundredths = kPercent[q] * (n - 1);
    const std::size_t at = hundredths / 100;
    const float part = static_cast<float>(hundredths % 100) * 0.01f;
    const float low = selector.kth(at);
    const float high = at + 1 < n ? selector.kth(at + 1) : low;
    out[q] = det::log((low + (high - low) * part) * inverse + kTiny);
  }
  float largest = 0;
  for (float v : e) largest = std::max(largest, v);
  out[4] = det::log(largest * inverse);
  out[5] = det::log(det::sum_squares(e) / static_cast<float>(n) * inverse * inverse);
  const auto& expected = power_expected[static_cast<std::size_t>(band_kind(band))];
  for (std::size_t i = 0; i < kPowerFeatures; ++i) out[i] -= expected[i];
}

void FeatureExtractor::Work::measure(std::size_t count, float shaft_hz) {
  one.global[0] = log_rms;
  if (silent) {
    one.global[1] = one.global[2] = 0;
    // In an axis without any signal only the level is told, as that of white noise of this RMS; 0 says
    // nothing in all other places.
    for (auto& band : one.band) {
      band.fill(0);
      for (std::size_t i = 0; i < kLevelsPerBand; ++i) band[kLevelAt + i] = 2 * log_rms;
    }
    return;
  }
  const std::span<const float> used(x.data(), count);
  const auto n = static_cast<float>(count);
  // x has its mean removed and RMS 1 already; variance is measured again because the scaling rounds.
  const auto sums = det::central_sums(used, 0.0f);
  const float variance = sums.second / n;
  one.global[1] = det::log(sums.fourth / n / (variance * variance) / 3);
  one.global[2] = det::log(det::max_abs(used, 0.0f)) - white::crest(count);

  long_spectra.run(used, moments);
  const float level_bias = white::level(moments.frames);
  const float kurtosis_bias = white::kurtosis(moments.frames);
  for (std::size_t i = 0; i < kLevels; ++i) {
    auto& band = one.band[i / kLevelsPerBand];
    // The floor stands inside the logarithm and the RMS outside: -80 dB of this piece, whatever its gain.
    band[kLevelAt + i % kLevelsPerBand] = det::log(moments.level[i] + kLevelFloor) - level_bias + 2 * log_rms;
    band[kKurtosisAt + i % kLevelsPerBand] =
        // A single spectrum has no fourth moment over time: its ratio is 1 whatever the signal.
        moments.frames < 2 ? 0.0f : det::log(0.5f * moments.kurtosis[i]) - kurtosis_bias;
  }
  spectra.run(used);
  // Most pieces have one length, and each look-up takes the logarithm of every knot.
  if (power_frames != spectra.frames()) {
    power_frames = spectra.frames();
    for (BandKind kind : {BandKind::inner, BandKind::edge, BandKind::nyquist})
      for (std::size_t i = 0; i < kPowerFeatures; ++i)
        power_expected[static_cast<std::size_t>(kind)][i] = white::power(i, kind, power_frames);
  }
  for (std::size_t band = 0; band < kBands; ++band) power_features(band);
  modulation.run(spectra, shaft_hz, one.band);
}

template <class P>
bool FeatureExtractor::Work::extract(std::span<const P> pieces, float scale, float shaft_hz,
                                     RawFeatures& out) {
  std::size_t total = 0;
  for (const P& piece : pieces) {
    // The same choice as in the loop below, made first because a share needs the total.
    const std::size_t count = std::min(piece.count, most - total);
    if (count >= kMinPieceSamples) total += count;
  }
  out = {};
  if (total == 0) return false;
  std::size_t done = 0;
  for (const P& piece : pieces) {
    const std::size_t count = std::min(piece.count, most - done);
    // A piece that no longer fits is cut, one that is left too short by it is skipped: a later one may
    // fit.
    if (count < kMinPieceSamples) continue;
    done += count;
    load(piece, count);
    measure(count, shaft_hz);
    const float share = static_cast<float>(count) / static_cast<float>(total);
    for (std::size_t b = 0; b < kBands; ++b)
      for (std::size_t i = 0; i < kBandFeatures; ++i) out.band[b][i] += share * one.band[b][i];
    for (std::size_t i = 0; i < kGlobalFeatures; ++i) out.global[i] += share * one.global[i];
  }
  // The unit's logarithm last: everything above is the same for every scale.
  const float log_scale = det::log(std::isfinite(scale) && scale > 0 ? scale : 1.0f);
  out.global[0] += log_scale;
  for (auto& band : out.band)
    for (std::size_t i = 0; i < kLevelsPerBand; ++i) band[kLevelAt + i] += 2 * log_scale;
  out.weight = static_cast<float>(total) / static_cast<float>(most);
  return true;
}

Result<FeatureExtractor> FeatureExtractor::prepare(std::uint32_t rate_mhz, std::size_t samples_per_subframe,
                                                   Speed speed) {
  if (samples_per_subframe < kMinPieceSamples)
    return length_error(Reason::features_too_short, samples_per_subframe);
  if (samples_per_subframe > kMaxSubframe)
    return length_error(Reason::features_too_long, samples_per_subframe);
  return FeatureExtractor(std::make_unique<Work>(rate_mhz, samples_per_subframe, speed == Speed::known));
}

FeatureExtractor::FeatureExtractor(std::unique_ptr<Work> work) : work_(std::move(work)) {}
FeatureExtractor::FeatureExtractor(FeatureExtractor&&) noexcept = default;
FeatureExtractor& FeatureExtractor::operator=(FeatureExtractor&&) noexcept = default;
FeatureExtractor::~FeatureExtractor() = default;

bool FeatureExtractor::extract(std::span<const Piece> pieces, float scale, float shaft_hz, RawFeatures& out) {
  return work_->extract(pieces, scale, shaft_hz, out);
}
bool FeatureExtractor::extract(std::span<const FloatPiece> pieces, float scale, float shaft_hz,
                               RawFeatures& out) {
  return work_->extract(pieces, scale, shaft_hz, out);
}

}  // namespace torpor
