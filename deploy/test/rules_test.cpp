// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// What operations deploy, checked by the tools they use: rules, configurations, units.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "base/fake/places.h"
#include "deploy/test/command.h"
#include "deploy/test/operations.h"
#include "telemetry/catalogue.h"

namespace torpor {
namespace {

const std::string kDeploy = in_source("deploy/");
const std::string kRules = kDeploy + "prometheus/torpor.rules.yml";

std::set<std::string> all(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    out.insert((*it)[1].str());
  return out;
}

void expect_passes(const std::string& tool, const std::string& package, const std::string& arguments) {
  if (!has_command(tool)) GTEST_SKIP() << tool << " is not installed (Debian: " << package << ")";
  const CommandOutput ran = run_command(tool + " " + arguments);
  EXPECT_EQ(ran.status, 0) << ran.text;
}

TEST(Rules, promtool_accepts_them) { expect_passes("promtool", "prometheus", "check rules " + kRules); }

TEST(Rules, each_alert_fires_where_it_must_and_nowhere_else) {
  expect_passes("promtool", "prometheus", "test rules " + kDeploy + "prometheus/torpor.rules.test.yml");
}

TEST(Rules, what_only_hours_show) {
  expect_passes("promtool", "prometheus", "test rules " + kDeploy + "prometheus/torpor.rules.hours.test.yml");
}

TEST(Rules, each_alert_has_a_runbook_and_each_runbook_an_alert) {
  std::set<std::string> pages;
  for (const auto& entry : std::filesystem::directory_iterator(in_source("docs/runbooks")))
    pages.insert(entry.path().stem());
  const std::string rules = text_of(kRules);
  EXPECT_EQ(all(rules, "- alert: (\\w+)"), pages);
  EXPECT_EQ(all(rules, "/user/torpor/runbooks/(\\w+)\\.html"), pages);
  EXPECT_EQ(all(text_of(in_source("docs/fleet.md")), "\\]\\(runbooks/(\\w+)\\.md\\)"), pages);
  for (const std::string& page : pages) {
    const std::string text = text_of(in_source("docs/runbooks/") + page + ".md");
    EXPECT_THAT(text, testing::StartsWith("# " + page + "\n"));
    EXPECT_THAT(text, testing::HasSubstr("\n## First look\n"));
    EXPECT_THAT(text, testing::HasSubstr("\n## Next step\n"));
  }
}

TEST(Rules, each_alert_is_tested_firing_and_not_firing) {
  const std::string tests = text_of(kDeploy + "prometheus/torpor.rules.test.yml") +
                            text_of(kDeploy + "prometheus/torpor.rules.hours.test.yml");
  const std::string block = "alertname: (\\w+)\n +eval_time: \\w+\n +exp_alerts:";
  const auto alerts = all(text_of(kRules), "- alert: (\\w+)");
  EXPECT_EQ(all(tests, block + "\n +- exp_labels"), alerts);
  auto silent = all(tests, block + " \\[\\]");
  silent.insert("TorporDeadMansSwitch");  // always fires
  EXPECT_EQ(silent, alerts);
}

// Names without a colon are the robots'; the rest is recorded in the same file.
TEST(Rules, each_metric_is_in_the_catalogue_or_recorded) {
  std::set<std::string> known = {"torpor_refusal", "torpor_refusal_timestamp_seconds"};  // notes/refusal.h
  for (const Metric& metric : kMetrics) known.insert(std::string(metric.name));
  const std::string rules = std::regex_replace(text_of(kRules), std::regex("#[^\n]*"), "");
  for (const std::string& name : all(rules, "(?:^|[^:\\w/])(torpor_\\w+)(?![:\\w])"))
    EXPECT_TRUE(known.contains(name)) << name;
  const auto recorded = all(rules, "- record: (\\S+)");
  for (const std::string& name : all(rules, "(\\w+:torpor_\\w+:\\w+)"))
    EXPECT_TRUE(recorded.contains(name)) << name;
}

TEST(Deploy, prometheus_accepts_its_configurations) {
  expect_passes(
      "promtool", "prometheus",
      "check config " + kDeploy + "prometheus/prometheus.yml " + kDeploy + "prometheus/federation.yml");
}

TEST(Deploy, alertmanager_accepts_its_configuration) {
  expect_passes("amtool", "prometheus-alertmanager",
                "check-config " + kDeploy + "prometheus/alertmanager.yml");
}

TEST(Deploy, systemd_finds_nothing_to_say_of_the_units) {
  if (!has_command("systemd-analyze")) GTEST_SKIP() << "systemd-analyze is not installed (Debian: systemd)";
  const TemporaryDirectory scratch;
  const std::string drop_ins = scratch.at("torpor-sampler.service.d");
  std::filesystem::create_directory(drop_ins);
  std::filesystem::copy_file(kDeploy + "systemd/torpor-sampler-suspend.conf", drop_ins + "/suspend.conf");
  for (const auto& entry : std::filesystem::directory_iterator(kDeploy + "systemd")) {
    if (entry.path().extension() == ".conf") continue;  // drop-ins
    // The programs of this build stand for the installed ones, systemd's own need not be here.
    std::string text = std::regex_replace(text_of(entry.path()), std::regex("/usr/bin/"), in_build("bin/"));
    text = std::regex_replace(text, std::regex("/bin/systemctl"), "/bin/true");
    std::ofstream(scratch.at(entry.path().filename())) << text;
  }
  std::string units;
  for (const char* unit :
       {"torpord.service", "torpor-sampler.service", "torpor-bundle.path", "torpor-retry.timer"})
    units += " " + scratch.at(unit);
  const CommandOutput ran = run_command("SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no" + units);
  EXPECT_EQ(ran.status, 0) << ran.text;
  EXPECT_THAT(ran.text, testing::Not(testing::HasSubstr(scratch.at(""))));
}

TEST(Deploy, what_the_units_name_is_installed) {
  const TemporaryDirectory prefix;
  const CommandOutput ran = run_command("cmake --install " + in_build("") + " --prefix " + prefix.at("usr"));
  ASSERT_EQ(ran.status, 0) << ran.text;
  for (const char* unit : {"torpord.service", "torpor-sampler.service", "torpor-retry.service"}) {
    for (const std::string& path :
         all(text_of(kDeploy + "systemd/" + unit), "/(usr/(?:bin|share)/[\\w./-]+)"))
      EXPECT_TRUE(std::filesystem::exists(prefix.at(path))) << unit << " names /" << path;
  }
  for (const char* path :
       {"usr/bin/torpor", "usr/bin/torpor-infer", "usr/share/torpor/assets/torpor/index.html",
        "usr/share/torpor/deploy/prometheus/torpor.rules.yml"})
    EXPECT_TRUE(std::filesystem::exists(prefix.at(path))) << path;
}

}  // namespace
}  // namespace torpor
