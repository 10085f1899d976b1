// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Published cases: typed in from the RFCs, and whole suites from the shared pack where it
// is there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/cbor.h"
#include "base/fake/places.h"
#include "contract/crypto.h"
#include "contract/host/keys.h"

namespace torpor {
namespace {

using Raw = std::vector<std::byte>;

Raw unhex(std::string_view text) {
  Raw out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

template <std::size_t N>
std::array<std::byte, N> fixed(std::string_view text) {
  std::array<std::byte, N> out{};
  const Raw raw = unhex(text);
  EXPECT_EQ(raw.size(), N);
  std::copy_n(raw.begin(), std::min(N, raw.size()), out.begin());
  return out;
}

std::string vectors() {
  const char* shared = std::getenv("TORPOR_SHARED");
  return (shared != nullptr ? std::string(shared) : in_source("../shared")) + "/vectors";
}

nlohmann::json load(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

#define SKIP_WITHOUT_VECTORS() \
  if (!std::filesystem::is_directory(vectors())) GTEST_SKIP() << "the shared vectors are not at " << vectors()

// RFC 8032 section 7.1, tests 1 to 3.
TEST(Rfc8032, signatures_are_made_and_accepted_as_published) {
  struct Vector {
    std::string_view secret, key, message, signature;
  };
  const Vector kVectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33b"
                              "acc61e39701cf9b46bd25bf5"
                              "f0595bbe24655141438e7a100b"},
                             {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                              "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e1599"
                              "6e458f3613d0f11d8c387b2e"
                              "aeb4302aeeb00d291612bb0c00"},
                             {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                              "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                              "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f2"
                              "90ae67f760984dc6594a7c15"
                              "e9716ed28dc027beceea1ec40a"}};
  for (const Vector& v : kVectors) {
    const SigningKey key = SigningKey::from_seed(fixed<32>(v.secret));
    EXPECT_EQ(key.public_key(), fixed<32>(v.key));
    const auto signature = key.sign(unhex(v.message));
    EXPECT_TRUE(equal(signature, unhex(v.signature)));
    EXPECT_TRUE(check_signature(key.public_key(), unhex(v.message), signature, "rfc"));
    Raw other = unhex(v.message);
    other.push_back(std::byte{0});
    EXPECT_EQ(check_signature(key.public_key(), other, signature, "rfc").error().reason,
              Reason::bundle_signature);
  }
}

TEST(Sha256, matches_the_published_digest_of_abc) {
  EXPECT_EQ(sha256(as_bytes("abc")),
            fixed<32>("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

Status read_whole(const Raw& raw) {
  cbor::Reader reader(raw);
  TORPOR_CHECK(reader.skip());
  return reader.finish();
}

// RFC 8949 appendix A, and what lies outside of our profile.
TEST(Rfc8949, examples_are_read_or_refused_by_name) {
  for (const char* hex : {"00",
                          "01",
                          "0a",
                          "17",
                          "1818",
                          "1819",
                          "1864",
                          "1903e8",
                          "1a000f4240",
                          "1b000000e8d4a51000",
                          "1bffffffffffffffff",
                          "20",
                          "29",
                          "3863",
                          "3903e7",
                          "f4",
                          "f5",
                          "c11a514b67b0",
                          "d74401020304",
                          "40",
                          "4401020304",
                          "60",
                          "6161",
                          "6449455446",
                          "62c3bc",
                          "63e6b0b4",
                          "64f0908591",
                          "80",
                          "83010203",
                          "8301820203820405",
                          "a0",
                          "a201020304"}) {
    EXPECT_TRUE(read_whole(unhex(hex))) << hex;
  }
  const std::pair<const char*, Reason> kRefused[] = {
      {"f90000", Reason::cbor_type},                           // 0.0
      {"fb3ff199999999999a", Reason::cbor_type},               // 1.1
      {"f6", Reason::cbor_type},                               // null
      {"f7", Reason::cbor_type},                               // undefined
      {"f0", Reason::cbor_type},                               // simple(16)
      {"f8ff", Reason::cbor_type},                             // simple(255)
      {"5f42010243030405ff", Reason::cbor_not_deterministic},  // indefinite bytes
      {"9f01820203820405ff", Reason::cbor_not_deterministic},
      {"83018202039f0405ff", Reason::cbor_not_deterministic},
      {"bf6346756ef563416d7421ff", Reason::cbor_not_deterministic},
      {"1817", Reason::cbor_not_deterministic},  // 23 in two bytes
      {"190018", Reason::cbor_not_deterministic},
      {"1a0000ffff", Reason::cbor_not_deterministic},
      {"1b00000000ffffffff", Reason::cbor_not_deterministic},
      {"1c", Reason::cbor_not_deterministic},  // reserved
      {"1903", Reason::cbor_truncated},
      {"44010203", Reason::cbor_truncated},
      {"8301", Reason::cbor_truncated},
      {"62c328", Reason::cbor_type},  // not UTF-8
      {"0000", Reason::cbor_trailing},
  };
  for (const auto& [hex, reason] : kRefused) {
    const auto status = read_whole(unhex(hex));
    ASSERT_FALSE(status) << hex;
    EXPECT_EQ(name(status.error().reason), name(reason)) << hex;
  }
}

TEST(Vectors, every_wycheproof_signature_gets_the_published_verdict) {
  SKIP_WITHOUT_VECTORS();
  const auto suite = load(vectors() + "/wycheproof/ed25519_test.json");
  int accepted = 0, refused = 0;
  for (const auto& keyed : suite.at("testGroups")) {
    const auto key = fixed<32>(keyed.at("publicKey").at("pk").get<std::string>());
    for (const auto& test : keyed.at("tests")) {
      const bool valid = test.at("result") == "valid";
      const Raw message = unhex(test.at("msg").get<std::string>());
      const Raw signature = unhex(test.at("sig").get<std::string>());
      const auto verdict = check_signature(key, message, signature, "wycheproof");
      EXPECT_EQ(verdict.ok(), valid) << test.dump();
      ++(valid ? accepted : refused);
    }
  }
  EXPECT_EQ(accepted + refused, suite.at("numberOfTests").get<int>());
}

TEST(Vectors, every_cbor_example_is_read_or_refused_by_name) {
  SKIP_WITHOUT_VECTORS();
  int read = 0, refused = 0;
  for (const auto& example : load(vectors() + "/cbor/appendix_a.json")) {
    const std::string hex = example.at("hex");
    const Raw raw = unhex(hex);
    const auto status = read_whole(raw);
    const bool is_float =
        hex.starts_with("f9") || hex.starts_with("fa") || hex.starts_with("fb") || hex.starts_with("c1fb");
    const bool is_simple = hex == "f6" || hex == "f7" || hex == "f0" || hex.starts_with("f8");
    if (is_float || is_simple) {
      ASSERT_FALSE(status) << hex;
      EXPECT_EQ(status.error().reason, Reason::cbor_type) << hex;
    } else if (!example.at("roundtrip").get<bool>()) {
      ASSERT_FALSE(status) << hex;
      EXPECT_EQ(status.error().reason, Reason::cbor_not_deterministic) << hex;
    } else {
      EXPECT_TRUE(status) << hex;
    }
    ++(status ? read : refused);
    if (!example.contains("decoded")) continue;
    const auto& decoded = example.at("decoded");
    cbor::Reader reader(raw);
    Raw again(16);
    cbor::Writer writer(again);
    if (decoded.is_number_integer() && raw[0] < std::byte{0x40} && raw.size() < 9) {
      EXPECT_EQ(*reader.integer(), decoded.get<std::int64_t>()) << hex;
      writer.integer(decoded.get<std::int64_t>());
    } else if (decoded.is_string() && !hex.starts_with("7f")) {
      EXPECT_EQ(*reader.text(), decoded.get<std::string>()) << hex;
      writer.text(decoded.get<std::string>());
    } else if (decoded.is_boolean()) {
      EXPECT_EQ(*reader.boolean(), decoded.get<bool>()) << hex;
      writer.boolean(decoded.get<bool>());
    } else {
      continue;
    }
    EXPECT_TRUE(equal(*writer.finish(), raw)) << hex << " is not written back as it was";
  }
  EXPECT_GT(read, 30);
  EXPECT_GT(refused, 30);
}

// None of these is in our profile, and each says by name why; below the profile, the
// bytes to be signed and the one Ed25519 signature are as published.
TEST(Vectors, every_cose_example_is_refused_by_name) {
  SKIP_WITHOUT_VECTORS();
  const std::map<std::string, Reason> kExpected = {
      {"eddsa-sig-01", Reason::bundle_content_type},  // content type 0, key id unprotected
      {"eddsa-sig-02", Reason::bundle_content_type},  // Ed448
      {"sign-fail-01", Reason::bundle_not_sign1},     // tag 998
      {"sign-fail-02", Reason::bundle_algorithm},     // ES256, as all that follow
      {"sign-fail-03", Reason::bundle_algorithm},    {"sign-fail-04", Reason::bundle_algorithm},
      {"sign-fail-06", Reason::bundle_algorithm},    {"sign-fail-07", Reason::bundle_algorithm},
      {"sign-pass-01", Reason::bundle_algorithm},  // not protected
      {"sign-pass-02", Reason::bundle_algorithm},    {"sign-pass-03", Reason::bundle_not_sign1},  // no tag
  };
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(vectors() + "/cose")) {
    if (entry.path().extension() != ".json") continue;
    const std::string stem = entry.path().stem();
    SCOPED_TRACE(stem);
    ASSERT_TRUE(kExpected.contains(stem));
    const auto example = load(entry.path());
    const Raw raw = unhex(example.at("output").at("cbor").get<std::string>());
    const auto refused = parse_sign1(raw, Scope::contract, stem);
    ASSERT_FALSE(refused);
    EXPECT_EQ(name(refused.error().reason), name(kExpected.at(stem)));
    ++seen;
  }
  EXPECT_EQ(seen, kExpected.size());
}

TEST(Vectors, the_bytes_to_be_signed_are_as_published) {
  SKIP_WITHOUT_VECTORS();
  for (const char* stem : {"eddsa-sig-01", "eddsa-sig-02", "sign-fail-01", "sign-pass-02", "sign-pass-03"}) {
    SCOPED_TRACE(stem);
    const auto example = load(vectors() + "/cose/" + stem + ".json");
    const Raw raw = unhex(example.at("output").at("cbor").get<std::string>());
    cbor::Reader reader(raw);
    if (*reader.peek() == cbor::Type::tag) (void)reader.tag();
    ASSERT_EQ(*reader.array(), 4u);
    const Bytes header = *reader.bytes();
    ASSERT_TRUE(reader.skip());
    const Bytes payload = *reader.bytes();
    const Bytes signature = *reader.bytes();
    const auto& input = example.at("input").at("sign0");
    const Raw external = unhex(input.value("external", ""));
    Raw room(payload.size() + kSignedOverhead);
    const auto message = write_signed_bytes(header, external, payload, room);
    ASSERT_TRUE(message);
    EXPECT_TRUE(equal(*message, unhex(example.at("intermediates").at("ToBeSign_hex").get<std::string>())));
    if (std::string_view(stem) == "eddsa-sig-01") {
      EXPECT_TRUE(check_signature(fixed<32>(input.at("key").at("x_hex").get<std::string>()), *message,
                                  signature, stem));
    }
  }
}

}  // namespace
}  // namespace torpor
