// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <bit>
#include <cmath>

#include "features/baseline.h"

namespace torpor {
namespace {

constexpr std::uint32_t kFinishedMagic = 0x314c4254;  // "TBL1"
constexpr std::uint32_t kBuilderMagic = 0x31424254;   // "TBB1"
constexpr std::uint32_t kHasSpeed = 1;

class Writer {
 public:
  explicit Writer(MutableBytes to) : to_(to) {}
  void put(std::uint32_t x) { store_le(take(4), x); }
  void put(float x) { put(std::bit_cast<std::uint32_t>(x)); }
  void put(double x) { store_le(take(8), std::bit_cast<std::uint64_t>(x)); }
  template <class Range>
  void put_all(const Range& values) {
    for (auto v : values) put(v);
  }
  void header(std::uint32_t magic, std::size_t size, bool has_speed) {
    put(magic);
    put(kFeatureVersion);
    put(has_speed ? kHasSpeed : 0u);
    put(static_cast<std::uint32_t>(size));
  }
  void finish() { put(crc32c({to_.data(), at_})); }

 private:
  std::byte* take(std::size_t n) {
    at_ += n;
    return to_.subspan(at_ - n, n).data();
  }
  MutableBytes to_;
  std::size_t at_ = 0;
};

Error malformed(std::string_view field, std::string_view found, std::string_view expected) {
  Error error{.reason = Reason::baseline_malformed};
  error.where = field;
  error.found = found;
  error.expected = expected;
  return error;
}

class Reader {
 public:
  explicit Reader(Bytes from) : from_(from) {}
  // The size is checked against `size` first, so that nothing below reads past the end.
  // Then the checksum, before any word is believed: damage must not read as another version.
  Status header(std::uint32_t magic, std::size_t size, bool& has_speed) {
    if (from_.size() != size) {
      Error error = malformed("size", "", "");
      error.found.append(from_.size()).append(" bytes");
      error.expected.append(size).append(" bytes");
      return error;
    }
    if (load_le<std::uint32_t>(&from_[size - 4]) != crc32c(from_.first(size - 4)))
      return malformed("checksum", "another", "the CRC-32C of all before it");
    if (word() != magic) return malformed("magic", "another kind of file", "a feature baseline");
    const std::uint32_t version = word();
    if (version != kFeatureVersion) {
      Error error{.reason = Reason::baseline_feature_version};
      error.where = "feature version";
      error.found.append(version);
      error.expected.append(kFeatureVersion);
      return error;
    }
    const std::uint32_t flags = word();
    if (flags > kHasSpeed) return malformed("flags", "unknown bits", "0 or 1");
    has_speed = flags == kHasSpeed;
    if (word() != size) return malformed("stated size", "another", "the size of the data");
    return {};
  }
  std::uint32_t word() { return load_le<std::uint32_t>(take(4)); }
  // A number outside [low, high], or none at all, is remembered in ok().
  void get(float& x, float low, float high) {
    x = std::bit_cast<float>(word());
    // NaN compares false with both bounds, so it needs no question of its own.
    ok_ = ok_ && x >= low && x <= high;
  }
  void get(double& x, double low, double high) {
    x = std::bit_cast<double>(load_le<std::uint64_t>(take(8)));
    ok_ = ok_ && x >= low && x <= high;
  }
  template <class Range, class T>
  void get_all(Range& values, T low, T high) {
    for (auto& v : values) get(v, low, high);
  }
  bool ok() const { return ok_; }

 private:
  // No check here: header() has held the size against what the fields add up to.
  const std::byte* take(std::size_t n) {
    at_ += n;
    return from_.subspan(at_ - n, n).data();
  }
  Bytes from_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace

void FeatureBaseline::encode(MutableBytes to) const {
  Writer w(to);
  w.header(kFinishedMagic, kEncodedSize, has_speed);
  w.put_all(mean);
  w.put_all(slope);
  w.put_all(inv_spread);
  w.put_all(whiten);
  w.put(mean_log_speed);
  w.put(log_speed_variance);
  w.put(n_eff);
  w.put(shrinkage);
  w.put_all(speeds.cells());
  w.finish();
}

Result<std::unique_ptr<FeatureBaseline>> FeatureBaseline::decode(Bytes from) {
  auto out = std::make_unique<FeatureBaseline>();
  Reader r(from);
  TORPOR_CHECK(r.header(kFinishedMagic, kEncodedSize, out->has_speed));
  // Far wider than learning can make (a spread is at least .01, so its inverse at most 100): bounds that
  // keep every later product finite, not a second opinion.
  r.get_all(out->mean, -1e6f, 1e6f);
  r.get_all(out->slope, -1e6f, 1e6f);
  r.get_all(out->inv_spread, 0.0f, 1e3f);
  r.get_all(out->whiten, -1e3f, 1e3f);
  r.get(out->mean_log_speed, -100.0f, 100.0f);
  r.get(out->log_speed_variance, 0.0f, 1e4f);
  r.get(out->n_eff, 1.0f, 1e12f);
  r.get(out->shrinkage, 0.0f, 1.0f);
  r.get_all(out->speeds.cells(), 0.0f, 1e12f);
  if (!r.ok())
    return malformed("numbers", "one that is out of range or not finite", "what learning can make");
  return out;
}

void BaselineBuilder::encode(MutableBytes to) const {
  Writer w(to);
  w.header(kBuilderMagic, kEncodedSize, has_speed_);
  w.put_all(sums_);
  w.put_all(speeds_.cells());
  w.finish();
}

Result<BaselineBuilder> BaselineBuilder::decode(Bytes from) {
  Reader r(from);
  bool has_speed = false;
  TORPOR_CHECK(r.header(kBuilderMagic, kEncodedSize, has_speed));
  BaselineBuilder out(has_speed);
  r.get_all(out.sums_, -1e18, 1e18);
  r.get_all(out.speeds_.cells(), 0.0f, 1e12f);
  if (!r.ok() || out.sums_[0] < 0)
    return malformed("numbers", "one that is out of range or not finite", "what learning can make");
  return out;
}

}  // namespace torpor
