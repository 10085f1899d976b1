// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "site/site.h"
#include "base/fake/places.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"

namespace torpor {
namespace {

std::string example() {
  PosixFiles files;
  const auto content = files.read(in_source("examples/site.toml"), 65'536);
  EXPECT_TRUE(content);
  return content ? std::string(as_text(*content)) : std::string();
}

std::string example_with(std::string_view old, std::string_view fresh) {
  std::string text = example();
  const std::size_t at = text.find(old);
  EXPECT_NE(at, text.npos) << old;
  return text.replace(at, old.size(), fresh);
}

Error refusal(const std::string& text) {
  const auto site = parse_site(text, "site.toml");
  EXPECT_FALSE(site);
  return site ? Error{} : site.error();
}

TEST(Site, the_example_is_read) {
  const auto site = parse_site(example(), "site.toml");
  ASSERT_TRUE(site) << one_line(site.error()).view();
  EXPECT_EQ(site->device_id.view(), "robot-0042");
  EXPECT_EQ(site->target_class.view(), "warehouse-amr");
  EXPECT_TRUE(site->peer_uids.empty());
  EXPECT_EQ(site->peer_timeout_ms, 30'000u);
  EXPECT_EQ(site->power.infer_mw, 7500u);
  EXPECT_EQ(site->backend.name.view(), "cpu");
  EXPECT_TRUE(site->backend.worker.empty());
  EXPECT_FALSE(site->backend.cpu_fallback);
  EXPECT_EQ(site->system_root, "") << "the machine itself";
}

TEST(Site, each_fault_is_a_refusal_with_its_own_reason) {
  EXPECT_EQ(refusal("x = ").reason, Reason::site_syntax);
  EXPECT_EQ(refusal(example_with("uids = []", "uids = []\nuids = []")).reason, Reason::site_duplicate_field);
  EXPECT_EQ(refusal(example_with("uids = []", "")).reason, Reason::site_missing_field);
  EXPECT_EQ(refusal(example_with("uids = []", "uids = [\"root\"]")).reason, Reason::site_wrong_type);
  EXPECT_EQ(refusal(example_with("uids = []", "uids = [-1]")).reason, Reason::site_out_of_range);
  EXPECT_EQ(refusal(example_with("robot-0042", "robot 42")).reason, Reason::site_bad_text);
  EXPECT_EQ(refusal(example_with("idle_mw = 4000", "idle_mw = 3000")).reason, Reason::site_power);
  EXPECT_EQ(exit_code(Reason::site_syntax), 78);
}

TEST(Site, a_number_of_the_contract_does_not_belong_here) {
  const Error error = refusal(example() + "\n[duty]\nsleep_ms = 15000\n");
  EXPECT_EQ(error.reason, Reason::site_unknown_field);
  EXPECT_TRUE(error.where.view().ends_with(": duty.sleep_ms")) << error.where.view();
}

TEST(Site, each_field_is_needed) {
  const std::string whole = example();
  for (const char* key : {"id", "target_class", "uids", "timeout_ms", "idle_mw", "sample_mw", "infer_mw",
                          "sleep_mw", "root", "name", "worker", "cpu_fallback"}) {
    const std::size_t line = whole.find("\n" + std::string(key) + " = ") + 1;
    ASSERT_NE(line, 0u) << key;
    std::string text = whole;
    text.erase(line, text.find('\n', line) + 1 - line);
    const Error error = refusal(text);
    EXPECT_EQ(error.reason, Reason::site_missing_field) << key;
    EXPECT_TRUE(error.where.view().ends_with(key)) << error.where.view();
  }
}

TEST(Site, backend_choices_that_contradict_each_other_are_refused) {
  EXPECT_EQ(refusal(example_with("\"cpu\" ", "\"gpu\" ")).reason, Reason::site_backend);
  EXPECT_EQ(refusal(example_with("\"cpu\" ", "\"cuda\"")).reason, Reason::site_backend) << "without a worker";
  EXPECT_EQ(refusal(example_with("worker = \"\"", "worker = \"torpor-infer\"")).reason, Reason::site_backend);
  EXPECT_EQ(refusal(example_with("cpu_fallback = false", "cpu_fallback = true")).reason,
            Reason::site_backend);
  std::string text = example_with("\"cpu\" ", "\"cuda\"");
  text.replace(text.find("worker = \"\""), 11, "worker = \"/usr/bin/torpor-infer\"");
  text.replace(text.find("cpu_fallback = false"), 20, "cpu_fallback = true");
  const auto site = parse_site(text, "site.toml");
  ASSERT_TRUE(site) << one_line(site.error()).view();
  EXPECT_EQ(site->backend.name.view(), "cuda");
  EXPECT_TRUE(site->backend.cpu_fallback);
}

TEST(Site, peer_users_are_listed) {
  const auto site = parse_site(example_with("uids = []", "uids = [0, 998]"), "site.toml");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->peer_uids, (std::vector<std::uint32_t>{0, 998}));
}

TEST(Site, telemetry_is_off_where_its_texts_are_empty) {
  const auto site = parse_site(example(), "site.toml");
  ASSERT_TRUE(site);
  EXPECT_FALSE(site->telemetry.on());
  EXPECT_EQ(site->telemetry.deadline_ms, 2000u);
}

TEST(Site, a_server_is_a_url_without_user_or_slash_at_its_end) {
  const auto with = [](const std::string& url) {
    return example_with("url = \"\"              # \"https://pushgateway", "url = \"" + url + "\" # \"");
  };
  for (const char* url : {"http://10.0.0.1:9091", "https://push.example/robots"}) {
    const auto site = parse_site(with(url), "site.toml");
    ASSERT_TRUE(site) << one_line(site.error()).view();
    EXPECT_EQ(site->telemetry.pushgateway.url, url);
    EXPECT_TRUE(site->telemetry.on());
  }
  for (const char* url : {"ftp://x", "push.example", "http://", "https:///x", "http://x/", "http://u:p@x",
                          "http://x y", "http://x?q", "file:///etc/passwd"})
    EXPECT_EQ(refusal(with(url)).reason, Reason::site_bad_text) << url;
}

TEST(Site, a_secret_does_not_travel_in_the_clear) {
  const auto with = [](const std::string& lines) {
    const std::string table = "[telemetry.remote_write]\n";
    const std::string text = example();
    const std::size_t at = text.find(table) + table.size();
    return text.substr(0, at) + lines + text.substr(text.find("\n[telemetry.pushgateway]"));
  };
  EXPECT_EQ(refusal(with("url = \"http://x/w\"\nauth_file = \"/etc/t\"\nca_file = \"\"\ncert_file = \"\"\n"
                         "key_file = \"\"\n"))
                .reason,
            Reason::site_secret);
  EXPECT_EQ(refusal(with("url = \"https://x/w\"\nauth_file = \"\"\nca_file = \"\"\ncert_file = \"/c\"\n"
                         "key_file = \"\"\n"))
                .reason,
            Reason::site_secret);
  EXPECT_EQ(refusal(with("url = \"https://x/w\"\nauth_file = \"etc/t\"\nca_file = \"\"\ncert_file = \"\"\n"
                         "key_file = \"\"\n"))
                .reason,
            Reason::site_bad_text);
  EXPECT_TRUE(parse_site(with("url = \"https://x/w\"\nauth_file = \"/etc/t\"\nca_file = \"\"\n"
                              "cert_file = \"/c\"\nkey_file = \"/k\"\n"),
                         "site.toml"));
}

TEST(Site, another_root_of_the_kernels_files_is_absolute_or_refused) {
  const auto site = parse_site(example_with("root = \"\"", "root = \"/tmp/tree\""), "site.toml");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->system_root, "/tmp/tree");
  for (const char* bad : {"tree", "/tmp/tree/", "/", "./x", "/tmp/\\u0000x"}) {
    EXPECT_EQ(refusal(example_with("root = \"\"", "root = \"" + std::string(bad) + "\"")).reason,
              Reason::site_bad_text)
        << bad;
  }
}

TEST(Site, a_file_others_may_write_is_refused_before_it_is_read) {
  MemoryFiles files;
  files.put("site.toml", as_bytes("rubbish"), 0666);
  EXPECT_EQ(load_site(files, "site.toml", 0).error().reason, Reason::file_unsafe);
  files.put("site.toml", as_bytes(example()), 0644);
  EXPECT_TRUE(load_site(files, "site.toml", 1000)) << "owned by root";
  files.set_owner(7);
  EXPECT_EQ(load_site(files, "site.toml", 1000).error().reason, Reason::file_unsafe);
  EXPECT_TRUE(load_site(files, "site.toml", 7));
  files.put("/etc/site.toml", as_bytes(example()), 0644);
  files.give_away("/etc", 8, 8, 0755);
  EXPECT_EQ(load_site(files, "/etc/site.toml", 7).error().reason, Reason::file_unsafe)
      << "of another user's folder";
  files.put("site.toml", as_bytes(std::string(70'000, '#')), 0644);
  EXPECT_EQ(load_site(files, "site.toml", 7).error().reason, Reason::site_too_large);
}

}  // namespace
}  // namespace torpor
