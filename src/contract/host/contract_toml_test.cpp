// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/contract_toml.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"
#include "contract/field_table.h"
#include "contract/host/field_docs.h"

namespace torpor {
namespace {

std::string repository_file(const std::string& path) {
  PosixFiles files;
  const auto content = files.read(in_source("") + path, 262'144);
  EXPECT_TRUE(content) << path;
  return content ? std::string(as_text(*content)) : std::string();
}

std::string example() { return repository_file("examples/contract.toml"); }

// The example with one piece of text replaced, wherever it stands.
std::string example_with(std::string_view old, std::string_view fresh) {
  std::string text = example();
  const std::size_t at = text.find(old);
  EXPECT_NE(at, text.npos) << old;
  EXPECT_EQ(text.find(old, at + 1), text.npos) << old << " stands more than once";
  return at == text.npos ? text : text.replace(at, old.size(), fresh);
}

Error refusal(const std::string& text) {
  const auto terms = terms_from_toml(text, "c.toml", {});
  EXPECT_FALSE(terms);
  return terms ? Error{} : terms.error();
}

int line_of(std::string_view text, std::string_view piece) {
  const std::size_t at = text.find(piece);
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

TEST(ContractToml, the_example_is_sound) {
  const auto terms = terms_from_toml(example(), "examples/contract.toml", {});
  ASSERT_TRUE(terms) << one_line(terms.error()).view();
  EXPECT_EQ(terms->duty.sleep_ms, 55'000u);
  EXPECT_EQ(terms->sensor_list[0].bearing.rolling_elements, 9u);
  EXPECT_EQ(terms->power.residency, Residency::exit);
}

// No field has a default: whichever line is taken out, the reader misses its field.
TEST(ContractToml, each_field_that_is_left_out_is_missed_by_name) {
  const std::string whole = example();
  std::size_t left_out = 0;
  for (const Field& field : fields()) {
    const std::string key(field.name.substr(field.name.rfind('.') + 1));
    const std::string section(section_of(field, field.depth() - 1));
    // The line of the key behind the header of its section.
    std::size_t from = 0;
    if (!section.empty()) {
      from = whole.find("[" + section + "]");
      ASSERT_NE(from, whole.npos) << section;
    }
    const std::size_t line = whole.find("\n" + key + " = ", from) + 1;
    ASSERT_NE(line, 0u) << field.name;
    std::string text = whole;
    text.erase(line, text.find('\n', line) + 1 - line);
    const Error error = refusal(text);
    EXPECT_EQ(error.reason, Reason::toml_missing_field) << field.name;
    EXPECT_NE(error.where.view().find(path_of(field, 0).view()), std::string_view::npos)
        << error.where.view();
    EXPECT_FALSE(error.expected.empty());
    ++left_out;
  }
  EXPECT_EQ(left_out, fields().size());
}

TEST(ContractToml, each_number_out_of_range_is_refused_with_line_bounds_and_unit) {
  const std::string whole = example();
  for (const Field& field : fields()) {
    if (field.type != FieldType::integer) continue;
    const std::string key(field.name.substr(field.name.rfind('.') + 1));
    const std::string section(section_of(field, field.depth() - 1));
    const std::size_t from = section.empty() ? 0 : whole.find("[" + section + "]");
    const std::size_t line = whole.find("\n" + key + " = ", from) + 1;
    for (const std::int64_t value : {field.min - 1, field.max + 1}) {
      std::string text = whole;
      text.replace(line, text.find('\n', line) - line, key + " = " + std::to_string(value));
      const Error error = refusal(text);
      EXPECT_EQ(error.reason, Reason::toml_out_of_range) << field.name;
      const std::string where = "c.toml:" + std::to_string(line_of(whole, whole.substr(line, 40))) + ": " +
                                std::string(path_of(field, 0).view());
      EXPECT_EQ(error.where.view(), where);
      EXPECT_EQ(error.found.view(), std::to_string(value));
      const std::string bounds = std::to_string(field.min) + " to " + std::to_string(field.max);
      EXPECT_TRUE(error.expected.view().starts_with(bounds)) << error.expected.view();
      EXPECT_TRUE(error.expected.view().ends_with(field.unit)) << error.expected.view();
    }
  }
}

TEST(ContractToml, refuses_what_it_does_not_know_or_knows_already) {
  EXPECT_EQ(refusal(example() + "\n[extra]\nx = 1\n").reason, Reason::toml_unknown_field);
  const Error unknown = refusal(example_with("batches = 3", "batches = 3\ndepth = 3"));
  EXPECT_EQ(unknown.reason, Reason::toml_unknown_field);
  EXPECT_TRUE(unknown.where.view().ends_with("queue.depth")) << unknown.where.view();
  EXPECT_EQ(refusal(example_with("batches = 3", "batches = 3\nbatches = 3")).reason,
            Reason::toml_duplicate_field);
}

TEST(ContractToml, refuses_other_types_and_words) {
  EXPECT_EQ(refusal(example_with("batches = 3", "batches = 3.0")).reason, Reason::toml_wrong_type);
  EXPECT_EQ(refusal(example_with("batches = 3", "batches = \"3\"")).reason, Reason::toml_wrong_type);
  EXPECT_EQ(refusal(example_with("2036-01-01T00:00:00Z", "2036-01-01")).reason, Reason::toml_wrong_type);
  const Error word = refusal(example_with("\"block\" ", "\"hibernate\" "));
  EXPECT_EQ(word.reason, Reason::toml_bad_text);
  EXPECT_EQ(word.found.view(), "hibernate");
  EXPECT_EQ(word.expected.view(), "block or suspend");
  EXPECT_EQ(refusal(example_with("\"drive-wheel\"", "\"drive wheel\"")).reason, Reason::toml_bad_text);
  EXPECT_EQ(refusal(example_with("\"drive-wheel\"", "\"\"")).reason, Reason::toml_bad_text);
  for (const std::string& digest : {std::string(64, 'A'), std::string(66, 'a')}) {
    EXPECT_EQ(refusal(example_with("\ndigest = \"", "\ndigest = \"" + digest + "\"  # \"")).reason,
              Reason::toml_bad_text);
  }
}

TEST(ContractToml, a_broken_rule_is_placed_at_the_line_of_its_field) {
  const std::string text = example_with("mj_per_hour = 900000", "mj_per_hour = 899999");
  const Error error = refusal(text);
  EXPECT_EQ(error.reason, Reason::rule_hourly_energy);
  EXPECT_EQ(error.where.view(),
            "c.toml:" + std::to_string(line_of(text, "mj_per_hour")) + ": power.mj_per_hour");
  EXPECT_EQ(error.found.view(), "899999");
}

TEST(ContractToml, what_is_chosen_when_signing_takes_the_place_of_the_file) {
  const SigningChoices choices{.sequence = 9, .not_before_s = 1'800'000'000, .expires_s = 1'800'000'060};
  auto terms = terms_from_toml(example(), "c.toml", choices);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->sequence, 9u);
  EXPECT_EQ(terms->expires_s, 1'800'000'060);
  terms = terms_from_toml(example_with("\nsequence = 1 ", "\n# "), "c.toml", choices);
  EXPECT_TRUE(terms) << "the file need not repeat what is chosen";
  const auto refused =
      terms_from_toml(example(), "c.toml", {.sequence = 0, .not_before_s = {}, .expires_s = {}});
  EXPECT_EQ(refused.error().reason, Reason::usage);
  EXPECT_EQ(refused.error().where.view(), "command line: sequence");
}

TEST(ContractToml, signing_times_are_now_or_relative_or_absolute) {
  EXPECT_EQ(*signing_time("--expires", "now", 1000), 1000);
  EXPECT_EQ(*signing_time("--expires", "+90d", 1000), 1000 + 90 * 86'400);
  EXPECT_EQ(*signing_time("--expires", "+12h", 0), 12 * 3600);
  EXPECT_EQ(*signing_time("--expires", "+5m", 0), 300);
  EXPECT_EQ(*signing_time("--expires", "2030-01-01T00:00:00Z", 0), 1'893'456'000);
  EXPECT_EQ(*signing_time("--expires", "2030-01-01T01:00:00+01:00", 0), 1'893'456'000);
  for (const char* wrong : {"", "+", "+d", "+5", "+5y", "+-5d", "-5d", "tomorrow", "2030-01-01", "+5.5d",
                            "2030-01-01T00:00:00Z\nx = 1", "+99999999999999999999d"}) {
    const auto refused = signing_time("--expires", wrong, 0);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().reason, Reason::usage);
  }
}

TEST(ContractToml, a_file_above_the_cap_is_refused_unread) {
  MemoryFiles files;
  files.put("big.toml", as_bytes(std::string(kMaxContractTomlBytes + 1, '#')));
  EXPECT_EQ(load_terms(files, "big.toml", {}).error().reason, Reason::toml_too_large);
}

TEST(FieldDocs, the_committed_documents_are_what_the_table_makes) {
  EXPECT_EQ(repository_file("docs/bundle.cddl"), fields_cddl());
  EXPECT_NE(repository_file("docs/bundle.md").find(fields_markdown()), std::string::npos)
      << "paste the output of: torpor contract fields --format md";
}

}  // namespace
}  // namespace torpor
