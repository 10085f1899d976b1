// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/contract_toml.h"

#include <charconv>

#include "base/hex.h"
#include "contract/field_table.h"
#include "contract/rules.h"
#include "toml/document.h"

namespace torpor {
namespace {

// 270 years in days: now + count x unit stays far within 64 bits.
constexpr std::int64_t kMostUnits = 100'000;
constexpr std::int64_t kYear10000 = 253'402'300'800;

// One field of the table out of the document; the value's views live in this object.
class FieldReader {
 public:
  FieldReader(TomlDocument& document, const SigningChoices& choices)
      : document_(document), choices_(choices) {}

  Result<FieldValue> read(const Field& field, std::size_t sensor) {
    const FixedString<48> path = path_of(field, sensor);
    // What the command line chooses may stand in the file too: it is then read over, not refused.
    if (const auto* chosen = choice(field.name); chosen != nullptr && chosen->has_value()) {
      document_.ignore(path);
      return chosen_value(field, **chosen);
    }
    switch (field.type) {
      case FieldType::integer: {
        TORPOR_TRY(const std::int64_t n, with_unit(field, document_.integer(path, field.min, field.max)));
        return FieldValue{.number = n, .text = {}, .bytes = {}};
      }
      case FieldType::time: {
        TORPOR_TRY(const std::int64_t n, document_.time(path, field.min, field.max));
        return FieldValue{.number = n, .text = {}, .bytes = {}};
      }
      case FieldType::word:
        return word(field, path);
      case FieldType::name:
        return name(field, path);
      case FieldType::digest:
        return digest(field, path);
    }
    return Error{.reason = Reason::internal};
  }

 private:
  const std::optional<std::int64_t>* choice(std::string_view field) const {
    if (field == "sequence") return &choices_.sequence;
    if (field == "not_before") return &choices_.not_before_s;
    if (field == "expires") return &choices_.expires_s;
    return nullptr;
  }

  static Result<FieldValue> chosen_value(const Field& field, std::int64_t number) {
    const FieldValue value{.number = number, .text = {}, .bytes = {}};
    if (auto checked = check_value(field, value); !checked) {
      Error error = checked.error();
      error.reason = Reason::usage;
      error.where << "command line: " << field.name;
      return error;
    }
    return value;
  }

  // The document knows no units, and "5" where 5000 ms are meant is the likeliest slip.
  static Result<std::int64_t> with_unit(const Field& field, Result<std::int64_t> read) {
    if (read || field.unit.empty()) return read;
    Error error = read.error();
    if (error.reason != Reason::toml_out_of_range) {
      error.expected << ", " << field.min << " to " << field.max;
    }
    error.expected << " " << field.unit;
    return error;
  }

  // By word, never by number: a contract is reviewed by people.
  Result<FieldValue> word(const Field& field, std::string_view path) {
    TORPOR_TRY(const std::string text, document_.text(path, 0, kMaxText));
    for (std::size_t i = 0; i < field.words.size(); ++i) {
      if (field.words[i] == text)
        return FieldValue{.number = static_cast<std::int64_t>(i), .text = {}, .bytes = {}};
    }
    Error error = bad_text(path, text);
    for (std::size_t i = 0; i < field.words.size(); ++i)
      error.expected << (i == 0 ? "" : " or ") << field.words[i];
    return error;
  }

  Result<FieldValue> name(const Field& field, std::string_view path) {
    TORPOR_TRY(text_, document_.text(path, 0, kMaxText));
    const FieldValue value{.number = 0, .text = text_, .bytes = {}};
    if (auto checked = check_value(field, value); !checked) {
      Error error = bad_text(path, checked.error().found);
      error.expected << checked.error().expected;
      return error;
    }
    return value;
  }

  Result<FieldValue> digest(const Field& field, std::string_view path) {
    TORPOR_TRY(const std::string text, document_.text(path, 0, kMaxText));
    if (!parse_hex(text, digest_)) {
      Error error = bad_text(path, text);
      error.expected << "64 lower-case hex digits";
      return error;
    }
    const FieldValue value{.number = 0, .text = {}, .bytes = digest_};
    if (auto checked = check_value(field, value); !checked) {
      Error error = bad_text(path, checked.error().found);
      error.expected << checked.error().expected;
      return error;
    }
    return value;
  }

  Error bad_text(std::string_view path, std::string_view found) const {
    Error error{.reason = Reason::toml_bad_text};
    error.where = document_.where(path);
    error.found << (found.empty() ? "nothing" : found);
    return error;
  }

  static constexpr std::size_t kMaxText = 4096;
  TomlDocument& document_;
  const SigningChoices& choices_;
  std::string text_;
  Digest digest_{};
};

}  // namespace

Result<std::int64_t> signing_time(std::string_view flag, std::string_view text, std::int64_t now_s) {
  if (text == "now") return now_s;
  Error error{.reason = Reason::usage};
  error.where << flag;
  error.found << text;
  error.expected << "now, +90d, +12h, +30m or a time like 2030-01-31T00:00:00Z";
  if (text.starts_with('+')) {
    const std::string_view digits = text.substr(1, text.size() - 2);
    std::int64_t count = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    const bool whole = failed == std::errc{} && end == digits.data() + digits.size();
    const std::int64_t unit = text.back() == 'd'   ? 86'400
                              : text.back() == 'h' ? 3600
                              : text.back() == 'm' ? 60
                                                   : 0;
    if (!whole || unit == 0 || count < 0 || count > kMostUnits) return error;
    return now_s + count * unit;
  }
  // The TOML reader knows date-times; nothing but one may stand there.
  auto document = TomlDocument::parse("time = " + std::string(text), flag);
  if (!document) return error;
  auto seconds = document->time("time", 0, kYear10000);
  if (!seconds || !document->finish()) return error;
  return *seconds;
}

Result<Terms> terms_from_toml(std::string_view text, std::string_view file, const SigningChoices& choices) {
  TORPOR_TRY(TomlDocument document, TomlDocument::parse(text, file));
  Terms terms{};
  FieldReader reader(document, choices);
  for (const Field& field : fields()) {
    // Counted once, at the first field of a sensor; every field must then be in each of them.
    if (field.per_sensor && terms.sensor_count == 0) {
      TORPOR_TRY(const std::size_t count, document.count(section_of(field, 1), 1, kMaxSensors));
      terms.sensor_count = static_cast<std::uint32_t>(count);
    }
    for (std::size_t i = 0; i < (field.per_sensor ? terms.sensor_count : 1); ++i) {
      TORPOR_TRY(const FieldValue value, reader.read(field, i));
      field.set(terms, i, value);
    }
  }
  // Every key was asked for once: what is left is no field of the contract, and is refused.
  TORPOR_CHECK(document.finish());
  if (auto sound = check_rules(terms, ""); !sound) {
    Error error = sound.error();
    error.where = document.where(sound.error().where);
    return error;
  }
  return terms;
}

Result<Terms> load_terms(Files& files, const std::string& path, const SigningChoices& choices) {
  auto content = files.read(path, kMaxContractTomlBytes);
  if (!content) {
    Error error = content.error();
    if (error.reason == Reason::file_too_large) error.reason = Reason::toml_too_large;
    return error;
  }
  return terms_from_toml(as_text(*content), path, choices);
}

}  // namespace torpor
