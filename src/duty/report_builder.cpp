// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/report_builder.h"

#include <algorithm>
#include <utility>

#include "base/assertion.h"
#include "contract/host/validity.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;

// What of the contract goes into each report.
ContractFacts facts_of(const Contract& contract) {
  const Terms& t = contract.terms();
  return {.id = t.contract_id,
          .digest = contract.digest(),
          .sequence = contract.sequence(),
          .sample_ms = t.duty.sample_ms,
          .sleep_ms = t.duty.sleep_ms,
          .interval_tolerance_ms = t.duty.interval_tolerance_ms,
          .awake_limit_ms = t.power.awake_limit_ms,
          .idle_mw = t.power.idle_mw,
          .active_mj_per_cycle = t.power.active_mj_per_cycle,
          .mj_per_hour = t.power.mj_per_hour,
          .cycles_between_false_alarms = t.alarm.cycles_between_false_alarms};
}

// "worker_died: exit code 3"
FixedString<96> in_short(const Error& error) {
  FixedString<96> text(name(error.reason));
  for (const std::string_view part : {error.where.view(), error.found.view()}) {
    if (!part.empty()) text << ": " << part;
  }
  return text;
}

}  // namespace

void ReportBuilder::begin(std::uint64_t cycle, BootTime slot, const TimeStamp& woke, bool first) {
  TORPOR_ASSERT(cycle > report_.cycle, "report_builder.a_cycle_number_is_used_once");
  report_ = CycleReport{};
  report_.slots_skipped = std::exchange(slots_skipped_, 0);
  report_.device = origin_.device;
  report_.boot_id = origin_.boot_id;
  report_.speed = origin_.speed;
  report_.contract = facts_of(contract_);
  report_.model = contract_.terms().model.digest;
  report_.cycle = report_.window = cycle;
  report_.slot = slot;
  report_.woke = woke;
  if (!first && contract_.terms().power.sleep_level == SleepLevel::suspend)
    report_.sleep_note = "no word from the sampler";
}

void ReportBuilder::slept(const Slept& slept) {
  report_.slept_by = slept.level;
  report_.failed_resumes = slept.failed_suspends;
  report_.sleep_note = slept.reason.view();
  if (suspend_given_up(contract_.terms().power, slept.failed_suspends)) report_.set(Breach::suspend);
}

// The sampler repeats itself until a cycle is over.
void ReportBuilder::notice(LinkRole role, std::string_view reason) {
  wiped_ = wiped_ || reason == name(Reason::rollback_state_wiped);
  FixedString<120> note(name(role));
  note << ": " << reason;
  if (state_note_.view().find(note.view()) != std::string_view::npos) return;
  state_note_ << (state_note_.empty() ? "" : "; ") << note;
}

void ReportBuilder::backend_failed(const Error& error) {
  // What went wrong first is the cause; a release that fails after it adds nothing.
  if (report_.backend_note.empty()) report_.backend_note = in_short(error);
}

void ReportBuilder::released(ResidencyState state, const FixedString<64>& note,
                             const Result<std::int64_t>& rail_mw) {
  report_.residency = state;
  if (!note.empty()) report_.residency_note = note;
  report_.idle_rail_mw = rail_mw ? *rail_mw : -1;
}

bool ReportBuilder::hot() const {
  return report_.idle_rail_mw > std::int64_t{contract_.terms().power.idle_mw};
}

void ReportBuilder::stored(const StorageState& storage) {
  report_.unwritten = storage.unwritten();
  const auto sampler = std::exchange(sampler_unkept_, std::nullopt);
  if (!storage.failure() && !sampler) return;
  report_.set(Breach::storage);
  if (storage.failure()) report_.storage_note = in_short(*storage.failure());
  if (sampler) report_.storage_note << (storage.failure() ? "; " : "") << "sampler: " << name(*sampler);
}

void ReportBuilder::finish(std::uint32_t sensor, const CycleLedger& ledger) {
  TORPOR_ASSERT(report_.cycle != 0, "report_builder.a_record_is_of_a_cycle");
  report_.sensor = contract_.terms().sensors()[sensor].id;
  const Stopped stopped = std::exchange(stopped_, Stopped{});
  report_.stopped_after = stopped.after;
  if (stopped.after != Duration::zero()) {
    report_.stopped_for = name(stopped.cause.value);
    const bool early = stopped.cause.value == StopCause::early || stopped.cause.value == StopCause::flood;
    report_.set(early ? Breach::early : Breach::dead_man);
  }
  report_.state_note = std::exchange(state_note_, {});
  // Also in cycle 1: where log and counter went together only others remember that there was a robot.
  if (std::exchange(wiped_, false)) report_.set(Breach::wiped);
  const CycleLedger::Costs& costs = ledger.costs();
  report_.slept_from = costs.slept_from;
  report_.spent = costs.spent;
  report_.interval = costs.interval;
  report_.cpu = costs.cpu;
  report_.voluntary_switches_asleep = costs.voluntary_switches_asleep;
  report_.energy_mj = costs.energy_mj;
  report_.energy_source = ledger.meter().source();
  report_.energy_coverage = ledger.meter().coverage();
  report_.sleep_interpolated = costs.sleep_interpolated;
  report_.energy_error_mj = costs.error_mj;
  report_.unmeasured = costs.unmeasured;
  report_.budget_mj = ledger.balance_mj();
  judge_limits();
}

// One clock for each limit: what is waited for by the cycle's, what a processor does by the
// real one.
void ReportBuilder::judge_limits() {
  const Terms& terms = contract_.terms();
  CycleReport& r = report_;
  if (total(r.energy_mj) > terms.power.active_mj_per_cycle) r.set(Breach::energy);
  if (awake_of(r) > milliseconds(terms.power.awake_limit_ms)) r.set(Breach::awake);
  if (lasted(r, Phase::infer) > milliseconds(terms.power.infer_deadline_ms)) r.set(Breach::infer_deadline);
  // Start to start: the first cycle of a process has none before it.
  const Duration off = r.interval - contract_.period();
  if (r.interval != Duration::zero() &&
      std::max(off, -off) > milliseconds(terms.duty.interval_tolerance_ms)) {
    r.set(Breach::interval);
  }
  // A running robot never stops for time, and never by a clock nobody keeps: it alarms.
  if (certainly_expired(terms, r.woke, 0)) r.set(Breach::expired);
  if (std::any_of(r.drops.begin(), r.drops.end(), [](std::uint64_t n) { return n != 0; }))
    r.set(Breach::drops);
  if (r.verdict.reason == VerdictReason::window_refused) r.set(Breach::early);
}

}  // namespace torpor
