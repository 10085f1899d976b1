// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/crypto.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

using Encoded = std::array<std::uint8_t, 32>;  // little-endian

// The y coordinates of the eight points of order 1, 2, 4 and 8 of edwards25519.
constexpr Encoded kSmallOrder[] = {
    {1},
    {0},
    // p - 1
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};

constexpr Encoded kFieldPrime = {  // p = 2^255 - 19
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

constexpr Encoded kGroupOrder = {  // L = 2^252 + 27742317777372353535851937790883648493
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

// Public data only: nothing here needs constant time.
bool less(const Encoded& a, const Encoded& b) {
  for (std::size_t i = a.size(); i-- > 0;)
    if (a[i] != b[i]) return a[i] < b[i];
  return false;
}

Encoded load(const std::byte* from) {
  Encoded out;
  std::memcpy(out.data(), from, out.size());
  return out;
}

// A point as RFC 8032 encodes it: y, with the sign of x in the top bit. Good: y < p and
// not one of the points that any signer could pass off as anybody's.
bool good_point(const std::byte* from) {
  Encoded y = load(from);
  y[31] &= 0x7f;
  if (!less(y, kFieldPrime)) return false;
  for (const Encoded& bad : kSmallOrder)
    if (y == bad) return false;
  return true;
}

Error fail(Reason reason, std::string_view what, std::string_view found, std::string_view expected) {
  Error error{.reason = reason};
  error.where << what << ": signature";
  error.found << found;
  error.expected << expected;
  return error;
}

const std::uint8_t* raw(const std::byte* bytes) { return reinterpret_cast<const std::uint8_t*>(bytes); }

}  // namespace

Digest sha256(Bytes message) {
  Digest digest;
  torpor_sha256(raw(message.data()), message.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
  return digest;
}

Status check_public_key(const PublicKey& key, std::string_view what) {
  if (good_point(key.data())) return {};
  Error error{.reason = Reason::key_weak};
  error.where << what << ": public key";
  error.found << "a key of small order or not in canonical form";
  return error;
}

Status check_signature(const PublicKey& key, Bytes message, Bytes signature, std::string_view what) {
  TORPOR_CHECK(check_public_key(key, what));
  if (signature.size() != kSignatureBytes) {
    Error error = fail(Reason::bundle_signature_size, what, ""sv, "64 bytes"sv);
    error.found << signature.size() << " bytes";
    return error;
  }
  if (!good_point(signature.data()))
    return fail(Reason::signature_malleable, what, "R of small order or not in canonical form"sv,
                "a canonical point"sv);
  if (!less(load(signature.data() + 32), kGroupOrder))
    return fail(Reason::signature_malleable, what, "S >= L"sv, "S < L"sv);
  if (torpor_ed25519_verify(raw(signature.data()), raw(message.data()), message.size(), raw(key.data())) != 1)
    return fail(Reason::bundle_signature, what, "a signature that does not fit"sv, "that of the key named"sv);
  return {};
}

}  // namespace torpor
