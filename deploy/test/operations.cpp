// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "deploy/test/operations.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace torpor {
namespace {

using nlohmann::json;

const std::string kDeployed = in_source("deploy/prometheus/");

std::string form(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "query=";
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    out += {'%', kHex[b >> 4], kHex[b & 15]};
  }
  return out;
}

json result_of(const ServerForTest& server, const std::string& query) {
  const HttpAnswer answer = http_request(server.port(), "POST", "/api/v1/query", form(query));
  const json parsed = json::parse(answer.body, nullptr, false);
  if (answer.status == 200 && parsed.contains("data")) return parsed["data"]["result"];
  ADD_FAILURE() << query << ": " << answer.status << " " << answer.body;
  return {};
}

}  // namespace

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string deployed_rules(const std::string& interval) {
  const std::string rules = text_of(kDeployed + "torpor.rules.yml");
  if (interval.empty()) return rules;
  return std::regex_replace(rules, std::regex("\n    interval: \\w+\n"),
                            "\n    interval: " + interval + "\n");
}

std::string routes_to(const std::string& url) {
  return std::regex_replace(text_of(kDeployed + "alertmanager.yml"), std::regex("http://localhost:9094"),
                            url);
}

int count_of(const ServerForTest& server, const std::string& query) {
  const json result = result_of(server, query);
  return result.is_array() ? static_cast<int>(result.size()) : -1;
}

std::vector<std::int64_t> samples_of(const ServerForTest& server, const std::string& selector) {
  std::vector<std::int64_t> times;
  const json result = result_of(server, selector + "[1d]");
  EXPECT_LE(result.size(), 1u) << selector;
  for (const json& series : result) {
    for (const json& pair : series["values"]) times.push_back(std::llround(pair[0].get<double>() * 1e3));
  }
  return times;
}

}  // namespace torpor
