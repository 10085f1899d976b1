// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// The page in a real browser: what the script draws, and that it complains of nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "report/fake/reports.h"
#include "view/page.h"

namespace torpor {
namespace {

std::string chromium() {
  for (const char* path : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return "";
}

class PageInBrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (chromium().empty()) GTEST_SKIP() << "no Chromium on this machine (Debian: chromium)";
    directory_ = testing::TempDir() + "torpor-page-" + std::to_string(::getpid());
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // The document after its scripts ran, and what the browser's console said.
  struct Seen {
    std::string dom;
    std::string console;
    bool holds(std::string_view text) const { return dom.find(text) != std::string::npos; }
  };
  Seen open(const std::vector<CycleReport>& reports, const std::string& more_script = "",
            const std::string& window = "1280,900") {
    ReportSet set;
    Tracer tracer;
    TraceSummarizer summarizer;
    const auto take = [&](const std::optional<TraceRow>& row) {
      if (!row) return;
      set.page.add(*row);
      summarizer.add(*row);
    };
    for (const CycleReport& report : reports) take(tracer.add(report));
    take(tracer.finish());
    set.facts.summary = summarizer.finish();
    const std::string page = directory_ + "/page.html";
    std::ofstream(page) << set.page.html(set.facts) << "<script>" << more_script << "</script>";
    const std::string command =
        "timeout 120 " + chromium() +
        " --headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
        " --disable-background-networking --disable-component-update --disable-sync --enable-logging=stderr"
        " --virtual-time-budget=3000 --window-size=" +
        window + " --user-data-dir=" + directory_ + "/profile --dump-dom file://" + page + " 2>" +
        directory_ + "/stderr";
    Seen seen;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::array<char, 65536> buffer;
    for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;)
      seen.dom.append(buffer.data(), n);
    std::ifstream errors(directory_ + "/stderr");
    for (std::string line; std::getline(errors, line);) {
      if (line.find("CONSOLE") != std::string::npos) seen.console += line + "\n";
    }
    return seen;
  }

  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  }
  std::string directory_;
};

TEST_F(PageInBrowser, draws_every_plot_without_a_word_on_the_console) {
  const Seen seen = open(reports_for_test());
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("data-ready=\"11\""));
  EXPECT_EQ(count(seen.dom, "data-drawn=\"plot\""), 11u);
  EXPECT_EQ(count(seen.dom, "<canvas"), 11u);
  EXPECT_TRUE(seen.holds(">healthy</text>"));
  EXPECT_TRUE(seen.holds(">alarm</text>"));
}

TEST_F(PageInBrowser, draws_twelve_thousand_cycles) {
  const Seen seen = open(reports_for_test({.healthy = 12000, .damaged = 200}));
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("data-ready=\"11\""));
  EXPECT_TRUE(seen.holds("12200 cycles, 16 to a point"));
}

TEST_F(PageInBrowser, says_so_where_there_is_nothing_to_draw_yet) {
  const Seen seen = open(reports_for_test({.healthy = 1, .damaged = 0, .learning = 1}));
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("No evidence yet: learning."));
  EXPECT_TRUE(seen.holds("One cycle so far: no interval yet."));
  EXPECT_TRUE(seen.holds("No frame was dropped."));
}

TEST_F(PageInBrowser, arrow_keys_move_the_reading_and_buttons_the_range) {
  const Seen seen = open(reports_for_test(), R"(
    const plot = document.querySelector('.plot');
    const key = (k) => plot.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true, cancelable: true}));
    const rest = () => new Promise((done) => setTimeout(done, 300));
    (async () => {
      key('End'); await rest(); key('ArrowLeft'); await rest();
      document.body.dataset.read = document.getElementById('reading').textContent;
      document.querySelector('[data-range=last]').click(); await rest();
      document.body.dataset.pressed = document.querySelector('[aria-pressed=true]').dataset.range;
      key('Home'); await rest();
      document.body.dataset.home = document.getElementById('reading').textContent;
    })();)");
  EXPECT_EQ(seen.console, "");
  EXPECT_TRUE(seen.holds("data-read=\"cycle 719 "));
  EXPECT_TRUE(seen.holds("data-pressed=\"last\""));
  EXPECT_TRUE(seen.holds("data-home=\"cycle 620 "));
}

TEST_F(PageInBrowser, nothing_is_wider_than_a_narrow_window) {
  const Seen seen =
      open(reports_for_test(),
           "document.body.dataset.over = Math.max(0, document.documentElement.scrollWidth - innerWidth);",
           "500,900");
  EXPECT_TRUE(seen.holds("data-over=\"0\""));
}

}  // namespace
}  // namespace torpor
