// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/spool.h"

#include <algorithm>

#include "base/assertion.h"
#include "base/owned_directory.h"
#include "log/record_reader.h"
#include "report/report_codec.h"

namespace torpor {
namespace {

constexpr std::uint32_t kCursorMode = 0600;

ClockGate::Reading reading_of(const CycleReport& report) {
  return {.at = report.woke, .boot_id = report.boot_id, .scaled = report.speed != 1};
}

Status write_state(Files& files, const std::string& path, const SpoolState& state) {
  std::array<std::byte, kMaxSpoolStateBytes> bytes;
  TORPOR_TRY(const Bytes encoded, encode_spool_state(state, bytes));
  return files.replace(path, encoded, kCursorMode);
}

}  // namespace

Result<Spool> Spool::open(Files& files, Log log) {
  Spool spool(files, std::move(log));
  TORPOR_CHECK(spool.load());
  TORPOR_CHECK(spool.add_up());
  return spool;
}

Status Spool::load() {
  const auto content = files_->read(path(), kMaxSpoolStateBytes);
  if (!content) {
    const Reason reason = content.error().reason;
    if (reason == Reason::file_missing || reason == Reason::file_too_large) return {};
    return content.error();
  }
  auto state = decode_spool_state(*content, path());
  if (!state) return state.error().reason == Reason::spool_cursor_damaged ? Status{} : state.error();
  state_ = *std::move(state);
  if (log_.end < state_.head.place) {
    // The log began anew beside our cursor: the places mean nothing, the counts still do.
    state_.cursor = state_.head;
    state_.head.place = state_.cursor.place = state_.run_from = state_.run_to = {};
    state_.run_cycles = 0;
  }
  TORPOR_ASSERT(is_in_order(state_), "spool.what_was_read_is_in_order");
  return {};
}

// What was written after the cursor was: by a process that was killed, or while telemetry
// was off.
Status Spool::add_up() {
  TORPOR_TRY(RecordReader reader, RecordReader::open(*files_, log_.directory, state_.head.place));
  for (CycleReport report;;) {
    TORPOR_TRY(const RecordReader::Next record, reader.next());
    if (!record.found) break;
    if (decode_report(record.payload, report)) count(report);
  }
  state_.head.place = std::max(state_.head.place, log_.end);
  return {};
}

void Spool::count(const CycleReport& report) {
  state_.head.totals.add(report);
  state_.head.cycle = report.cycle;
  subject_ = subject_of(report);
  note_alarm(report);
}

void Spool::note_alarm(const CycleReport& report) {
  const Verdict& v = report.verdict;
  if (!v.latched || v.first_crossing_cycle == 0) return;
  if (state_.newest_event.is(v.arming_epoch, v.first_crossing_cycle)) return;
  state_.newest_event = {.sensor = report.sensor,
                         .arming_epoch = v.arming_epoch,
                         .first_crossing_cycle = v.first_crossing_cycle};
  if (state_.event_count == kMaxEvents) {
    std::move(state_.events.begin() + 1, state_.events.end(), state_.events.begin());
    --state_.event_count;
  }
  TORPOR_ASSERT(state_.event_count < kMaxEvents, "spool.an_alarm_finds_room");
  state_.events[state_.event_count++] = state_.newest_event;
}

void Spool::add(const CycleReport& report, RecordPlace at, RecordPlace end) {
  TORPOR_ASSERT(at <= end, "spool.a_report_lies_not_behind_the_end_of_its_log");
  count(report);
  state_.head.place = end;
  if (live_count_ == kBatch) {
    std::move(live_.begin() + 1, live_.end(), live_.begin());
    --live_count_;
  }
  live_[live_count_++] = {sample_of(report, state_.head.totals), reading_of(report), at};
}

std::span<CycleSample> Spool::live(const ClockGate& gate, const TimeStamp& now) {
  live_from_ = live_count_;
  if (!gate.is_open(now)) return {};
  while (live_from_ > 0) {
    const ClockGate::Reading& woke = live_[live_from_ - 1].woke;
    // One that must be dated otherwise goes with the backlog, which reads it again.
    if (gate.date_of(woke, now) != woke.at.wall) break;
    --live_from_;
  }
  for (std::size_t i = live_from_; i < live_count_; ++i) live_samples_[i] = live_[i].sample;
  return {live_samples_.data() + live_from_, live_count_ - live_from_};
}

void Spool::live_done(bool delivered) {
  if (delivered && live_from_ < live_count_) {
    const RecordPlace from = live_[live_from_].place;
    const std::uint64_t cycles = live_count_ - live_from_;
    if (from == state_.run_to) {
      state_.run_cycles += cycles;
    } else {
      state_.run_from = from;
      state_.run_cycles = cycles;
    }
    state_.run_to = state_.head.place;
    close_gap();
  }
  live_count_ = live_from_ = 0;
  TORPOR_ASSERT(is_in_order(state_), "spool.a_run_ends_before_the_log_does");
}

// Nothing between the cursor and the run, and the run reaches the end: all is delivered or lost.
void Spool::close_gap() {
  if (state_.cursor.place != state_.run_from || state_.run_to != state_.head.place) return;
  state_.cursor = state_.head;
  state_.run_from = state_.run_to;
  state_.run_cycles = 0;
}

Result<Spool::Batch*> Spool::backlog(const ClockGate& gate, const TimeStamp& now) {
  batch_.samples.clear();
  batch_.upto = state_.cursor;
  batch_.lost = 0;
  batch_.stepped_over = 0;
  batch_.more = true;
  TORPOR_TRY(RecordReader reader, RecordReader::open(*files_, log_.directory, state_.cursor.place));
  CycleReport report;
  for (std::size_t looks = 0; looks < kLook && batch_.samples.size() < kBatch; ++looks) {
    TORPOR_TRY(const RecordReader::Next record, reader.next());
    if (!record.found || record.place >= state_.head.place) {
      // Whatever was damaged or removed on the way: the counts are the head's again.
      batch_.upto = state_.head;
      batch_.more = false;
      break;
    }
    if (!decode_report(record.payload, report)) {
      batch_.upto.place = reader.place();
      continue;
    }
    if (!batch_.samples.empty() && subject_of(report) != batch_.subject) break;
    // Numbers that are missing were removed with their segment, or never got to the disk.
    if (batch_.upto.cycle != 0 && report.cycle > batch_.upto.cycle + 1)
      batch_.lost += report.cycle - batch_.upto.cycle - 1;
    batch_.upto.totals.add(report);
    batch_.upto.cycle = report.cycle;
    batch_.upto.place = reader.place();
    if (record.place >= state_.run_from && record.place < state_.run_to) {
      ++batch_.stepped_over;
      continue;
    }
    const auto date = gate.date_of(reading_of(report), now);
    if (!date || now.wall - *date > log_.age) {
      ++batch_.lost;
      continue;
    }
    report.woke.wall = *date;
    batch_.subject = subject_of(report);
    batch_.samples.push_back(sample_of(report, batch_.upto.totals));
  }
  TORPOR_ASSERT(batch_.samples.size() <= kBatch && batch_.upto.place >= state_.cursor.place,
                "spool.a_batch_is_bounded_and_leads_on");
  return &batch_;
}

// Only here does the cursor pass a record that did not go out live: after the answer, so that a
// process that dies in between sends it again.
void Spool::backlog_done(bool delivered) {
  TORPOR_ASSERT(batch_.upto.place >= state_.cursor.place, "spool.the_cursor_only_moves_on");
  state_.lost += batch_.lost + (delivered ? 0 : batch_.samples.size());
  state_.cursor = batch_.upto;
  state_.attempts = 0;
  if (state_.cursor.place >= state_.run_to) {
    state_.run_from = state_.run_to = state_.cursor.place;
    state_.run_cycles = 0;
  } else if (state_.cursor.place > state_.run_from) {
    state_.run_from = state_.cursor.place;
    state_.run_cycles -= std::min(state_.run_cycles, batch_.stepped_over);
  }
  close_gap();
}

void Spool::acknowledge(Receiver by, std::uint8_t receivers) {
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(by));
  TORPOR_ASSERT((bit & receivers) != 0, "spool.only_a_configured_receiver_acknowledges");
  std::uint32_t left = 0;
  for (std::uint32_t i = 0; i < state_.event_count; ++i) {
    AlarmEvent event = state_.events[i];
    event.taken_by |= bit;
    if ((event.taken_by & receivers) != receivers) state_.events[left++] = event;
  }
  state_.event_count = left;
}

PusherFacts Spool::facts() const {
  const std::uint64_t behind = state_.head.cycle - std::min(state_.head.cycle, state_.cursor.cycle);
  return {.waiting = behind - std::min(behind, state_.run_cycles),
          .lost = state_.lost,
          .failures = state_.failures};
}

Status Spool::save() { return write_state(*files_, path(), state_); }

}  // namespace torpor
