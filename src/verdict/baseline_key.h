// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"

// Names a baseline: what its numbers are only true for.
namespace torpor {

// Any other value in any member is another baseline; nothing falls back from one to the
// other. Numbers learned with another model, feature version, backend, sensor, rate, axes
// or window length mean nothing here.
struct BaselineKey {
  Digest model{};
  std::uint32_t feature_version = 0;
  FixedString<16> backend;  // Backend::name()
  FixedString<32> sensor;   // SensorTerms::id
  std::uint32_t rate_mhz = 0;
  std::uint32_t axes = 0;
  std::uint32_t window_ms = 0;

  friend bool operator==(const BaselineKey&, const BaselineKey&) = default;
};

// The key of sensor `index` (< terms.sensor_count) under this contract.
BaselineKey baseline_key(const Terms& terms, std::uint32_t index, std::string_view backend);

// Ok, or baseline_foreign naming the first member that differs; `where` is put in front.
Status same_key(const BaselineKey& found, const BaselineKey& expected, std::string_view where);

// "front-left-5d2c01aa9e3f7788": the sensor id with all but [A-Za-z0-9_-] as '_', and a
// 64-bit FNV-1a of all members. The name of its files (baseline_files.h); the key inside
// the file decides, the name only keeps keys apart.
FixedString<64> file_stem(const BaselineKey& key);

}  // namespace torpor
