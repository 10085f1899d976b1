// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/assertion.h"
#include "contract/field_table.h"
#include "contract/payload.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

// What a person must see first: what sets the rhythm, the watts and the memory of a robot. Validity
// and sequence differ in nearly every two bundles and explain least: they come last.
enum class Weight : std::uint8_t { duty, power, queue, rest, validity };
constexpr Weight kByWeight[] = {Weight::duty, Weight::power, Weight::queue, Weight::rest, Weight::validity};

Weight weight_of(const Field& field) {
  if (field.name.starts_with("duty."sv)) return Weight::duty;
  if (field.name.starts_with("power."sv)) return Weight::power;
  if (field.name.starts_with("queue."sv)) return Weight::queue;
  const bool says_when =
      field.name == "not_before"sv || field.name == "expires"sv || field.name == "sequence"sv;
  return says_when ? Weight::validity : Weight::rest;
}

class Differences {
 public:
  explicit Differences(std::span<FieldDifference> out) : out_(out) {}
  void add(std::string_view field, std::string_view a, std::string_view b) {
    // Counted beyond the room too: "3 of 12 fields" is the truth, 3 fields would not be.
    if (count_ < out_.size()) out_[count_] = {field, a, b};
    ++count_;
  }
  std::size_t count() const { return count_; }

 private:
  std::span<FieldDifference> out_;
  std::size_t count_ = 0;
};

bool same(const FieldValue& a, const FieldValue& b) {
  return a.number == b.number && a.text == b.text && equal(a.bytes, b.bytes);
}

FixedString<72> number_text(std::size_t n) { return FixedString<72>().append(n); }

std::string_view reading(const Result<Terms>& terms) {
  return terms ? std::string_view("readable"sv) : name(terms.error().reason);
}

}  // namespace

std::size_t differing_fields(Bytes payload_a, Bytes payload_b, std::span<FieldDifference> out) {
  Differences found(out);
  if (equal(payload_a, payload_b)) return 0;
  const Result<Terms> a = decode_payload(payload_a, "a"sv);
  const Result<Terms> b = decode_payload(payload_b, "b"sv);
  // Neither side is signed: a peer may send anything, and the answer is still one line.
  if (!a || !b) {
    found.add("payload"sv, reading(a), reading(b));
    return found.count();
  }
  // Sensors only one side has are told as a number; the others are compared place by place.
  const std::size_t both = a->sensor_count < b->sensor_count ? a->sensor_count : b->sensor_count;
  for (const Weight weight : kByWeight) {
    if (weight == Weight::rest && a->sensor_count != b->sensor_count)
      found.add("sensors"sv, number_text(a->sensor_count), number_text(b->sensor_count));
    for (const Field& field : fields()) {
      if (weight_of(field) != weight) continue;
      for (std::size_t i = 0; i < (field.per_sensor ? both : 1); ++i) {
        const FieldValue in_a = field.get(*a, i);
        const FieldValue in_b = field.get(*b, i);
        if (!same(in_a, in_b)) found.add(path_of(field, i), to_text(field, in_a), to_text(field, in_b));
      }
    }
  }
  TORPOR_ASSERT(found.count() <= kMaxDifferences, "contract.differences_fit_their_bound");
  // Other bytes are other terms, because there is one payload for given terms.
  TORPOR_ASSERT(found.count() > 0, "contract.payloads_that_differ_differ_in_a_field");
  return found.count();
}

}  // namespace torpor
