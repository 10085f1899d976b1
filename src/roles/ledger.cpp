// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/ledger.h"
#include "base/posix/tell.h"

#include "contract/host/validity.h"
#include "notes/refusal.h"
#include "report/breach_text.h"

namespace torpor::apps {

Ledger::Ledger(std::string_view program, Places places, Files& files, const PosixClock& clock,
               Admission& admission, ReportLog& log, Pusher* pusher)
    : program_(program),
      places_(std::move(places)),
      files_(files),
      clock_(clock),
      admission_(admission),
      log_(log),
      pusher_(pusher) {}

Status Ledger::agreed() {
  const Contract& contract = admission_.contract;
  TORPOR_CHECK(clear_refusal(files_, places_.state));
  TORPOR_CHECK(admission_.store.begin(contract, places_.bundle));
  FixedString<16> digest;
  digest.append_hex(contract.digest().data(), 6);
  tell("{}: agreed on {} sequence {} ({}..), a cycle every {} ms\n", program_,
       contract.terms().contract_id.view(), contract.sequence(), digest.view(),
       contract.period().count() / 1'000'000);
  return {};
}

Status Ledger::reported(const CycleReport& report) {
  const Contract& contract = admission_.contract;
  TORPOR_CHECK(log_.append(report));
  TORPOR_CHECK(admission_.store.cycle_completed(contract));
  TORPOR_CHECK(admission_.store.keep_trusted_time(
      raise_trusted_time(admission_.store.trusted_s(), contract.terms(), clock_.now())));
  if (report.verdict.kind != kind_ || report.breaches != breaches_) say(report);
  kind_ = report.verdict.kind;
  breaches_ = report.breaches;
  awake_until_ = report.woke.boot + std::chrono::milliseconds(contract.terms().power.awake_limit_ms);
  if (pusher_ != nullptr) pusher_->add(report, log_.newest(), log_.end());
  return {};
}

// Pushing must not be what breaks the awake limit: a tenth of what is left stays.
void Ledger::about_to_sleep() {
  if (pusher_ == nullptr) return;
  const Duration left = awake_until_ - clock_.now().boot;
  const auto said = pusher_->contact_if_due(
      Duration(static_cast<std::int64_t>(0.9 * static_cast<double>(left.count()) / clock_.speed())));
  if (!said.empty()) tell("{}: telemetry: {}\n", program_, said.view());
}

void Ledger::say(const CycleReport& report) const {
  fmt::memory_buffer more;
  const auto add = std::back_inserter(more);
  if (report.verdict.reason != VerdictReason::none) fmt::format_to(add, " ({})", name(report.verdict.reason));
  if (!report.verdict.explanation.empty()) fmt::format_to(add, ": {}", report.verdict.explanation.view());
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (!report.has(breach)) continue;
    const auto text = breach_text(breach, report);
    fmt::format_to(add, "; breach: {}", name(breach));
    if (!text.empty()) fmt::format_to(add, " ({})", text.view());
  }
  tell("{}: cycle {}: {}{}\n", program_, report.cycle, name(report.verdict.kind),
       std::string_view(more.data(), more.size()));
}

}  // namespace torpor::apps
