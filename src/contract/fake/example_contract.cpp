// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/fake/example_contract.h"

#include <cstdio>

#include "contract/host/sign.h"
#include "contract/verify.h"

namespace torpor {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "contract_for_test: %.*s\n", static_cast<int>(one_line(result.error()).size()),
                 one_line(result.error()).view().data());
    __builtin_trap();
  }
  return *std::move(result);
}

}  // namespace

Terms terms_for_test() {
  Terms t{};
  t.schema = 1;
  t.contract_id = "test-contract";
  t.sequence = 1;
  t.not_before_s = 1'790'000'000;
  t.expires_s = 1'890'000'000;
  t.target_class = "test-robot";
  t.duty = {.sample_ms = 5000, .sleep_ms = 55'000, .interval_tolerance_ms = 500};
  t.queue = {.batches = 3, .bytes = 400'000, .age_ms = 15'000};
  t.sensor_count = 1;
  t.sensor_list[0] = {.id = "wheel",
                      .rate_mhz = 3'200'000,
                      .axes = 3,
                      .full_scale_mg = 16'000,
                      .noise_floor_ug = 200,
                      .bearing = {.rolling_elements = 9,
                                  .element_diameter_um = 7940,
                                  .pitch_diameter_um = 39'040,
                                  .contact_angle_mdeg = 0}};
  t.model.digest.fill(std::byte{0x5a});
  t.model.feature_version = 1;
  t.power = {.sleep_level = SleepLevel::block,
             .failed_resumes = 3,
             .residency = Residency::exit,
             .idle_mw = 4000,
             .active_mj_per_cycle = 20'000,
             .awake_limit_ms = 20'000,
             .infer_deadline_ms = 2000,
             .release_deadline_ms = 1000,
             .mj_per_hour = 1'500'000};
  t.alarm = {.cycles_between_false_alarms = 1000,
             .calibration_delta_ppm = 100'000,
             .score_tolerance_mmad = 0,
             .fit_cycles = 240,
             .calibration_cycles = 240,
             .shock_cycles = 3};
  t.telemetry = {.interval_ms = 60'000, .spool_bytes = 1'048'576, .spool_age_ms = 86'400'000};
  return t;
}

Contract contract_for_test(const Terms& terms) {
  SigningKey::Seed seed;
  seed.fill(std::byte{0x42});
  const SigningKey key = SigningKey::from_seed(seed);
  const std::vector<std::byte> bundle = must(sign_terms(terms, key, "terms for test"));
  const TrustSet trust = must(parse_trust(as_bytes(trust_line(key.public_key())), "test key"));
  return must(verify(bundle, trust, "test bundle"));
}

}  // namespace torpor
