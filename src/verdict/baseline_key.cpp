// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/baseline_key.h"

#include "base/hex.h"

namespace torpor {
namespace {

Error differs(std::string_view where, std::string_view member, std::string_view found,
              std::string_view expected) {
  Error e{Reason::baseline_foreign, {}, {}, {}};
  e.where << where << ": " << member;
  e.found << found;
  e.expected << expected;
  return e;
}

FixedString<32> decimal(std::uint32_t value) {
  FixedString<32> text;
  text << value;
  return text;
}

// 64-bit FNV-1a (Fowler, Noll, Vo): the same everywhere and of a few lines. Nobody is kept out by it: the
// key inside the file decides.
struct Fnv {
  std::uint64_t hash = 0xcbf29ce484222325u;
  void add(Bytes bytes) {
    for (std::byte b : bytes) hash = (hash ^ static_cast<std::uint8_t>(b)) * 0x100000001b3u;
  }
  void add(std::uint32_t value) {
    std::byte raw[4];
    store_le(raw, value);
    add(Bytes(raw));
  }
  void add(std::string_view text) {  // with its length: "ab","c" is not "a","bc"
    add(static_cast<std::uint32_t>(text.size()));
    add(as_bytes(text));
  }
};

}  // namespace

BaselineKey baseline_key(const Terms& terms, std::uint32_t index, std::string_view backend) {
  const SensorTerms& sensor = terms.sensor_list[index];
  // Every number that a score hangs on, and none that it does not: another deadline or budget must not
  // cost a robot its baseline.
  BaselineKey key;
  key.model = terms.model.digest;
  key.feature_version = terms.model.feature_version;
  key.backend = backend;
  key.sensor = sensor.id;
  key.rate_mhz = sensor.rate_mhz;
  key.axes = sensor.axes;
  key.window_ms = terms.duty.sample_ms;
  return key;
}

Status same_key(const BaselineKey& found, const BaselineKey& expected, std::string_view where) {
  const auto number = [&](std::string_view member, std::uint32_t a, std::uint32_t b) {
    return differs(where, member, decimal(a), decimal(b));
  };
  if (found.sensor != expected.sensor) return differs(where, "sensor", found.sensor, expected.sensor);
  if (found.model != expected.model)
    return differs(where, "model digest", hex(found.model), hex(expected.model));
  if (found.feature_version != expected.feature_version)
    return number("feature version", found.feature_version, expected.feature_version);
  if (found.backend != expected.backend) return differs(where, "backend", found.backend, expected.backend);
  if (found.rate_mhz != expected.rate_mhz) return number("rate_mhz", found.rate_mhz, expected.rate_mhz);
  if (found.axes != expected.axes) return number("axes", found.axes, expected.axes);
  if (found.window_ms != expected.window_ms) return number("window_ms", found.window_ms, expected.window_ms);
  return {};
}

FixedString<64> file_stem(const BaselineKey& key) {
  Fnv fnv;
  fnv.add(Bytes(key.model));
  fnv.add(key.feature_version);
  fnv.add(key.backend.view());
  fnv.add(key.sensor.view());
  fnv.add(key.rate_mhz);
  fnv.add(key.axes);
  fnv.add(key.window_ms);
  FixedString<64> stem;
  for (char c : key.sensor.view()) {
    // What every file system takes.
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    stem << (plain ? std::string_view(&c, 1) : std::string_view("_"));
  }
  // Big end first, so that the name reads as the number; 32 + 1 + 16 characters at most.
  std::byte raw[8];
  for (int i = 0; i < 8; ++i) raw[i] = static_cast<std::byte>(fnv.hash >> (56 - 8 * i));
  stem << "-";
  return stem.append_hex(raw, sizeof raw);
}

}  // namespace torpor
