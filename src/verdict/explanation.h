// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"
#include "features/envelope.h"
#include "window/window.h"

// Names what is wrong, only with evidence.
namespace torpor {

enum class Defect : std::uint8_t { outer_race, inner_race, ball };
inline constexpr std::size_t kDefects = 3;
std::string_view name(Defect defect);

// How often a defect is rolled over, per turn of the shaft (outer ring fixed, no slip):
//   x = d / D cos(alpha), outer n/2 (1 - x), inner n/2 (1 + x), ball D/d (1 - x^2) (twice
//   the spin: both rings hit the spot), cage 1/2 (1 - x).
struct DefectOrders {
  std::array<double, kDefects> order{};
  double cage = 0;
  bool known = false;  // false: no bearing declared
};
DefectOrders defect_orders(const BearingTerms& bearing);

inline constexpr std::uint32_t kHarmonics = 5;        // looked at
inline constexpr std::uint32_t kHarmonicsNeeded = 3;  // of them must stand out
inline constexpr double kFrequencyTolerance = 0.02;   // slip: of the defect frequency

struct Explanation {
  enum class Kind : std::uint8_t {
    nothing,  // no evidence
    defect,   // `defect` at `hertz`
    period,   // something repeats at `hertz` that is no turn of the shaft, no defect known
    band,     // louder than healthy in one band, nothing repeats
  };
  Kind kind = Kind::nothing;
  Defect defect{};
  double hertz = 0;
  std::uint32_t harmonics = 0;  // bit h - 1: harmonic h stands out
  std::uint32_t axis = 0;
  std::uint32_t band = 0;
  double strength = 0;  // mean log prominence of the harmonics that count (band: log level over healthy)
};

// Of one sensor. Feed every good window; healthy ones (while learning) also make the
// reference. One thread; no heap after the constructor.
//
// A harmonic counts when the mean power over +-0.4 % around it stands above the local
// median of the spectrum by more than noise would once in ten thousand (from the number of
// segments averaged) and by kMinProminence, above what the healthy windows showed at the
// same order, and when it is not a multiple of the shaft's turn. A defect is named when one
// frequency within 2 % of its own has at least 3 of 5 such harmonics. Spectra of
// consecutive windows at the same speed are averaged with a forgetting of kRecentWindows.
class Explainer {
 public:
  Explainer(const SensorTerms& sensor, std::uint32_t window_ms);

  // A healthy window (learning): reference and recent mean.
  void learn(const Window& window);
  // Any good window: recent mean.
  void observe(const Window& window);
  // What the recent windows show.
  Explanation explain() const;
  // "inner race, 162.2 Hz x1..x5, 6.4-12.2 kHz band, axis y"; empty for nothing.
  FixedString<200> text(const Explanation& explanation) const;

  const EnvelopeAnalyzer& spectra() const { return analyzer_; }

  // The healthy reference, to be carried in the baseline file; decode refuses damaged or
  // foreign bytes with envelope_damaged. forget() starts it anew (reset, accept).
  static constexpr std::size_t kMaxBytes = 8192;
  Result<Bytes> encode(MutableBytes out) const;
  Status decode(Bytes bytes);
  void forget();

 private:
  struct Reference {  // over healthy windows, of log prominence
    double mean = 0, square = 0;
  };
  void add(const Window& window);

  SensorTerms sensor_;
  DefectOrders orders_;
  EnvelopeAnalyzer analyzer_;
  std::vector<double> recent_;
  std::vector<Reference> reference_;
  std::uint32_t healthy_ = 0;  // windows in the reference
};

inline constexpr double kMinProminence = 3;  // power over local median
inline constexpr std::uint32_t kRecentWindows = 8;

}  // namespace torpor
