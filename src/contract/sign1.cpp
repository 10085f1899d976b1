// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/sign1.h"

#include "base/assertion.h"
#include "base/cbor.h"
#include "contract/crypto.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

constexpr std::uint64_t kSign1Tag = 18;
constexpr std::int64_t kAlgorithmLabel = 1;
constexpr std::int64_t kContentTypeLabel = 3;
constexpr std::int64_t kKeyIdLabel = 4;
constexpr std::int64_t kEdDsa = -8;

struct ScopeNames {
  std::string_view name, content_type, external_aad;
};
// By the number of the scope. The last two are part of every signature made: they never change.
constexpr ScopeNames kScopeNames[kScopes] = {
    {"contract"sv, "application/torpor-contract+cbor"sv, "torpor-contract-v1"sv},
    {"maintenance"sv, "application/torpor-maintenance+cbor"sv, "torpor-maintenance-v1"sv},
};

const ScopeNames& names_of(Scope scope) {
  const auto index = static_cast<std::size_t>(scope);
  TORPOR_ASSERT(index < kScopes, "contract.a_scope_is_one_of_the_list");
  return kScopeNames[index];
}

class Parser {
 public:
  Parser(Bytes bundle, Scope scope, std::string_view what)
      : bundle_(bundle), content_type_(content_type(scope)), what_(what), reader_(bundle) {}

  Result<Sign1> run() {
    if (bundle_.size() > kMaxBundleBytes) {
      Error error = fail(Reason::bundle_too_large, 0, "size"sv);
      error.found << bundle_.size() << " bytes";
      error.expected << "at most " << kMaxBundleBytes;
      return error;
    }
    auto tag = reader_.tag();
    if (!tag) return broken(reader_, tag.error(), Reason::bundle_not_sign1, "tag"sv);
    // Untagged, the same array could be another kind of COSE message.
    if (*tag != kSign1Tag) return number(Reason::bundle_not_sign1, "tag"sv, *tag, "tag 18, COSE_Sign1"sv);
    auto items = reader_.array();
    if (!items) return broken(reader_, items.error(), Reason::bundle_not_sign1, "envelope"sv);
    if (*items != 4) return number(Reason::bundle_not_sign1, "envelope"sv, *items, "an array of 4"sv);

    auto header = reader_.bytes();
    if (!header) return broken(reader_, header.error(), Reason::bundle_not_sign1, "protected header"sv);
    parts_.protected_header = *header;
    TORPOR_CHECK(protected_header(*header));

    // The order of RFC 9052, section 4.2: protected, unprotected, payload, signature.
    auto unprotected = reader_.map();
    if (!unprotected)
      return broken(reader_, unprotected.error(), Reason::bundle_not_sign1, "unprotected header"sv);
    // What stands outside the signature could be changed by anyone: nothing may.
    if (*unprotected != 0)
      return number(Reason::bundle_unprotected, "unprotected header"sv, *unprotected, "no entries"sv);

    auto payload = reader_.bytes();
    if (!payload) return broken(reader_, payload.error(), Reason::bundle_no_payload, "payload"sv);
    if (payload->empty()) return plain(Reason::bundle_no_payload, "payload"sv, "nothing"sv, "a contract"sv);
    parts_.payload = *payload;

    auto signature = reader_.bytes();
    if (!signature) return broken(reader_, signature.error(), Reason::bundle_no_signature, "signature"sv);
    if (signature->empty())
      return plain(Reason::bundle_no_signature, "signature"sv, "nothing"sv, "64 bytes"sv);
    if (signature->size() != kSignatureBytes)
      return number(Reason::bundle_signature_size, "signature"sv, signature->size(), "64 bytes"sv);
    parts_.signature = *signature;
    if (reader_.offset() != bundle_.size())
      return number(Reason::bundle_trailing, "end"sv, bundle_.size() - reader_.offset(),
                    "no further bytes"sv);
    // What is verified and what is decoded later are these bytes, not copies of them.
    TORPOR_ASSERT(parts_.payload.data() > bundle_.data() &&
                      parts_.payload.data() + parts_.payload.size() <= parts_.signature.data(),
                  "contract.the_payload_lies_in_its_bundle");
    return parts_;
  }

 private:
  Status protected_header(Bytes raw) {
    // A map inside a byte string (RFC 9052, section 3): the signature covers these very bytes, so they
    // are read where they lie and never encoded again.
    cbor::Reader header(raw);
    auto pairs = header.map();
    if (!pairs) return broken(header, pairs.error(), Reason::bundle_header, "protected header"sv);
    bool algorithm = false, content_type = false, key = false;
    std::int64_t last = 0;
    for (std::size_t i = 0; i < *pairs; ++i) {
      auto label = header.integer();
      if (!label) return broken(header, label.error(), Reason::bundle_header, "protected header"sv);
      if (i > 0 && !cbor::key_less(last, *label))
        return plain(Reason::bundle_not_deterministic, "protected header"sv, "labels out of order"sv,
                     "ascending labels, each once"sv);
      last = *label;
      if (*label == kAlgorithmLabel) {
        TORPOR_CHECK(read_algorithm(header));
        algorithm = true;
      } else if (*label == kContentTypeLabel) {
        TORPOR_CHECK(read_content_type(header));
        content_type = true;
      } else if (*label == kKeyIdLabel) {
        TORPOR_CHECK(read_key_id(header));
        key = true;
      } else {
        Error error = fail(Reason::bundle_header, at(header), "protected header"sv);
        error.found << "label " << *label;
        error.expected << "only 1 (alg), 3 (content type) and 4 (kid)";
        return error;
      }
    }
    if (!algorithm) return plain(Reason::bundle_algorithm, "alg"sv, "nothing"sv, "EdDSA (-8), protected"sv);
    if (!content_type)
      return plain(Reason::bundle_content_type, "content type"sv, "nothing"sv, content_type_);
    if (!key) return plain(Reason::bundle_key_id, "kid"sv, "nothing"sv, "8 bytes, protected"sv);
    if (header.offset() != raw.size())
      return plain(Reason::bundle_trailing, "protected header"sv, "more bytes"sv, "the end"sv);
    return {};
  }

  // The algorithm is compared, never chosen by: an envelope has no say in how it is checked.
  Status read_algorithm(cbor::Reader& header) {
    auto value = header.integer();
    if (!value) return broken(header, value.error(), Reason::bundle_algorithm, "alg"sv);
    if (*value == kEdDsa) return {};
    Error error = fail(Reason::bundle_algorithm, at(header), "alg"sv);
    error.found << *value;
    error.expected << "EdDSA (-8)";
    return error;
  }

  Status read_content_type(cbor::Reader& header) {
    auto value = header.text();
    if (!value) return broken(header, value.error(), Reason::bundle_content_type, "content type"sv);
    if (*value != content_type_)
      return plain(Reason::bundle_content_type, "content type"sv, *value, content_type_);
    return {};
  }

  Status read_key_id(cbor::Reader& header) {
    auto value = header.bytes();
    if (!value) return broken(header, value.error(), Reason::bundle_key_id, "kid"sv);
    if (value->size() != parts_.key_id.size())
      return number(Reason::bundle_key_id, "kid"sv, value->size(), "8 bytes"sv);
    std::memcpy(parts_.key_id.data(), value->data(), parts_.key_id.size());
    return {};
  }

  // Offsets count from the start of the bundle, also inside the header.
  std::size_t at(const cbor::Reader& reader) const {
    if (&reader == &reader_) return reader.offset();
    return static_cast<std::size_t>(parts_.protected_header.data() - bundle_.data()) + reader.offset();
  }

  Error fail(Reason reason, std::size_t offset, std::string_view part) {
    Error error{.reason = reason};
    error.where << what_ << ": " << part << ": offset " << offset;
    return error;
  }
  Error plain(Reason reason, std::string_view part, std::string_view found, std::string_view expected) {
    Error error = fail(reason, reader_.offset(), part);
    error.found << found;
    error.expected << expected;
    return error;
  }
  Error number(Reason reason, std::string_view part, std::uint64_t found, std::string_view expected) {
    Error error = fail(reason, reader_.offset(), part);
    error.found << found;
    error.expected << expected;
    return error;
  }
  // The reader could not go on: bytes that are cut off or not in shortest form are that,
  // everything else is `otherwise`.
  Error broken(const cbor::Reader& reader, const Error& cause, Reason otherwise, std::string_view part) {
    Error error = fail(otherwise, at(reader), part);
    if (cause.reason == Reason::cbor_truncated) error.reason = Reason::bundle_truncated;
    if (cause.reason == Reason::cbor_not_deterministic) error.reason = Reason::bundle_not_deterministic;
    error.found << cause.found;
    error.expected << cause.expected;
    return error;
  }

  Bytes bundle_;
  std::string_view content_type_;
  std::string_view what_;
  cbor::Reader reader_;
  Sign1 parts_;
};

}  // namespace

std::string_view name(Scope scope) { return names_of(scope).name; }
std::string_view content_type(Scope scope) { return names_of(scope).content_type; }
std::string_view external_aad(Scope scope) { return names_of(scope).external_aad; }

Result<Sign1> parse_sign1(Bytes bundle, Scope scope, std::string_view what) {
  return Parser(bundle, scope, what).run();
}

Result<Bytes> write_protected_header(Scope scope, const KeyId& key, MutableBytes out) {
  cbor::Writer writer(out);
  writer.map(3);
  writer.integer(kAlgorithmLabel);
  writer.integer(kEdDsa);
  writer.integer(kContentTypeLabel);
  writer.text(content_type(scope));
  writer.integer(kKeyIdLabel);
  writer.bytes(key);
  return writer.finish();
}

// Sig_structure of RFC 9052, section 4.4.
Result<Bytes> write_signed_bytes(Bytes protected_header, Bytes external_aad, Bytes payload,
                                 MutableBytes out) {
  cbor::Writer writer(out);
  writer.array(4);
  writer.text("Signature1"sv);
  writer.bytes(protected_header);
  writer.bytes(external_aad);
  writer.bytes(payload);
  return writer.finish();
}

Result<Bytes> write_sign1(const Sign1& parts, MutableBytes out) {
  cbor::Writer writer(out);
  writer.tag(kSign1Tag);
  writer.array(4);
  writer.bytes(parts.protected_header);
  writer.map(0);
  writer.bytes(parts.payload);
  writer.bytes(parts.signature);
  return writer.finish();
}

// Names a key, and proves nothing: the signature is checked with the whole key of the trust file.
KeyId key_id(const PublicKey& key) {
  const Digest digest = sha256(key);
  KeyId id;
  std::memcpy(id.data(), digest.data(), id.size());
  return id;
}

}  // namespace torpor
