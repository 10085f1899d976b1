// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// Fleet board and Grafana dashboard beside a live Prometheus, with our rules and 400 robots.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "base/fake/places.h"
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "deploy/test/command.h"
#include "deploy/test/fleet.h"
#include "deploy/test/operations.h"
#include "telemetry/fake/servers.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/remote_write.h"

namespace torpor {
namespace {

using nlohmann::json;

constexpr std::size_t kRobots = 400;
constexpr std::size_t kRefused = 75;  // of those that fell silent
constexpr const char* kNeverRan = "amr-00200-new";
constexpr std::int64_t kHistorySeconds = 3900;  // more than the hour a shift is judged by

class Board : public testing::Test {
 protected:
  // With the fleet in it and a copy of the board, whose page also runs `more`.
  static ServerForTest* server() {
    static std::unique_ptr<TemporaryDirectory> assets;
    static std::unique_ptr<ServerForTest> live = [] {
      assets = std::make_unique<TemporaryDirectory>();
      std::filesystem::copy(in_build("assets"), assets->at("assets"),
                            std::filesystem::copy_options::recursive);
      assets_ = assets->at("assets");
      auto started = ServerForTest::prometheus(
          {.out_of_order = "1d", .rule_file = deployed_rules("2s"), .user_assets = assets->at("assets")});
      if (started == nullptr) return started;
      const std::int64_t now = to_ns(PosixClock::unscaled().now().wall) / 1'000'000'000;
      FleetForTest fleet(kRobots, now - kHistorySeconds);
      PosixFiles files;
      CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
      TelemetryServer to;
      to.url = started->url() + "/api/v1/write";
      // In order of time over all robots, as it comes.
      for (std::int64_t until = now - kHistorySeconds; until < now;) {
        until = std::min(until + 1800, now);
        EXPECT_EQ(fleet.send(transport, to, until).refused, "");
      }
      // Two that refuse to run: one that was heard until ten minutes ago (a refusal from before its
      // last cycle would be over), one that never had a cycle.
      EXPECT_EQ(refuse(transport, to, FleetForTest::name(kRefused), now - 300), Answer::taken);
      EXPECT_EQ(refuse(transport, to, kNeverRan, now - 7200), Answer::taken);
      // What is derived of derived series comes an evaluation later.
      while (count_of(*started, "role:torpor_refusal:standing") < 2 ||
             count_of(*started, "instance:torpor_energy_contract:ratio8h") < static_cast<int>(kRobots) ||
             count_of(*started, "ALERTS{alertname=\"TorporBearingAlarm\",alertstate=\"firing\"}") < 4)
        ::usleep(200'000);
      return started;
    }();
    return live.get();
  }

  void SetUp() override {
    if (server() == nullptr) GTEST_SKIP() << "Prometheus is not installed (Debian: prometheus)";
  }

  // As a robot tells it that its detector refused at that time.
  static Answer refuse(Transport& transport, const TelemetryServer& to, const std::string& robot,
                       std::int64_t refused_s) {
    const std::int64_t now_ms = to_ns(PosixClock::unscaled().now().wall) / 1'000'000;
    const std::vector<std::pair<std::string, std::string>> who = {
        {"job", "torpor"}, {"instance", robot}, {"role", "detector"}};
    LabelledValue what{.labels = who, .value = 1, .wall_ms = now_ms};
    what.labels.insert(what.labels.end(), {{"__name__", "torpor_refusal"}, {"reason", "contract_expired"}});
    LabelledValue when{.labels = who, .value = static_cast<double>(refused_s), .wall_ms = now_ms};
    when.labels.emplace_back("__name__", "torpor_refusal_timestamp_seconds");
    const LabelledValue both[] = {what, when};
    const std::string body = remote_write_body(both);
    return transport
        .send(
            {.method = "POST", .to = &to, .path = {}, .headers = kRemoteWriteHeaders, .body = as_bytes(body)},
            std::chrono::seconds(20))
        .answer;
  }

  struct Seen {
    std::string dom;
    std::string console;
    bool holds(const std::string& text) const { return dom.find(text) != std::string::npos; }
  };
  static Seen open(const std::string& more = "", const std::string& window = "1400,1000",
                   const std::string& page = "/user/torpor/") {
    const std::string copy = assets_ + "/torpor/index.html";
    const std::string original = text_of(in_build("assets/torpor/index.html"));
    std::ofstream(copy) << original << "<script type=\"module\">" << more << "</script>";
    TemporaryDirectory scratch;
    Seen seen;
    seen.dom = run_command(
                   "timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
                   " --disable-background-networking --disable-component-update --disable-sync"
                   " --enable-logging=stderr --virtual-time-budget=12000 --window-size=" +
                   window + " --user-data-dir=" + scratch.at("profile") + " --dump-dom " + server()->url() +
                   page + " 2>" + scratch.at("stderr"))
                   .text;
    std::ifstream errors(scratch.at("stderr"));
    for (std::string line; std::getline(errors, line);) {
      if (line.find("CONSOLE") != std::string::npos) seen.console += line + "\n";
    }
    return seen;
  }
  static bool no_browser() { return !has_command("chromium"); }
  static inline std::string assets_;
};

#define NEED_BROWSER() \
  if (no_browser()) GTEST_SKIP() << "no Chromium on this machine (Debian: chromium)"

TEST_F(Board, shows_the_fleet_without_a_word_on_the_console) {
  NEED_BROWSER();
  const Seen seen = open();
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("data-state=\"ready\"")) << seen.dom;
  EXPECT_TRUE(seen.holds("data-drawn=\"401\""));
  EXPECT_TRUE(seen.holds("4 bearing alarms"));
  EXPECT_TRUE(seen.holds("runbooks/TorporBearingAlarm.html"));
  EXPECT_TRUE(seen.holds("robots over contract"));
  EXPECT_TRUE(seen.holds("<td class=\"num\">396</td>"));  // robots of the newer contract
}

TEST_F(Board, arrow_keys_walk_the_heat_map_enter_opens_and_escape_closes_a_robot) {
  NEED_BROWSER();
  const Seen seen = open(R"(
    const map = document.getElementById('map'), set = document.body.dataset;
    const key = (k) => map.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true, cancelable: true}));
    const until = async (f) => { while (!f()) await new Promise((done) => setTimeout(done, 50)); };
    await until(() => set.drawn);
    map.focus(); key('Home'); key('ArrowRight'); key('ArrowRight'); key('ArrowRight');
    set.read = document.getElementById('reading').textContent;
    set.focused = String(document.activeElement === map);
    key('Enter');
    await until(() => document.getElementById('robot').dataset.cycles);
    set.cycles = document.getElementById('robot').dataset.cycles;
    set.plots = document.querySelectorAll('#robot [data-drawn=plot]').length;
    set.title = document.getElementById('h-robot').textContent;
    key('Escape');
    set.closed = String(document.getElementById('robot').hidden);
    key('End'); set.end = document.getElementById('reading').textContent;)");
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("data-read=\"amr-00003: "));
  EXPECT_TRUE(seen.holds("data-focused=\"true\""));
  EXPECT_TRUE(seen.holds("data-title=\"amr-00003\""));
  EXPECT_TRUE(seen.holds("data-plots=\"3\""));  // it dropped nothing
  EXPECT_THAT(seen.dom, testing::ContainsRegex("data-cycles=\"6[0-9]\""));
  EXPECT_TRUE(seen.holds("data-closed=\"true\""));
  EXPECT_TRUE(seen.holds("data-end=\"amr-00399: "));
}

TEST_F(Board, a_robot_that_refuses_is_shown_with_reason_age_and_runbook_though_it_never_had_a_cycle) {
  NEED_BROWSER();
  const Seen seen = open(R"(
    const set = document.body.dataset;
    const until = async (f) => { while (!f()) await new Promise((done) => setTimeout(done, 50)); };
    await until(() => set.drawn);
    const open = async (name) => {
      const find = document.getElementById('find');
      find.value = name; find.dispatchEvent(new Event('change'));
      await until(() => document.getElementById('h-robot').textContent === name);
      return [document.getElementById('robot-words').textContent, !document.getElementById('robot-runbook').hidden];
    };
    [set.never, set.neverRunbook] = await open('amr-00200-new');
    [set.kept, set.keptRunbook] = await open('amr-00000');
    [set.heard, set.heardRunbook] = await open('amr-00075');
    set.facts = [...document.querySelectorAll('#facts > div')].map((d) => d.textContent).join('|');)");
  EXPECT_EQ(seen.console, "");
  EXPECT_THAT(seen.dom,
              testing::HasSubstr(
                  "data-never=\"the detector refuses to run for 2 h: contract_expired · no cycle yet"));
  EXPECT_THAT(seen.dom,
              testing::ContainsRegex(
                  "data-heard=\"the detector refuses to run for [0-9.]+ (s|min): contract_expired"));
  EXPECT_TRUE(seen.holds("data-never-runbook=\"true\""));
  EXPECT_TRUE(seen.holds("data-heard-runbook=\"true\""));
  EXPECT_TRUE(seen.holds("data-kept-runbook=\"false\""));
  EXPECT_THAT(seen.dom, testing::HasSubstr("|Refusing to run2"));
  EXPECT_TRUE(seen.holds("runbooks/TorporRefused.html"));
}

TEST_F(Board, says_that_nothing_is_there_yet_and_that_the_server_is_gone) {
  NEED_BROWSER();
  // The answers of a server without robots, and of none.
  const char* kEmpty =
      R"(window.fetch = async () => new Response('{"status":"success","data":{"result":[]}}');)";
  const char* kGone = R"(window.fetch = async () => { throw new TypeError('failed'); };)";
  const std::string page = assets_ + "/torpor/early.js";
  const auto with = [&](const char* early) {
    const std::string original = text_of(in_build("assets/torpor/index.html"));
    std::ofstream(page) << early;
    std::ofstream(assets_ + "/torpor/early.html") << std::regex_replace(
        original, std::regex("<script type=\"module\""), "<script src=\"early.js\"></script>$&");
    return open("", "1400,1000", "/user/torpor/early.html");
  };
  const Seen empty = with(kEmpty);
  EXPECT_EQ(empty.console, "");
  EXPECT_TRUE(empty.holds("data-state=\"empty\""));
  EXPECT_THAT(empty.dom, testing::ContainsRegex("id=\"empty\">[^<]*<h1>No robot yet"));
  const Seen gone = with(kGone);
  EXPECT_TRUE(gone.holds("data-state=\"error\""));
  EXPECT_TRUE(gone.holds("Prometheus cannot be reached. Trying again every 15 seconds."));
}

TEST_F(Board, nothing_is_wider_than_a_narrow_window) {
  NEED_BROWSER();
  const Seen seen = open(
      "while (!document.body.dataset.drawn) await new Promise((done) => setTimeout(done, 50));"
      "document.body.dataset.over = Math.max(0, document.documentElement.scrollWidth - innerWidth);",
      "500,900");
  EXPECT_TRUE(seen.holds("data-over=\"0\""));
}

TEST_F(Board, every_alert_leads_to_a_page_that_this_server_has) {
  for (const auto& entry : std::filesystem::directory_iterator(in_source("docs/runbooks"))) {
    const HttpAnswer page = http_request(server()->port(), "GET",
                                         "/user/torpor/runbooks/" + entry.path().stem().string() + ".html");
    EXPECT_EQ(page.status, 200) << entry.path();
    EXPECT_THAT(page.body, testing::HasSubstr("<h2>First look</h2>"));
  }
}

TEST_F(Board, every_query_of_the_grafana_dashboard_returns_data) {
  const json dashboard = json::parse(text_of(in_source("deploy/grafana/torpor-fleet.json")));
  EXPECT_FALSE(dashboard.contains("id"));
  EXPECT_EQ(dashboard["uid"], "torpor-fleet");
  std::vector<std::string> queries;
  const auto collect = [&](const auto& self, const json& node) -> void {
    if (node.is_object()) {
      EXPECT_FALSE(node.contains("id") && node["id"].is_number()) << node.dump();
      if (node.contains("expr")) queries.push_back(node["expr"]);
      if (node.contains("datasource")) {
        EXPECT_EQ(node["datasource"]["uid"], "${datasource}");
      }
    }
    if (node.is_structured())
      for (const json& child : node) self(self, child);
  };
  collect(collect, dashboard);
  EXPECT_GT(queries.size(), 25u);
  for (const std::string& query : queries) {
    // A robot that alarms has something to show everywhere.
    const std::string text = std::regex_replace(query, std::regex("\\$instance"), FleetForTest::name(43));
    EXPECT_GT(count_of(*server(), text), 0) << text;
  }
  const HttpAnswer names =
      http_request(server()->port(), "GET",
                   "/api/v1/label/instance/values?match[]=instance:torpor_last_cycle_timestamp_seconds:last");
  EXPECT_THAT(names.body, testing::HasSubstr(FleetForTest::name(43)));
}

}  // namespace
}  // namespace torpor
