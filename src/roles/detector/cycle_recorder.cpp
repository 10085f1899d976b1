// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/detector/cycle_recorder.h"

#include <unistd.h>

#include "base/assertion.h"
#include "base/hex.h"
#include "base/posix/tell.h"
#include "duty/storage_state.h"
#include "notes/refusal.h"
#include "program/error_text.h"
#include "report/breach_text.h"
#include "roles/role_flags.h"

namespace torpor {
namespace {

constexpr std::uint32_t kLastTakeBack = 4096;  // cycles after which the timer alone goes on

}  // namespace

CycleRecorder::CycleRecorder(const Parts& parts, Paths paths)
    : paths_(std::move(paths)),
      files_(parts.files),
      clock_(parts.clock),
      admission_(parts.admission),
      log_(parts.log),
      pusher_(parts.pusher),
      teller_(parts.teller),
      trust_(parts.files, {.trust = paths_.trust, .own_uid = ::getuid()}, parts.admission.signer) {}

Status CycleRecorder::agreed() {
  const Contract& contract = admission_.contract;
  // Where it cannot be written down the role goes on: the counter is not in `next`, and comes to
  // `current` with the first cycle whose record can be written.
  const Status begun = admission_.store.begin(contract, paths_.bundle);
  if (!begun && !is_storage_failure(begun.error().reason)) return begun;
  tell("{}: agreed on {} sequence {} ({}..), a cycle every {} ms\n", kDetectorProgram,
       contract.terms().contract_id.view(), contract.sequence(), short_hex(contract.digest()).view(),
       contract.period().count() / 1'000'000);
  return begun;
}

Status CycleRecorder::reported(const CycleReport& report) {
  const Contract& contract = admission_.contract;
  TORPOR_ASSERT(report.cycle > log_.last_cycle(), "roles.a_cycle_is_recorded_once");
  const std::uint64_t vanished = log_.counters().vanished;
  const Status written = log_.append(report);
  TORPOR_ASSERT(!written || log_.last_cycle() == report.cycle, "roles.the_newest_record_is_this_cycle");
  if (log_.counters().vanished != vanished)
    tell("{}: the record log was removed while it was written to; it begins anew\n", kDetectorProgram);
  // Only changes are said: a line a minute would hide the one that matters.
  if (report.verdict.kind != kind_ || report.breaches != breaches_) say(report);
  kind_ = report.verdict.kind;
  breaches_ = report.breaches;
  awake_until_ = report.woke.boot + std::chrono::milliseconds(contract.terms().power.awake_limit_ms);
  if (pusher_ != nullptr) pusher_->add(report, written ? log_.newest() : log_.end(), log_.end());
  return written;
}

Status CycleRecorder::finished(bool recorded) {
  Status kept = recorded ? count_cycle() : Status{};
  // The last of all: a key that is revoked ends the role, and the report that says what the cycle
  // saw is there before.
  const bool well_before = !trust_.trouble();
  TORPOR_CHECK(trust_.look());
  // Once, not every minute.
  if (well_before && trust_.trouble()) tell_error(kDetectorProgram, *trust_.trouble());
  return kept;
}

// The counter counts no cycle of which there is no record.
Status CycleRecorder::count_cycle() {
  const Contract& contract = admission_.contract;
  const Status over = end_earlier_refusal();
  TORPOR_CHECK(admission_.store.cycle_completed(contract));
  TORPOR_CHECK(admission_.store.keep_trusted_time(
      follow_trusted_time(admission_.store.trusted_s(), contract.terms(), time_.observe(clock_.now()))));
  return over;
}

// A cycle is the end of what an earlier start was refused for; an agreement is not, for what is refused
// right after it would come and go with every start. A note that stays misleads people: tried again.
Status CycleRecorder::end_earlier_refusal() {
  if (ended_) return {};
  TORPOR_TRY(const bool any, end_refusal(files_, paths_.state));
  ended_ = true;
  to_take_back_ = teller_ != nullptr && any;
  return {};
}

// Pushing must not be what breaks the awake limit: a tenth of what is left stays.
Duration CycleRecorder::room() const { return clock_.real(awake_until_ - clock_.now().boot) * 9 / 10; }

void CycleRecorder::about_to_sleep() {
  if (pusher_ != nullptr) {
    const auto said = pusher_->contact_if_due(room());
    if (!said.empty()) tell("{}: telemetry: {}\n", kDetectorProgram, said.view());
  }
  if (to_take_back_) take_back();
}

// After the contact, which matters more, and then ever more rarely: a server that is gone for good
// must not cost every cycle a request. The timer of deploy/systemd goes on at its own pace.
void CycleRecorder::take_back() {
  if (++cycles_ < take_back_in_) return;
  take_back_in_ *= 2;
  const RefusalTelling telling = teller_->tell(room());
  to_take_back_ = telling.left > 0 && take_back_in_ < kLastTakeBack;
  if (!telling.said.empty()) tell("{}: telemetry: {}\n", kDetectorProgram, telling.said.view());
}

void CycleRecorder::say(const CycleReport& report) const {
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
  tell("{}: cycle {}: {}{}\n", kDetectorProgram, report.cycle, name(report.verdict.kind),
       std::string_view(more.data(), more.size()));
}

}  // namespace torpor
