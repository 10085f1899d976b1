// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"
#include "features/envelope.h"
#include "verdict/explain/comb.h"

// Names what is wrong, only with evidence.
namespace torpor {

enum class Defect : std::uint8_t { outer_race, inner_race, ball };
inline constexpr std::size_t kDefects = 3;
std::string_view name(Defect defect);  // "outer race", ..

// How often a defect is rolled over, per turn of the shaft (bearing_orders.h, no slip); a ball's
// is twice its spin: both rings hit the spot.
struct DefectOrders {
  std::array<double, kDefects> order{};
  double cage = 0;
  bool known = false;  // false: none declared, or an impossible one
};
DefectOrders defect_orders(const BearingTerms& bearing);

inline constexpr double kFrequencyTolerance = 0.02;  // slip: of the defect frequency
inline constexpr std::uint32_t kRecentWindows = 8;   // averaged over

struct Explanation {
  enum class Kind : std::uint8_t {
    nothing,  // no evidence
    defect,   // `defect` at `hertz`
    period,   // something new repeats at `hertz`; no defect of the declared bearing does
    band,     // louder than healthy in one band, nothing new repeats
  };
  Kind kind = Kind::nothing;
  Defect defect{};
  double hertz = 0;
  std::uint32_t harmonics = 0;  // bit h - 1: harmonic h stands out
  std::uint32_t axis = 0;
  std::uint32_t band = 0;
  double strength = 0;  // sum of log prominence of the lines that count; band: log level over healthy
};

// A number of its own for each defect and axis, and for a period on each axis; 0: nothing or a
// band, which say no place. Stored in evidence files: never given another meaning.
std::uint8_t place_of(const Explanation& explanation);

// Of one sensor. Reads the envelope spectra of every good window (features/measurement.h),
// through learn() while it is known to be healthy and through observe() later. One thread; no
// heap after the constructor.
//
// A harmonic counts when the spectrum around it (comb.h) stands above its local median by
// more than noise would once in ten thousand, by kMinProminence, by three deviations more
// than the healthy windows showed at the same order, and when no multiple of the shaft's
// turn explains it. A defect is named when one frequency within 2 % of its own has at least
// 3 of 5 such harmonics and no finer comb explains them all. Looked at on every axis in
// every fixed band; the strongest is told. Without shaft speed or geometry no defect is
// named. Spectra of windows at the same speed (within 1 %) are averaged over about
// kRecentWindows; a defect that this mean does not show yet is looked for in the last
// window alone, because sudden damage alarms within two or three cycles.
class Explainer {
 public:
  explicit Explainer(const SensorTerms& sensor);

  // Spectra without a segment (a window too short) change nothing.
  // A healthy window: recent mean, and every kRecentWindows windows a look for the reference.
  void learn(const EnvelopeAnalyzer& spectra);
  // Any good window: recent mean.
  void observe(const EnvelopeAnalyzer& spectra);
  // What the recent windows show, against the reference where there is one (kMinHealthy
  // looks). `last`: the spectra observed last.
  Explanation explain(const EnvelopeAnalyzer& last);
  // "inner race, 162.2 Hz x1..x5, 6.4-12.2 kHz band, axis y"; empty for nothing.
  FixedString<200> text(const Explanation& explanation) const;

  // The healthy reference, carried in the baseline file. Damaged or foreign bytes are
  // refused as envelope_damaged and change nothing. forget() starts it anew (reset, accept).
  static constexpr std::size_t kMaxBytes = 4096;
  Result<Bytes> encode(MutableBytes out) const;
  Status decode(Bytes bytes);
  void forget();

 private:
  // Mean and mean square over the healthy looks.
  struct Moments {
    float mean = 0, square = 0;
    void add(double value, std::uint32_t count_before);
    double above(double deviations) const;
  };
  using Lines = std::array<Moments, kHarmonics>;
  static constexpr std::uint32_t kMaxPeriods = 32;
  struct Reference {
    std::uint32_t looks = 0;
    std::uint32_t line_looks = 0;  // of them with a shaft speed: only those show a defect's lines
    std::array<std::array<std::array<Lines, kDefects>, kEnvelopeBands>, kMaxAxes> line{};
    std::array<std::array<Moments, kEnvelopeBands>, kMaxAxes> log_level{};
    std::uint32_t periods = 0;  // combs healthy windows showed: orders, or Hz without speed
    std::array<float, kMaxPeriods> period{};
  };
  struct Recent {
    std::vector<float> power;
    double level_g2 = 0;
  };

  enum class Span { recent, last_window };
  void look(const EnvelopeAnalyzer& spectra);
  ProminenceSpectrum prominence(const EnvelopeAnalyzer& last, std::size_t axis, std::size_t band, Span span);
  CombRules rules(std::size_t axis, std::size_t band, std::size_t defect) const;
  bool healthy_period(double hertz) const;
  void remember_period(double hertz);
  void find_defect(const EnvelopeAnalyzer& last, Explanation& best, Span span);
  void find_period(const EnvelopeAnalyzer& last, Explanation& best);
  void find_band(Explanation& best);

  SensorTerms sensor_;
  DefectOrders orders_;
  std::vector<Recent> recent_;  // [axis * kEnvelopeBands + band]
  std::vector<float> prominence_, scratch_;
  std::uint32_t count_ = 0;  // windows in the recent mean
  double freedom_ = 2;       // of a bin of the last window
  double bin_hz_ = 0, cell_bins_ = 1, shaft_hz_ = 0;
  std::uint32_t since_look_ = 0;
  Reference reference_;
};

inline constexpr std::uint32_t kMinHealthy = 4;

}  // namespace torpor
