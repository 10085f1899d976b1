// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "toml/document.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <map>
#include <vector>

// toml++ 3.3 asserts some of what it has not checked ("[#x]" for one), and where NDEBUG
// is set it lets the optimiser assume it. Here a failed assertion is an exception like its
// other ones, in every build.
namespace torpor::toml_detail {
struct AssertionFailed : std::exception {
  const char* what() const noexcept override { return "syntax the parser does not take"; }
};
[[noreturn]] inline void assertion_failed() { throw AssertionFailed(); }
}  // namespace torpor::toml_detail

#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::torpor::toml_detail::assertion_failed())
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace torpor {
namespace {

struct Node {
  const toml::node* node = nullptr;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  // A value, or a table or array with nothing in it: what somebody has to take.
  bool leaf = false;
  mutable bool taken = false;
};
using Nodes = std::map<std::string, Node, std::less<>>;

// A key with other characters than a bare key is quoted in the path, so that it cannot
// pass for a nested field.
std::string key_text(std::string_view key) {
  const bool bare = !key.empty() && key.find_first_not_of(
                                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                        "UVWXYZ0123456789_-") == key.npos;
  std::string text;
  if (bare) return text.assign(key);
  text += '"';
  for (char c : key) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return text += '"';
}

void flatten(const toml::node& node, const std::string& path, Nodes& out) {
  const auto at = node.source().begin;
  const toml::table* table = node.as_table();
  const toml::array* array = node.as_array();
  const bool holds_more = (table != nullptr && !table->empty()) || (array != nullptr && !array->empty());
  if (!path.empty()) out[path] = {&node, at.line, at.column, !holds_more};
  if (table != nullptr) {
    for (const auto& [key, value] : *table) {
      const std::string name = key_text(key.str());
      flatten(value, path.empty() ? name : path + "." + name, out);
    }
  }
  if (array != nullptr) {
    std::size_t i = 0;
    for (const auto& value : *array) flatten(value, path + "[" + std::to_string(i++) + "]", out);
  }
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a local date";
    case toml::node_type::time:
      return "a local time";
    case toml::node_type::date_time:
      return "a date-time";
    default:
      return "something else";
  }
}

// Where an assertion failed there is no position to be had. The one known case is a table
// header that does not begin with a key; 1 when there is none.
std::size_t line_of_bad_header(std::string_view text) {
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view header = text.substr(at, end - at);
    at = end + 1;
    header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
    if (!header.starts_with('[')) continue;
    header.remove_prefix(header.starts_with("[[") ? 2 : 1);
    header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
    const bool key = !header.empty() &&
                     (header.front() == '"' || header.front() == '\'' || header.front() == '_' ||
                      header.front() == '-' || std::isalnum(static_cast<unsigned char>(header.front())) != 0);
    if (!key) return line;
  }
  return 1;
}

constexpr bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t seconds_since_1970(const toml::date_time& t) {
  constexpr int kBeforeMonth[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  std::int64_t days = 0;
  for (int y = 1970; y < t.date.year; ++y) days += leap(y) ? 366 : 365;
  for (int y = t.date.year; y < 1970; ++y) days -= leap(y) ? 366 : 365;
  days += kBeforeMonth[t.date.month - 1] + t.date.day - 1;
  if (t.date.month > 2 && leap(t.date.year)) ++days;
  return days * 86'400 + t.time.hour * 3600 + t.time.minute * 60 + t.time.second -
         std::int64_t{t.offset->minutes} * 60;
}

}  // namespace

struct TomlDocument::Impl {
  std::string file;
  toml::table root;
  Nodes nodes;

  const Node* find(std::string_view path) const {
    const auto it = nodes.find(path);
    return it == nodes.end() ? nullptr : &it->second;
  }
};

TomlDocument::TomlDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

Result<TomlDocument> TomlDocument::parse(std::string_view text, std::string_view file) {
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  try {
    impl->root = toml::parse(text, file);
    flatten(impl->root, "", impl->nodes);
    return TomlDocument(std::move(impl));
  } catch (const toml::parse_error& broken) {
    // The parser has no code for a repeated key; its words are pinned down by a test.
    const std::string_view words = broken.description();
    const bool twice = words.find("redefine") != words.npos || words.find("duplicate") != words.npos;
    Error error{.reason = twice ? Reason::toml_duplicate_field : Reason::toml_syntax};
    error.where << file << ":" << broken.source().begin.line << ": column " << broken.source().begin.column;
    error.found << words;
    error.expected << (twice ? "each field once" : "TOML 1.0");
    return error;
  } catch (const std::exception& other) {
    Error error{.reason = Reason::toml_syntax};
    error.where << file << ":" << line_of_bad_header(text);
    error.found << other.what();
    return error;
  }
}

FixedString<160> TomlDocument::where(std::string_view path) const {
  // The line of the field, else that of the nearest table around it, else the first.
  std::uint32_t line = 1;
  for (std::string_view around = path; !around.empty();) {
    if (const Node* node = impl_->find(around); node != nullptr && node->line != 0) {
      line = node->line;
      break;
    }
    const std::size_t cut = around.find_last_of(".[");
    around = around.substr(0, cut == around.npos ? 0 : cut);
  }
  FixedString<160> place;
  return place << impl_->file << ":" << line << ": " << path;
}

bool TomlDocument::has(std::string_view path) const { return impl_->find(path) != nullptr; }

void TomlDocument::ignore(std::string_view path) {
  if (const Node* node = impl_->find(path)) node->taken = true;
}

namespace {

Error fail(Reason reason, const FixedString<160>& where, std::string_view found, std::string_view expected) {
  Error error{.reason = reason};
  error.where = where;
  error.found << found;
  error.expected << expected;
  return error;
}

Error out_of_range(const FixedString<160>& where, std::int64_t found, std::int64_t min, std::int64_t max,
                   std::string_view unit) {
  Error error = fail(Reason::toml_out_of_range, where, "", "");
  error.found << found;
  error.expected << min << " to " << max << unit;
  return error;
}

}  // namespace

Result<std::int64_t> TomlDocument::integer(std::string_view path, std::int64_t min, std::int64_t max) {
  const Node* node = impl_->find(path);
  if (node == nullptr) return fail(Reason::toml_missing_field, where(path), "nothing", "an integer");
  node->taken = true;
  const auto* value = node->node->as_integer();
  if (value == nullptr)
    return fail(Reason::toml_wrong_type, where(path), type_name(*node->node), "an integer");
  if (value->get() < min || value->get() > max) return out_of_range(where(path), value->get(), min, max, "");
  return value->get();
}

Result<std::string> TomlDocument::text(std::string_view path, std::size_t min_bytes, std::size_t max_bytes) {
  const Node* node = impl_->find(path);
  if (node == nullptr) return fail(Reason::toml_missing_field, where(path), "nothing", "a string");
  node->taken = true;
  const auto* value = node->node->as_string();
  if (value == nullptr) return fail(Reason::toml_wrong_type, where(path), type_name(*node->node), "a string");
  const std::string& text = value->get();
  if (text.size() < min_bytes || text.size() > max_bytes) {
    Error error = fail(Reason::toml_out_of_range, where(path), "", "");
    error.found << text.size() << " bytes";
    error.expected << min_bytes << " to " << max_bytes << " bytes";
    return error;
  }
  return text;
}

Result<bool> TomlDocument::boolean(std::string_view path) {
  const Node* node = impl_->find(path);
  if (node == nullptr) return fail(Reason::toml_missing_field, where(path), "nothing", "a boolean");
  node->taken = true;
  const auto* value = node->node->as_boolean();
  if (value == nullptr)
    return fail(Reason::toml_wrong_type, where(path), type_name(*node->node), "a boolean");
  return value->get();
}

Result<std::int64_t> TomlDocument::time(std::string_view path, std::int64_t min_s, std::int64_t max_s) {
  constexpr std::string_view kForm = "a date-time with offset in whole seconds, as 2030-01-31T00:00:00Z";
  const Node* node = impl_->find(path);
  if (node == nullptr) return fail(Reason::toml_missing_field, where(path), "nothing", kForm);
  node->taken = true;
  const auto* value = node->node->as_date_time();
  if (value == nullptr) return fail(Reason::toml_wrong_type, where(path), type_name(*node->node), kForm);
  const toml::date_time& t = value->get();
  if (!t.offset) return fail(Reason::toml_wrong_type, where(path), "a local date-time", kForm);
  if (t.time.nanosecond != 0)
    return fail(Reason::toml_wrong_type, where(path), "a fraction of a second", kForm);
  const std::int64_t seconds = seconds_since_1970(t);
  if (seconds < min_s || seconds > max_s)
    return out_of_range(where(path), seconds, min_s, max_s, " s since 1970");
  return seconds;
}

Result<std::size_t> TomlDocument::count(std::string_view path, std::size_t min, std::size_t max) {
  const Node* node = impl_->find(path);
  if (node == nullptr) return fail(Reason::toml_missing_field, where(path), "nothing", "an array");
  node->taken = true;
  const toml::array* array = node->node->as_array();
  if (array == nullptr) return fail(Reason::toml_wrong_type, where(path), type_name(*node->node), "an array");
  if (array->size() < min || array->size() > max) {
    return out_of_range(where(path), static_cast<std::int64_t>(array->size()), static_cast<std::int64_t>(min),
                        static_cast<std::int64_t>(max), " elements");
  }
  return array->size();
}

Status TomlDocument::finish() const {
  const Node* first = nullptr;
  std::string_view first_path;
  for (const auto& [path, node] : impl_->nodes) {
    if (!node.leaf || node.taken) continue;
    const bool earlier = first == nullptr || node.line < first->line ||
                         (node.line == first->line && node.column < first->column);
    if (!earlier) continue;
    first = &node;
    first_path = path;
  }
  if (first == nullptr) return {};
  return fail(Reason::toml_unknown_field, where(first_path), type_name(*first->node), "only known fields");
}

}  // namespace torpor
