// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "features/spectra.h"
#include "features/white_noise.h"

// Makes white_noise_table.h by simulation, some minutes:
//   torpor_features_test --gtest_also_run_disabled_tests --gtest_filter='*writes_the_white_noise_table'
// The table is written to the working directory. Not part of any build: the committed
// table is what the features mean.
namespace torpor {
namespace {

const std::vector<std::size_t> kLongFrames{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256};
const std::vector<std::size_t> kShortFrames{17,  24,  32,  48,  64,   96,   128,  192,
                                            256, 384, 512, 768, 1024, 1536, 2048, 4096};
const std::vector<std::size_t> kBins{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384};
const std::vector<std::size_t> kPaddedFrames{4096, 3277, 2731, 2341, 2053};  // of 8192: padding 2 .. 4
const std::vector<std::size_t> kSamples{320, 640, 1280, 2560, 5120, 10240, 20480, 40960, 81920};

class Maker {
 public:
  std::vector<float> noise(std::size_t n) {
    std::vector<float> x(n);
    for (float& v : x) v = normal_(random_);
    return x;
  }

  void write() {
    row("std::size_t", "kLongFrames", kLongFrames);
    levels();
    row("std::size_t", "kShortFrames", kShortFrames);
    powers();
    row("std::size_t", "kBins", kBins);
    std::vector<float> padding;
    for (std::size_t frames : kPaddedFrames) padding.push_back(8192.0f / static_cast<float>(frames));
    row("float", "kPadding", padding);
    modulations();
    row("std::size_t", "kSamples", kSamples);
    crests();
  }
  const std::string& text() const { return text_; }

 private:
  template <class T>
  std::string braces(const std::vector<T>& values) {
    std::string out = "{";
    for (const T& v : values) {
      char one[32];
      if constexpr (std::is_floating_point_v<T>)
        std::snprintf(one, sizeof one, "%.4ff, ", static_cast<double>(v));
      else
        std::snprintf(one, sizeof one, "%zu, ", v);
      out += one;
    }
    out.resize(out.size() - 2);
    return out + "}";
  }
  template <class T>
  void row(const char* type, const char* name, const std::vector<T>& values) {
    text_ += std::string("inline constexpr std::array<") + type + ", " + std::to_string(values.size()) +
             "> " + name + braces(values) + ";\n";
  }

  void levels() {
    std::vector<double> level;
    std::vector<double> kurtosis;
    LongSpectra spectra;
    for (std::size_t frames : kLongFrames) {
      const std::size_t samples = kLongSize + (frames - 1) * kLongHop;
      const std::size_t runs = 40000 / frames + 200;
      double l = 0;
      double k = 0;
      LongMoments moments;
      for (std::size_t run = 0; run < runs; ++run) {
        spectra.run(noise(samples), moments);
        for (std::size_t i = 1; i + 1 < kLevels; ++i) {
          l += std::log(moments.level[i]);
          k += std::log(moments.kurtosis[i] / 2);
        }
      }
      level.push_back(l / static_cast<double>(runs * (kLevels - 2)));
      kurtosis.push_back(k / static_cast<double>(runs * (kLevels - 2)));
    }
    row("float", "kLevel", level);
    row("float", "kKurtosis", kurtosis);
  }

  void powers() {
    std::vector<std::vector<std::vector<double>>> mean(3, std::vector<std::vector<double>>(6));
    for (std::size_t frames : kShortFrames) {
      double sum[3][6] = {};
      double count[3] = {};
      ShortSpectra spectra(kShortSize + (frames - 1) * kShortHop);
      for (std::size_t run = 0; run < 4000000 / frames + 4000; ++run) {
        spectra.run(noise(kShortSize + (frames - 1) * kShortHop));
        for (std::size_t b = 0; b < kBands; ++b) {
          const auto kind = static_cast<std::size_t>(band_kind(b));
          if (kind == 0 && run % 8 != 0) continue;
          std::vector<float> e(spectra.band(b).begin(), spectra.band(b).end());
          std::sort(e.begin(), e.end());
          double first = 0;
          double second = 0;
          for (float v : e) {
            first += v;
            second += double{v} * v;
          }
          first /= static_cast<double>(frames);
          second /= static_cast<double>(frames);
          const double percent[4] = {.1, .5, .9, .99};
          for (int q = 0; q < 4; ++q) {
            const double at = percent[q] * static_cast<double>(frames - 1);
            const auto low = static_cast<std::size_t>(at);
            const double value =
                e[low] + (at - static_cast<double>(low)) * (e[std::min(low + 1, frames - 1)] - e[low]);
            sum[kind][q] += std::log(value / first);
          }
          sum[kind][4] += std::log(e.back() / first);
          sum[kind][5] += std::log(second / (first * first));
          count[kind] += 1;
        }
      }
      for (std::size_t kind = 0; kind < 3; ++kind)
        for (std::size_t i = 0; i < 6; ++i) mean[kind][i].push_back(sum[kind][i] / count[kind]);
    }
    text_ += "// [kind][which]\ninline constexpr std::array<float, " + std::to_string(kShortFrames.size()) +
             "> kPower[3][6]{";
    for (const auto& kind : mean) {
      text_ += "{";
      for (const auto& values : kind) text_ += braces(values) + ", ";
      text_ += "}, ";
    }
    text_ += "};\n";
  }

  static std::vector<double> means_of(const std::vector<double>& sum, const std::vector<double>& count) {
    std::vector<double> out(sum.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      // Cells too wide to be had in this transform: ln n goes on as before.
      if (count[i] > 0)
        out[i] = sum[i] / count[i];
      else
        out[i] = out[i - 1] + (out[i - 1] - out[i - 2]) * std::log(double(kBins[i]) / double(kBins[i - 1])) /
                                  std::log(double(kBins[i - 1]) / double(kBins[i - 2]));
    }
    return out;
  }

  // Hann spectra of Gaussian noise, all cells of n bins.
  void modulations() {
    constexpr std::size_t kFft = 8192;
    constexpr std::size_t kLast = kFft / 2 - 1;
    const det::RealFft fft(kFft);
    std::vector<std::vector<double>> order(kPaddedFrames.size());
    std::vector<std::vector<std::vector<double>>> comb(
        4, std::vector<std::vector<double>>(kPaddedFrames.size()));
    for (std::size_t p = 0; p < kPaddedFrames.size(); ++p) {
      std::vector<double> order_sum(kBins.size());
      std::vector<double> order_count(kBins.size());
      std::vector<std::vector<double>> comb_sum(4, std::vector<double>(kBins.size()));
      std::vector<std::vector<double>> comb_count = comb_sum;
      std::vector<float> window(kPaddedFrames[p]);
      hann(window);
      for (int run = 0; run < 1500; ++run) {
        std::vector<det::F4> data(kFft);
        std::vector<det::F4> power(kFft / 2 + 1);
        for (std::size_t i = 0; i < window.size(); ++i) {
          const auto v = noise(4);
          data[i] = det::load4(v.data()) * window[i];
        }
        fft.power(data, power);
        for (int lane = 0; lane < 4; ++lane) {
          std::vector<float> line(kLast + 1);
          for (std::size_t k = 1; k <= kLast; ++k) line[k] = power[k][lane];
          std::vector<float> copy(line.begin() + 1, line.end());
          std::nth_element(copy.begin(), copy.begin() + kLast / 2, copy.end());
          const float median = copy[kLast / 2];
          for (float& v : line) v = std::log(v / median + 0.05f);
          line[0] = line[1];
          std::vector<float> peak(kLast + 1);
          for (std::size_t k = 1; k <= kLast; ++k)
            peak[k] = std::max({line[k - 1], line[k], line[std::min(k + 1, kLast)]});
          for (std::size_t i = 0; i < kBins.size(); ++i) {
            const std::size_t n = kBins[i];
            for (std::size_t k = 4; k + n <= kLast; k += n) {
              order_sum[i] += *std::max_element(&line[k], &line[k] + n);
              order_count[i] += 1;
            }
            for (std::size_t h = 2; h <= 5; ++h)
              for (std::size_t k = std::max<std::size_t>(4, 3 * n);
                   k <= 6 * n + 4 && h * (k + n - 1) <= kLast;
                   k += (n + 1) / 2) {  // a cell lies at about three times its width
                float best = -1e9f;
                for (std::size_t m = k; m < k + n; ++m) {
                  float sum = 0;
                  for (std::size_t j = 1; j <= h; ++j) sum += peak[j * m];
                  best = std::max(best, sum / static_cast<float>(h));
                }
                comb_sum[h - 2][i] += best;
                comb_count[h - 2][i] += 1;
              }
          }
        }
      }
      order[p] = means_of(order_sum, order_count);
      for (std::size_t h = 0; h < 4; ++h) comb[h][p] = means_of(comb_sum[h], comb_count[h]);
    }
    tell_modulations(order, comb);
  }

  void tell_modulations(const std::vector<std::vector<double>>& order,
                        const std::vector<std::vector<std::vector<double>>>& comb) {
    const std::string type = "inline constexpr std::array<float, " + std::to_string(kBins.size()) + "> ";
    text_ += "// [padding]\n" + type + "kOrder[" + std::to_string(kPaddedFrames.size()) + "]{";
    for (const auto& values : order) text_ += braces(values) + ", ";
    text_ += "};\n// [harmonics - 2][padding]\n" + type + "kComb[4][" + std::to_string(kPaddedFrames.size()) +
             "]{";
    for (const auto& of : comb) {
      text_ += "{";
      for (const auto& values : of) text_ += braces(values) + ", ";
      text_ += "}, ";
    }
    text_ += "};\n";
  }

  // E[ln max] = integral of ln x d(F(x)^n), F(x) = erf(x / sqrt 2).
  void crests() {
    std::vector<double> crest;
    for (std::size_t n : kSamples) {
      double mean = 0;
      double before = 0;
      constexpr double kStep = 1e-4;
      for (double x = 0.5; x < 12; x += kStep) {
        const double here = std::pow(std::erf(x / std::numbers::sqrt2), static_cast<double>(n));
        mean += (here - before) * std::log(x - kStep / 2);
        before = here;
      }
      crest.push_back(mean);
    }
    row("float", "kCrest", crest);
  }

  std::string text_;
  std::mt19937 random_{1};
  std::normal_distribution<float> normal_;
};

TEST(WhiteNoiseTable, DISABLED_writes_the_white_noise_table) {
  Maker maker;
  maker.write();
  std::ofstream("white_noise_table.h")
      << "// SPDX-License-Identifier: Apache-2.0\n// SPDX-FileCopyrightText: torpor authors\n#pragma once\n\n"
         "#include <array>\n#include <cstddef>\n\n// Made by white_noise_table_test.cpp; what each means: "
         "white_noise.h.\nnamespace torpor::white::table {\n\n"
      << maker.text() << "\n}  // namespace torpor::white::table\n";
}

}  // namespace
}  // namespace torpor
