// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/modulation.h"

#include <algorithm>
#include <bit>

#include "exact/math.h"

namespace torpor {
namespace {

using det::F4;
using det::kLanes;

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr float kFloor = 0.05f;  // keeps the logarithm of an empty bin from running away
constexpr std::size_t kMinFft = 64;

// The shortest piece (17 frames) takes 64, the longest (4,093 of 65,536 samples) 8,192, the largest
// RealFft. Padding is thus 2 to 4, what the white-noise tables hold.
std::size_t fft_size(std::size_t frames) { return std::max(kMinFft, std::bit_ceil(2 * frames)); }

// First bin at or above x: with half-open cells made of it no bin is in two orders or in none.
std::size_t ceil_index(double x) {
  const auto down = static_cast<std::size_t>(x);
  return down + (static_cast<double>(down) < x ? 1 : 0);
}

}  // namespace

Modulation::Modulation(std::uint32_t rate_mhz, std::size_t max_samples, bool has_speed)
    : frame_rate_hz_(rate_mhz / 1000.0 / kShortHop),
      has_speed_(has_speed),
      selector_(fft_size(short_frames(max_samples)) / 2) {
  const std::size_t max_frames = short_frames(max_samples);
  const std::size_t max_fft = fft_size(max_frames);
  for (std::size_t n = kMinFft; n <= max_fft; n *= 2) ffts_.emplace_back(n);
  // Largest size at once: what plan_for() makes later fits, so that extract() takes no heap.
  for (Plan& plan : plans_) {
    plan.window.reserve(max_frames);
    for (auto& curve : plan.flatten) curve.reserve(max_fft / 2 + 1);
  }
  std::array<float, kShortSize> window;
  hann(window);
  for (BandKind kind : {BandKind::inner, BandKind::edge, BandKind::nyquist})
    autocorrelation_[static_cast<std::size_t>(kind)] =
        white::envelope_autocorrelation(kind, window, kShortHop);
  // Orders .4 .. 25.6 and .4 .. 12.8; without speed the six octaves below the modulation
  // Nyquist, and the five below half of it (a comb needs a second harmonic).
  for (std::size_t i = 0; i <= kOrders; ++i)
    order_edge_[i] = (has_speed ? 0.4 : 1.0 / 64) * det::exp(kLn2 * static_cast<double>(i) / 4);
  for (std::size_t i = 0; i <= kCombs; ++i)
    comb_edge_[i] = (has_speed ? 0.4 : 1.0 / 64) * det::exp(kLn2 * static_cast<double>(i) * 5 / 12);
  data_.resize(max_fft);
  power_.resize(max_fft / 2 + 1);
  log_.resize(max_fft / 2 + 1);
  peak_.resize(max_fft / 2 + 1);
  for (auto& column : column_) column.resize(max_fft / 2 + 1);
}

const Modulation::Plan& Modulation::plan_for(std::size_t frames) {
  for (const Plan& plan : plans_)
    if (plan.frames == frames) return plan;
  Plan& plan = plans_[next_plan_];
  next_plan_ = (next_plan_ + 1) % plans_.size();
  plan.frames = frames;
  const std::size_t n = fft_size(frames);
  for (const auto& fft : ffts_)
    if (fft.size() == n) plan.fft = &fft;
  plan.window.resize(frames);
  hann(plan.window);
  // |W(k)|^2 of the window itself: subtracting the mean takes |W|^2 / (frames sum w^2)
  // of the noise away near 0.
  // data_ and power_ are free here: run() fills them only after it has its plan. The window takes lane 0.
  double energy = 0;
  std::fill_n(data_.begin(), n, F4{});
  for (std::size_t t = 0; t < frames; ++t) {
    energy += double{plan.window[t]} * plan.window[t];
    data_[t][0] = plan.window[t];
  }
  plan.fft->power(std::span(data_).first(n), power_);
  for (std::size_t kind = 0; kind < kBandKinds; ++kind) {
    const auto& c = autocorrelation_[kind];
    plan.flatten[kind].resize(n / 2 + 1);
    for (std::size_t k = 0; k <= n / 2; ++k) {
      double curve = 1;
      for (std::size_t j = 1; j <= 3; ++j)
        curve += 2 * c[j - 1] *
                 det::sin_cos_turn(static_cast<std::int64_t>(j * k), static_cast<std::int64_t>(n)).cos;
      const double kept = 1 - power_[k][0] / (static_cast<double>(frames) * energy);
      plan.flatten[kind][k] = static_cast<float>(1 / (curve * std::max(kept, 0.1) * energy));
    }
  }
  return plan;
}

void Modulation::lay_cells(const Plan& plan, float shaft_hz) {
  const std::size_t n = plan.fft->size();
  const std::size_t least = (n + plan.frames - 1) / plan.frames;  // one resolution cell from 0
  const std::size_t last = n / 2 - least;                         // and one from the Nyquist
  const float padding = static_cast<float>(n) / static_cast<float>(plan.frames);
  const double unit =
      // Bins per order (of the shaft), or all bins up to the Nyquist where edges are parts of it.
      has_speed_ ? shaft_hz / frame_rate_hz_ * static_cast<double>(n) : static_cast<double>(n) / 2;
  // False for 0, for a negative speed and for NaN, and before any cast that could not hold the index.
  const bool measurable = unit > 0 && unit < 1e9;
  const auto lay = [&](double low, double high, std::size_t highest) {
    Cell cell;
    if (!measurable || low * unit > static_cast<double>(highest) || high * unit <= static_cast<double>(least))
      return cell;
    cell.begin = ceil_index(low * unit);
    cell.end = ceil_index(high * unit);
    if (cell.begin == cell.end) {  // narrower than a bin: the nearest one
      // NOLINTNEXTLINE(bugprone-incorrect-roundings): positive, and its bits are part of the feature
      cell.begin = static_cast<std::size_t>(0.5 * (low + high) * unit + 0.5);
      cell.end = cell.begin + 1;
    }
    cell.begin = std::max(cell.begin, least);
    // Only now: a cell that is cut by a limit keeps the bins that can be measured.
    cell.end = std::min(cell.end, highest + 1);
    if (cell.begin >= cell.end) return Cell{};
    return cell;
  };
  for (std::size_t i = 0; i < kOrders; ++i) {
    Cell& cell = orders_[i] = lay(order_edge_[i], order_edge_[i + 1], last);
    // By the bins it really has: the largest of more bins of noise is larger.
    if (cell.begin < cell.end) cell.expected = white::order(cell.end - cell.begin, padding);
  }
  for (std::size_t i = 0; i < kCombs; ++i) {
    // last / 2, because a comb has at least its second harmonic below the limit.
    Cell& cell = combs_[i] = lay(comb_edge_[i], comb_edge_[i + 1], last / 2);
    if (cell.begin >= cell.end) continue;
    cell.harmonics = std::min<std::size_t>(5, last / (cell.end - 1));
    cell.expected = white::comb(cell.harmonics, cell.end - cell.begin, padding);
  }
}

void Modulation::run(const ShortSpectra& spectra, float shaft_hz,
                     std::array<std::array<float, kBandFeatures>, kBands>& out) {
  const Plan& plan = plan_for(spectra.frames());
  lay_cells(plan, shaft_hz);
  for (std::size_t band = 0; band < kBands; band += kLanes) four_bands(plan, spectra, band, out);
}

void Modulation::four_bands(const Plan& plan, const ShortSpectra& spectra, std::size_t first_band,
                            std::array<std::array<float, kBandFeatures>, kBands>& out) {
  const std::size_t n = plan.fft->size();
  const std::size_t last = n / 2 - 1;
  const float* row[kLanes];
  const float* flatten[kLanes];
  for (std::size_t j = 0; j < kLanes; ++j) {
    row[j] = spectra.band(first_band + j).data();
    flatten[j] = plan.flatten[static_cast<std::size_t>(band_kind(first_band + j))].data();
  }
  // Four partials by frame, added as a tree: bits of the feature, so not the compiler's to order.
  F4 partial[4] = {};
  for (std::size_t t = 0; t < plan.frames; ++t) {
    data_[t] = det::sqrt4(F4{row[0][t], row[1][t], row[2][t], row[3][t]});
    partial[t % 4] += data_[t];
  }
  const F4 mean = ((partial[0] + partial[2]) + (partial[1] + partial[3])) / static_cast<float>(plan.frames);
  // A band without any power (digital silence between lines) has no modulation.
  const det::I4 alive = mean > 1e-12f;
  // 1 instead of 0, so that no lane divides by zero; store() leaves a dead band at 0.
  const F4 inverse = 1.0f / det::select(alive, mean, det::broadcast(1.0f));
  for (std::size_t t = 0; t < plan.frames; ++t) data_[t] = (data_[t] * inverse - 1.0f) * plan.window[t];
  std::fill_n(data_.begin() + static_cast<std::ptrdiff_t>(plan.frames), n - plan.frames, F4{});
  plan.fft->power(std::span(data_).first(n), power_);

  // Without bin 0 and the Nyquist, which are real and so distributed otherwise.
  for (std::size_t k = 1; k <= last; ++k) {
    power_[k] *= F4{flatten[0][k], flatten[1][k], flatten[2][k], flatten[3][k]};
    for (std::size_t j = 0; j < kLanes; ++j) column_[j][k - 1] = power_[k][static_cast<int>(j)];
  }
  // By its own median: what stands out is told, however strong the band's modulation is as a whole.
  F4 scale;
  for (std::size_t j = 0; j < kLanes; ++j) {
    selector_.load(std::span(column_[j]).first(last));
    const float median = selector_.kth(last / 2);
    scale[static_cast<int>(j)] = 1.0f / std::max(median, 1e-12f);
  }
  for (std::size_t k = 1; k <= last; ++k) log_[k] = det::log4(power_[k] * scale + kFloor);
  // So that the ends have two neighbours without an unmeasured bin among them.
  log_[0] = log_[1];
  log_[last + 1] = log_[last];
  // A fundamental between two bins puts its harmonics further off: their neighbours count too.
  for (std::size_t k = 1; k <= last; ++k) peak_[k] = det::max4(det::max4(log_[k - 1], log_[k + 1]), log_[k]);

  const auto store = [&](std::size_t at, F4 value) {
    for (std::size_t j = 0; j < kLanes; ++j)
      out[first_band + j][at] = alive[static_cast<int>(j)] != 0 ? value[static_cast<int>(j)] : 0.0f;
  };
  for (std::size_t i = 0; i < kOrders; ++i) {
    const Cell& cell = orders_[i];
    F4 best = cell.begin < cell.end ? log_[cell.begin] : F4{};
    for (std::size_t k = cell.begin; k < cell.end; ++k) best = det::max4(best, log_[k]);
    store(kOrderAt + i, best - cell.expected);
  }
  for (std::size_t i = 0; i < kCombs; ++i) {
    const Cell& cell = combs_[i];
    F4 best = det::broadcast(cell.begin < cell.end ? -1e9f : 0.0f);
    for (std::size_t k = cell.begin; k < cell.end; ++k) {
      F4 sum{};
      for (std::size_t h = 1; h <= cell.harmonics; ++h) sum += peak_[h * k];  // h k <= last, by lay_cells()
      best = det::max4(best, sum);
    }
    store(kCombAt + i, best / static_cast<float>(cell.harmonics) - cell.expected);
  }
}

}  // namespace torpor
