// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// Whatever lies in STATE/baseline: refused or taken, never harm. The CRC is made good, so
// that the content is what is tried.
#include <algorithm>
#include <vector>

#include "base/sealed.h"
#include "verdict/explain/explanation.h"
#include "verdict/judge.h"

namespace {

using namespace torpor;

void mend(std::vector<std::byte>& bytes) {
  if (bytes.size() < kSealBytes) return;
  store_le(&bytes[8], static_cast<std::uint32_t>(bytes.size() - kSealBytes));
  store_le(&bytes[12], crc32c(Bytes(bytes).subspan(kSealBytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* from = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(from, from + size);
  mend(bytes);
  AlarmTerms terms{};
  terms.cycles_between_false_alarms = 1000;
  terms.calibration_delta_ppm = 100'000;
  terms.fit_cycles = 2;
  terms.calibration_cycles = 130;
  terms.shock_cycles = 2;
  if (auto loaded = peek_baseline(bytes)) {
    const BaselineKey key = loaded->judge.key();
    auto again = decode_baseline(bytes, terms, key);
    if (again) {
      // What was taken can be judged with and written again.
      const std::uint64_t cycle = again->judge.last_cycle();
      if (cycle < ~std::uint64_t{0}) again->judge.scored(cycle + 1, CycleScores{});
      std::vector<std::byte> room(again->judge.encoded_bound(again->features.size(), again->envelope.size()));
      if (!again->judge.encode(room, again->features, again->envelope)) __builtin_trap();
    }
  }
  Judge judge(terms, BaselineKey{});
  (void)judge.take_evidence(bytes);
  (void)decode_event(bytes, "stem");
  SensorTerms sensor{};
  sensor.rate_mhz = 3'200'000;
  sensor.axes = 1;
  static Explainer explainer(sensor);
  (void)explainer.decode(bytes);
  return 0;
}
