// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/segment_walk.h"

#include <vector>

#include "base/assertion.h"
#include "log/segment.h"

namespace torpor {
namespace {

// The CRC's register as polynomial arithmetic has it: without the complements around it.
std::uint32_t run(std::uint32_t reg, Bytes bytes) { return ~crc32c(bytes, ~reg); }

// a x b modulo the polynomial of CRC-32C, reflected: bit 31 is x^0. As multmodp() of zlib's
// crc32.c, with another polynomial.
std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t m = 0x8000'0000; a != 0; m >>= 1) {
    if ((a & m) != 0) product ^= b;
    a &= ~m;
    b = (b >> 1) ^ ((b & 1) != 0 ? 0x82f6'3b78u : 0u);
  }
  return product;
}

// What a record at `offset` would hold, by its length alone; empty where it cannot be one.
Bytes plausible_at(Bytes segment, std::size_t offset) {
  if (segment.size() - offset <= kRecordHeaderBytes) return {};
  const std::size_t length = load_le<std::uint32_t>(segment.data() + offset);
  if (length == 0 || length > kMaxRecordPayload || length > segment.size() - offset - kRecordHeaderBytes)
    return {};
  return segment.subspan(offset + kRecordHeaderBytes, length);
}

}  // namespace

// CRC is linear: with r(i) the register after the bytes up to i, begun at 0, the register after
// [b, e) begun at s is (s xor r(b)) x^(8 (e - b)) xor r(e). So each byte is summed once, whatever
// is asked of it afterwards.
class SegmentWalk::RunningSums {
 public:
  RunningSums(Bytes segment, std::size_t from)
      : segment_(segment), reached_(from), began_(from), registers_(kKept), shifts_(kMaxRecordPayload + 1) {
    constexpr std::byte kZero[1] = {};
    shifts_[0] = 0x8000'0000;  // x^0
    for (std::size_t n = 1; n < shifts_.size(); ++n) shifts_[n] = run(shifts_[n - 1], kZero);
  }

  // Of the record whose payload is [begin, begin + length), its four length bytes at `header`.
  // `begin` never goes down from call to call.
  std::uint32_t checksum(const std::byte* header, std::size_t begin, std::size_t length) {
    const std::size_t end = begin + length;
    TORPOR_ASSERT(begin >= began_ && end <= segment_.size(), "log.sums_are_asked_for_inside_the_segment");
    while (reached_ < end) {
      const std::uint32_t reg = at(reached_);
      registers_[(reached_ + 1) % kKept] = run(reg, segment_.subspan(reached_, 1));
      ++reached_;
    }
    TORPOR_ASSERT(reached_ - begin < kKept, "log.a_sum_that_is_asked_for_is_kept");
    const std::uint32_t before = run(~0u, {header, 4});
    return ~(multiply(shifts_[length], before ^ at(begin)) ^ at(end));
  }
  std::uint64_t summed() const { return reached_ - began_; }

 private:
  static constexpr std::size_t kKept = 8192;  // above the largest record, on either side of `begin`
  std::uint32_t at(std::size_t i) const { return registers_[i % kKept]; }

  Bytes segment_;
  std::size_t reached_;
  std::size_t began_;
  std::vector<std::uint32_t> registers_;  // the newest kKept, by offset modulo that
  std::vector<std::uint32_t> shifts_;     // x^(8 n)
};

SegmentWalk::SegmentWalk(Bytes segment, std::size_t offset) : segment_(segment), at_(offset) {
  TORPOR_ASSERT(offset <= segment.size(), "log.reading_begins_inside_the_segment");
}
SegmentWalk::SegmentWalk(SegmentWalk&& other) noexcept = default;
SegmentWalk& SegmentWalk::operator=(SegmentWalk&& other) noexcept = default;
SegmentWalk::~SegmentWalk() = default;

std::uint64_t SegmentWalk::summed_bytes() const { return summed_directly_ + (sums_ ? sums_->summed() : 0); }

// The payload of the record that begins at `offset`, empty where there is none: a record always
// holds something.
Bytes SegmentWalk::payload_here(std::size_t offset) {
  const Bytes payload = plausible_at(segment_, offset);
  if (payload.empty()) return {};
  ++judged_;
  const std::byte* header = segment_.data() + offset;
  std::uint32_t sum = 0;
  if (damaged_) {
    if (!sums_) sums_ = std::make_unique<RunningSums>(segment_, offset);
    sum = sums_->checksum(header, offset + kRecordHeaderBytes, payload.size());
  } else {
    sum = crc32c(payload, crc32c({header, 4}));
    summed_directly_ += payload.size();
  }
  return sum == load_le<std::uint32_t>(header + 4) ? payload : Bytes{};
}

RecordAt SegmentWalk::next() {
  const std::size_t begin = at_;
  if (begin == segment_.size()) return {.kind = RecordAt::Kind::end, .next = begin};
  const Bytes payload = payload_here(begin);
  if (!payload.empty()) {
    at_ = begin + kRecordHeaderBytes + payload.size();
    TORPOR_ASSERT(at_ <= segment_.size(), "log.a_record_ends_inside_its_segment");
    return {.kind = RecordAt::Kind::record, .payload = payload, .next = at_};
  }
  damaged_ = true;
  for (at_ = begin + 1; at_ < segment_.size(); ++at_) {
    if (!payload_here(at_).empty()) return {.kind = RecordAt::Kind::damaged, .next = at_};
  }
  // One append leaves at most one record's bytes. More than that was something else.
  const bool one_append = segment_.size() - begin < kMaxRecordBytes;
  return {.kind = one_append ? RecordAt::Kind::torn : RecordAt::Kind::damaged, .next = at_};
}

}  // namespace torpor
