// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/envelope.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "features/complex_fft.h"

namespace torpor {
namespace {

using Complex = std::complex<float>;

constexpr double kPi = 3.14159265358979323846;
constexpr double kGravity = 9.80665;
constexpr double kHannCells = 1.5;  // equivalent noise bandwidth of a Hann window, in bins
constexpr double kVelocityLowHz = 10;
constexpr double kVelocityHighHz = 1000;
constexpr double kVelocityHighOfRate = 0.4;

std::size_t largest_segment(double rate_hz, std::size_t samples) {
  // A power of two, so that the longest segment needs no padding and every shorter one fits in its FFT.
  const double limit = std::min(kSegmentSeconds * rate_hz, static_cast<double>(samples));
  return std::max(kMinSegment, std::bit_floor(static_cast<std::size_t>(limit)));
}

struct BandSum {
  std::vector<float> power;
  double second = 0, fourth = 0;  // of the analytic signal's magnitude, summed over samples
  double samples = 0;
};

}  // namespace

struct EnvelopeAnalyzer::Work {
  Work(double rate, std::uint32_t axis_count, std::size_t samples)
      : rate_hz(rate),
        axes(axis_count),
        max_samples(samples),
        segment_limit(largest_segment(rate, samples)),
        fft(segment_limit),
        spectrum(fft.largest()),
        band(fft.largest()),
        envelope(fft.largest()),
        order(fft.largest()),
        sums(axis_count * kEnvelopeBands),
        velocity(axis_count) {
    for (auto& sum : sums) sum.power.resize(kMaxEnvelopeBins);
  }

  double rate_hz;
  std::uint32_t axes;
  std::size_t max_samples;
  std::size_t segment_limit;
  ComplexFft fft;
  std::vector<Complex> spectrum, band;
  std::vector<float> envelope, order;
  std::vector<BandSum> sums;
  std::vector<double> velocity;  // sum over segments of the mean square, (m/s)^2

  double shaft_hz = 0;
  std::size_t segment = 0;  // samples
  std::size_t size = 0;     // of the FFT
  std::uint32_t segments = 0;

  std::size_t low_bin(std::size_t b) const { return edge(kEnvelopeBand[b].low); }
  std::size_t high_bin(std::size_t b) const { return edge(kEnvelopeBand[b].high); }
  std::size_t edge(double of_nyquist) const {
    // Two bands that meet at an edge round it alike: they share no bin.
    return static_cast<std::size_t>(std::lround(of_nyquist * static_cast<double>(size) / 2));
  }
  std::size_t band_size(std::size_t b) const { return std::bit_ceil(high_bin(b) - low_bin(b)); }
  std::size_t bins(std::size_t b) const { return std::min(kMaxEnvelopeBins, band_size(b) / 2); }

  void clear();
  bool plan(const Window& window);
  void add_segment(const Window& window, std::size_t axis, std::size_t first, std::size_t count);
  void add_velocity(std::size_t axis, std::size_t count);
  void add_band(std::size_t axis, std::size_t b, std::size_t count);
};

void EnvelopeAnalyzer::Work::clear() {
  segments = 0;
  for (auto& sum : sums) {
    std::fill(sum.power.begin(), sum.power.end(), 0.0f);
    sum.second = sum.fourth = sum.samples = 0;
  }
  std::fill(velocity.begin(), velocity.end(), 0.0);
}

bool EnvelopeAnalyzer::Work::plan(const Window& window) {
  if (window.axes != axes || axes == 0 || window.samples_per_axis() > max_samples) return false;
  std::size_t longest = 0;
  for (std::size_t b = 0; b < window.block_starts.size(); ++b) {
    const std::size_t end =
        b + 1 < window.block_starts.size() ? window.block_starts[b + 1] : window.samples_per_axis();
    longest = std::max(longest, end - window.block_starts[b]);
  }
  if (longest < kMinSegment) return false;
  segment = std::min(longest, segment_limit);
  size = std::bit_ceil(segment);
  return true;
}

// Spectrum of x (for the bands) and of Hann-weighted x (for the velocity) by one complex
// transform: x rides on the real part, its weighted self on the imaginary part.
void EnvelopeAnalyzer::Work::add_segment(const Window& window, std::size_t axis, std::size_t first,
                                         std::size_t count) {
  const std::int16_t* from = window.samples.data() + first * axes + axis;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += from[i * axes];
  const double mean = sum / static_cast<double>(count);
  const double scale = static_cast<double>(window.scale_pg) * 1e-12;
  const double turn = 2 * kPi / static_cast<double>(count);
  // cos by recurrence: exact enough for a weight, and a libm call per sample is not cheap.
  const std::complex<double> step(std::cos(turn), std::sin(turn));
  std::complex<double> phase(1, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = (from[i * axes] - mean) * scale;
    spectrum[i] = {static_cast<float>(x), static_cast<float>(x * 0.5 * (1 - phase.real()))};
    phase *= step;
  }
  std::fill(spectrum.begin() + static_cast<std::ptrdiff_t>(count),
            spectrum.begin() + static_cast<std::ptrdiff_t>(size), Complex{});
  fft.forward(std::span(spectrum).first(size));
  add_velocity(axis, count);
  for (std::size_t b = 0; b < kEnvelopeBands; ++b) add_band(axis, b, count);
}

void EnvelopeAnalyzer::Work::add_velocity(std::size_t axis, std::size_t count) {
  const double bin_hz = rate_hz / static_cast<double>(size);
  const double high = std::min(kVelocityHighHz, kVelocityHighOfRate * rate_hz);
  double sum = 0;
  for (std::size_t k = 1; k < size / 2; ++k) {
    const double hertz = static_cast<double>(k) * bin_hz;
    if (hertz < kVelocityLowHz) continue;
    if (hertz > high) break;
    // Times i, which norm() does not see.
    const Complex weighted = (spectrum[k] - std::conj(spectrum[size - k])) * 0.5f;
    // m/s^2 per g over omega: acceleration becomes velocity.
    const double per_radian = kGravity / (2 * kPi * hertz);
    sum += static_cast<double>(std::norm(weighted)) * per_radian * per_radian;
  }
  // Parseval with both halves of the spectrum; a Hann window keeps 3/8 of the power.
  velocity[axis] += 2 * sum / (static_cast<double>(size) * static_cast<double>(count) * 0.375);
}

void EnvelopeAnalyzer::Work::add_band(std::size_t axis, std::size_t b, std::size_t count) {
  BandSum& out = sums[axis * kEnvelopeBands + b];
  const std::size_t low = low_bin(b), width = high_bin(b) - low, m = band_size(b);
  // The band's analytic signal, shifted down to zero and so decimated to size m.
  for (std::size_t k = 0; k < width; ++k)
    band[k] = (spectrum[low + k] + std::conj(spectrum[size - low - k])) * 0.5f;
  std::fill(band.begin() + static_cast<std::ptrdiff_t>(width), band.begin() + static_cast<std::ptrdiff_t>(m),
            Complex{});
  const std::span<Complex> points = std::span(band).first(m);
  fft.inverse(points);

  // Only the part that held samples, not the padding.
  const std::size_t held = std::max<std::size_t>(4, count * m / size);
  // 2, because the negative half of the spectrum was left out.
  const double scale = 2.0 / static_cast<double>(size);
  double second = 0, fourth = 0;
  for (std::size_t i = 0; i < held; ++i) {
    const double square = static_cast<double>(std::norm(points[i])) * scale * scale;
    envelope[i] = static_cast<float>(std::sqrt(square));
    second += square;
    fourth += square * square;
  }
  out.second += second;
  out.fourth += fourth;
  out.samples += static_cast<double>(held);

  // A copy: the median reorders, and the envelope is a signal in time.
  std::copy_n(envelope.begin(), held, order.begin());
  const auto clip = static_cast<float>(kEnvelopeClip * median_in_place(std::span(order).first(held)));
  double sum = 0;
  for (std::size_t i = 0; i < held; ++i) {
    // Clipped before the mean is taken, or one bump would lift it for all.
    envelope[i] = std::min(envelope[i], clip);
    sum += static_cast<double>(envelope[i]);
  }
  const auto mean = static_cast<float>(sum / static_cast<double>(held));
  const double turn = 2 * kPi / static_cast<double>(held);
  const std::complex<double> step(std::cos(turn), std::sin(turn));
  std::complex<double> phase(1, 0);
  for (std::size_t i = 0; i < held; ++i) {
    points[i] = {(envelope[i] - mean) * static_cast<float>(0.5 * (1 - phase.real())), 0};
    phase *= step;
  }
  std::fill(points.begin() + static_cast<std::ptrdiff_t>(held), points.end(), Complex{});
  fft.forward(points);
  // Power of an amplitude, whatever the decimation.
  const float norm = static_cast<float>(1.0 / (static_cast<double>(held) * static_cast<double>(held)));
  // A bin is rate / size wide in every band: band and transform are decimated alike.
  for (std::size_t k = 0; k < bins(b); ++k) out.power[k] += std::norm(points[k]) * norm;
}

EnvelopeAnalyzer::EnvelopeAnalyzer(double rate_hz, std::uint32_t axes, std::size_t samples_per_axis)
    : work_(std::make_unique<Work>(rate_hz, axes, samples_per_axis)) {}
EnvelopeAnalyzer::~EnvelopeAnalyzer() = default;
EnvelopeAnalyzer::EnvelopeAnalyzer(EnvelopeAnalyzer&&) noexcept = default;
EnvelopeAnalyzer& EnvelopeAnalyzer::operator=(EnvelopeAnalyzer&&) noexcept = default;

bool EnvelopeAnalyzer::compute(const Window& window) {
  Work& w = *work_;
  w.clear();
  w.shaft_hz = window.context.rpm_milli / 60'000.0;
  if (!w.plan(window)) return false;
  for (std::size_t b = 0; b < window.block_starts.size(); ++b) {
    const std::size_t begin = window.block_starts[b];
    const std::size_t end =
        b + 1 < window.block_starts.size() ? window.block_starts[b + 1] : window.samples_per_axis();
    // Averaged with the others it would smear their lines: its own are twice as wide and more.
    if (end - begin < w.segment / 2) continue;
    const std::size_t count = std::min(w.segment, end - begin);
    // By half, as the Hann weight makes the ends of each count little (Welch 1967).
    for (std::size_t first = begin; first + count <= end; first += w.segment / 2) {
      for (std::size_t axis = 0; axis < w.axes; ++axis) w.add_segment(window, axis, first, count);
      ++w.segments;
      if (count < w.segment) break;
    }
  }
  if (w.segments == 0) return false;
  for (auto& sum : w.sums)
    for (float& p : sum.power) p /= static_cast<float>(w.segments);
  return true;
}

EnvelopeSpectrum EnvelopeAnalyzer::spectrum(std::size_t axis, std::size_t band) const {
  const Work& w = *work_;
  EnvelopeSpectrum out;
  out.segments = w.segments;
  if (w.segments == 0) return out;
  const BandSum& sum = w.sums[axis * kEnvelopeBands + band];
  out.power = std::span(sum.power).first(w.bins(band));
  out.bin_hz = w.rate_hz / static_cast<double>(w.size);
  // Noise bandwidth in bins, wider by what was padded.
  out.cell_bins = kHannCells * static_cast<double>(w.size) / static_cast<double>(w.segment);
  // Half of |a|^2: an analytic signal has twice the power of the signal itself.
  out.level_g2 = 0.5 * sum.second / sum.samples;
  const double mean = sum.second / sum.samples;
  out.kurtosis = mean > 0 ? sum.fourth / sum.samples / (mean * mean) : 0;
  return out;
}

double EnvelopeAnalyzer::velocity_rms_mm_s(std::size_t axis) const {
  const Work& w = *work_;
  return w.segments == 0 ? 0 : 1000 * std::sqrt(w.velocity[axis] / w.segments);
}

std::uint32_t EnvelopeAnalyzer::axes() const { return work_->axes; }
double EnvelopeAnalyzer::rate_hz() const { return work_->rate_hz; }
double EnvelopeAnalyzer::shaft_hz() const { return work_->shaft_hz; }

double median_in_place(std::span<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  // Of an even count the upper middle one: half a rank is nothing beside the noise.
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

}  // namespace torpor
