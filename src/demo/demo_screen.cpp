// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "demo/demo_screen.h"

#include <fmt/core.h>

#include "base/assertion.h"
#include "demo/live_line.h"
#include "report/report_codec.h"

namespace torpor {

Result<std::optional<CycleReport>> LogFollower::next() {
  if (!reader_) {
    // Anew for each look, at the place reached: a reader knows only what was there when it was opened.
    auto opened = RecordReader::open(files_, directory_, place_);
    if (!opened) return opened.error();
    reader_.emplace(*std::move(opened));
  }
  TORPOR_TRY(const RecordReader::Next next, reader_->next());
  if (!next.found) {
    // Begin again from here at the next call: the writer goes on meanwhile.
    place_ = reader_->place();
    reader_.reset();
    return std::optional<CycleReport>();
  }
  std::optional<CycleReport> report(std::in_place);
  TORPOR_CHECK(decode_report(next.payload, *report));
  return report;
}

void DemoScreen::show(const CycleReport& report) {
  if (shown_ == 0) {
    first_ = report.woke.boot;
    fmt::print("\n{}\n", live_head());
  }
  ++shown_;
  inferences_ += report.inferred ? 1 : 0;
  const double mj = total(report.energy_mj);
  worst_mj_ = std::max(worst_mj_, mj);
  total_mj_ += mj;
  ran_ = report.woke.boot - first_;
  if (report.breaches != 0) ++breaches_;
  // The first healthy verdict is the first that could have been none: until then it learns.
  if (!armed_ && report.inferred && report.verdict.kind == VerdictKind::healthy) armed_ = report;
  // Each the first of its kind: the demo tells when something began.
  if (!watch_ && report.verdict.kind == VerdictKind::watch) watch_ = report;
  if (!alarm_ && report.verdict.kind == VerdictKind::alarm) alarm_ = report;
  // The explanation may come cycles after the alarm and grow surer: the newest, as on the page.
  if (alarm_ && !report.verdict.explanation.empty()) named_ = report;
  last_ = report;

  // The bar stands in the last line: it is wiped, the cycle written over it and the bar drawn again below.
  fmt::print("{}{}\n", terminal_ ? "\r\x1b[K" : "", live_line(report, terminal_).view());
  if (terminal_) bar();
  // The bar has no line feed, which is what would make a terminal show it.
  std::fflush(stdout);
}

void DemoScreen::bar() const {
  TORPOR_ASSERT(shown_ > 0, "demo.a_bar_stands_below_a_cycle");
  constexpr std::uint64_t kWidth = 50;
  const std::uint64_t done = std::min(kWidth, shown_ * kWidth / std::max<std::uint64_t>(1, cycles_));
  fmt::print("[{:#>{}}{:.>{}}] {}/{} cycles", "", done, "", kWidth - done, shown_, cycles_);
}

void DemoScreen::finish(const std::string& out) const {
  if (terminal_) fmt::print("\r\x1b[K");
  fmt::print("\n");
  if (!last_) {
    fmt::print("No cycle was reported. See {}/detector.log and {}/sampler.log.\n", out, out);
    return;
  }
  const auto at = [](const std::optional<CycleReport>& report) {
    return report ? fmt::format("cycle {}", report->cycle) : std::string("never");
  };
  if (alarm_) {
    const CycleReport& shown = named_ ? *named_ : *alarm_;
    fmt::print("ALARM at cycle {}: {}\n", alarm_->cycle,
               shown.verdict.explanation.empty() ? "no defect is named: no period stands out"
                                                 : shown.verdict.explanation.view());
  } else {
    fmt::print("No alarm in {} cycles.\n", shown_);
  }
  fmt::print("  armed      {}, then watch: {}, alarm: {}\n", at(armed_), at(watch_), at(alarm_));
  fmt::print("  cycles     {} of {}, {} inferences, {} in breach of the contract\n", shown_, cycles_,
             inferences_, breaches_);
  // Of the scaled clock: the contract's hours, not those of the one who watches.
  const double minutes = std::chrono::duration<double>(ran_).count() / 60;
  fmt::print(
      "  energy     at most {:.0f} mJ in a cycle ({} allowed), {:.0f} mJ in {:.0f} minutes ({} an hour "
      "allowed); {}\n",
      worst_mj_, last_->contract.active_mj_per_cycle, total_mj_, minutes, last_->contract.mj_per_hour,
      last_->energy_source.view());
  fmt::print("  look at    {0}/report.html   {0}/trace.json (ui.perfetto.dev)   {0}/reports/\n", out);
  fmt::print("             torpor trace {}/reports\n", out);
}

}  // namespace torpor
