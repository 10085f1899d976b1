// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/record_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/fake/allocations.h"
#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"
#include "log/record_reader.h"

namespace torpor {
namespace {

constexpr LogBounds kBounds{.bytes = 48 * 1024, .age = std::chrono::hours(24)};
constexpr std::size_t kPayload = 1000;

// Record number n: its number, then filling that differs from record to record.
std::string payload(std::uint64_t n) {
  std::string text = std::to_string(n) + ":";
  while (text.size() < kPayload) text.push_back(static_cast<char>('a' + (text.size() * 7 + n) % 26));
  return text;
}

struct Log {
  std::vector<std::uint64_t> numbers;
  LogDamage damage;
};

Log read_all(Files& files, RecordPlace from = {}) {
  Log log;
  auto reader = RecordReader::open(files, "logs", from);
  EXPECT_TRUE(reader.ok());
  for (;;) {
    const auto next = reader->next();
    EXPECT_TRUE(next.ok());
    if (!next->found) break;
    const std::uint64_t n = std::stoull(std::string(as_text(next->payload)));
    EXPECT_EQ(as_text(next->payload), payload(n));
    log.numbers.push_back(n);
  }
  log.damage = reader->damage();
  return log;
}

std::uint64_t bytes_held(Files& files) {
  std::uint64_t bytes = 0;
  const std::vector<std::string> names = *files.list("logs");
  for (const std::string& name : names) bytes += files.facts("logs/" + name)->size;
  return bytes;
}

class RecordLogTest : public testing::Test {
 protected:
  RecordLog open(LogBounds bounds = kBounds) {
    auto log = RecordLog::open(files_, "logs", bounds);
    EXPECT_TRUE(log.ok());
    return *std::move(log);
  }
  Status append(RecordLog& log, std::uint64_t n) { return log.append(as_bytes(payload(n)), clock_.now()); }
  std::string newest() { return "logs/" + files_.list("logs")->back(); }

  MemoryFiles files_;
  FakeClock clock_;
};

TEST_F(RecordLogTest, a_file_that_claims_the_last_number_is_an_error_and_no_end) {
  ASSERT_TRUE(files_.make_directories("logs").ok());
  ASSERT_TRUE(
      files_.replace("logs/9999999999-01800000000.tlog", as_bytes(std::string(48 * 1024, 'x')), 0644).ok());
  RecordLog log = open();
  const Status written = append(log, 1);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().found.view(), "the last number there is");
  EXPECT_EQ(log.counters().failed, 1u);
}

TEST_F(RecordLogTest, records_come_back_in_order_over_restarts) {
  for (std::uint64_t n = 1; n <= 9; n += 3) {
    RecordLog log = open();
    for (std::uint64_t k = 0; k < 3; ++k) ASSERT_TRUE(append(log, n + k).ok());
  }
  const Log log = read_all(files_);
  EXPECT_EQ(log.numbers, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(log.damage.places, 0u);
}

TEST_F(RecordLogTest, a_second_writer_is_refused_and_a_reader_is_not) {
  RecordLog log = open();
  ASSERT_TRUE(append(log, 1).ok());
  const auto second = RecordLog::open(files_, "logs", kBounds);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, Reason::directory_locked);
  ASSERT_TRUE(append(log, 2).ok());
  EXPECT_EQ(read_all(files_).numbers, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(RecordLogTest, the_oldest_segments_go_and_the_bytes_stay_within_the_bound) {
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 300; ++n) {
    ASSERT_TRUE(append(log, n).ok());
    ASSERT_LE(bytes_held(files_), kBounds.bytes);
  }
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers.back(), 300u);
  EXPECT_GE(read.numbers.size(), 36u);  // never much less than the bound holds
  EXPECT_EQ(read.numbers.front() + read.numbers.size() - 1, 300u);
  EXPECT_EQ(log.counters().bytes, bytes_held(files_));
  EXPECT_GT(log.counters().removed_segments, 0u);
}

TEST_F(RecordLogTest, what_is_older_than_the_contract_allows_goes) {
  RecordLog log = open({.bytes = 1 << 20, .age = std::chrono::hours(8)});
  for (std::uint64_t n = 1; n <= 48; ++n) {
    ASSERT_TRUE(append(log, n).ok());
    clock_.advance(std::chrono::minutes(30));
  }
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers.back(), 48u);
  EXPECT_GE(read.numbers.front(), 48 - 16 - 5u);  // 8 hours and what one segment spans
  EXPECT_LE(read.numbers.front(), 48 - 16u);
}

TEST_F(RecordLogTest, an_unsynchronised_clock_removes_nothing_by_age) {
  RecordLog log = open({.bytes = 1 << 20, .age = std::chrono::hours(8)});
  ASSERT_TRUE(append(log, 1).ok());
  clock_.set_synchronised(false);
  clock_.advance(std::chrono::hours(24 * 365));
  ASSERT_TRUE(append(log, 2).ok());
  EXPECT_EQ(read_all(files_).numbers.size(), 2u);
}

TEST_F(RecordLogTest, a_torn_tail_is_ignored_by_readers_and_cut_by_the_next_start) {
  {
    RecordLog log = open();
    ASSERT_TRUE(append(log, 1).ok());
    ASSERT_TRUE(append(log, 2).ok());
  }
  const std::uint64_t whole = files_.size(newest());
  ASSERT_TRUE(files_.truncate(newest(), whole - 1).ok());
  const Log torn = read_all(files_);
  EXPECT_EQ(torn.numbers, std::vector<std::uint64_t>{1});
  EXPECT_EQ(torn.damage.places, 0u);
  EXPECT_EQ(torn.damage.torn_tails, 1u);

  RecordLog log = open();
  EXPECT_EQ(log.counters().cut_bytes, whole / 2 - 1);
  ASSERT_TRUE(append(log, 3).ok());
  const Log after = read_all(files_);
  EXPECT_EQ(after.numbers, (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(after.damage.torn_tails, 0u);
  EXPECT_EQ(after.damage.places, 0u);  // it was cut, not written over
}

TEST_F(RecordLogTest, a_read_only_log_with_a_torn_tail_opens_and_is_mended_once_it_can_be_written) {
  {
    RecordLog log = open();
    ASSERT_TRUE(append(log, 1).ok());
  }
  {
    auto file = files_.open_append(newest());
    ASSERT_TRUE((*file)->append(as_bytes("torn")).ok());
  }
  files_.set_read_only(true);
  RecordLog log = open();
  EXPECT_FALSE(append(log, 2).ok());
  EXPECT_FALSE(append(log, 3).ok());
  files_.set_read_only(false);
  ASSERT_TRUE(append(log, 4).ok());
  EXPECT_EQ(read_all(files_).numbers, (std::vector<std::uint64_t>{1, 4}));
  EXPECT_EQ(log.counters().failed, 2u);
}

TEST_F(RecordLogTest, what_is_removed_under_the_writer_is_counted_and_no_place_means_two_records) {
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(append(log, n).ok());
  const RecordPlace before = log.newest();
  files_.remove_tree("logs");
  ASSERT_TRUE(append(log, 4).ok());
  EXPECT_EQ(log.counters().vanished, 1u);
  EXPECT_LT(before, log.newest());
  ASSERT_TRUE(append(log, 5).ok());
  EXPECT_EQ(log.counters().vanished, 1u);
  EXPECT_EQ(read_all(files_).numbers, (std::vector<std::uint64_t>{4, 5}));
  EXPECT_FALSE(RecordLog::open(files_, "logs", kBounds).ok()) << "and it owns the new directory";
}

TEST_F(RecordLogTest, a_directory_that_is_removed_before_the_first_record_is_made_anew) {
  RecordLog log = open();
  files_.remove_tree("logs");
  ASSERT_TRUE(append(log, 1).ok());
  EXPECT_EQ(read_all(files_).numbers, (std::vector<std::uint64_t>{1}));
}

TEST_F(RecordLogTest, damage_is_counted_with_its_place_and_costs_only_the_damaged_record) {
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 8; ++n) ASSERT_TRUE(append(log, n).ok());
  const std::string first = "logs/" + files_.list("logs")->front();
  files_.damage(first, kPayload + 8 + 100, std::byte{0x10});
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers, (std::vector<std::uint64_t>{1, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(read.damage.places, 1u);
  EXPECT_EQ(read.damage.bytes, kPayload + 8);
  EXPECT_EQ(read.damage.first.offset, kPayload + 8);
  EXPECT_EQ("logs/" + read.damage.first_segment, first);
}

TEST_F(RecordLogTest, a_damaged_newest_segment_is_kept_and_a_new_one_begun) {
  {
    RecordLog log = open();
    for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(append(log, n).ok());
  }
  files_.damage(newest(), 5, std::byte{1});
  RecordLog log = open();
  ASSERT_TRUE(append(log, 4).ok());
  EXPECT_EQ(files_.list("logs")->size(), 2u);
  EXPECT_EQ(read_all(files_).numbers, (std::vector<std::uint64_t>{2, 3, 4}));
}

TEST_F(RecordLogTest, other_files_in_the_directory_are_left_alone) {
  files_.put("logs/readme.txt", as_bytes("hello"));
  files_.put("logs/0000000001-00000000000.tlog.new.7", as_bytes("hello"));
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 100; ++n) ASSERT_TRUE(append(log, n).ok());
  EXPECT_TRUE(files_.exists("logs/readme.txt"));
  EXPECT_EQ(read_all(files_).damage.places, 0u);
}

TEST_F(RecordLogTest, a_segment_too_large_to_be_ours_is_damage_and_never_written_to) {
  const std::vector<std::byte> large(kMaxSegmentBytes + 1);
  files_.put("logs/0000000001-00000000000.tlog", large);
  RecordLog log = open({.bytes = 4 << 20, .age = std::chrono::hours(24)});
  ASSERT_TRUE(append(log, 1).ok());
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers, std::vector<std::uint64_t>{1});
  EXPECT_EQ(read.damage.places, 1u);
}

TEST_F(RecordLogTest, a_reader_goes_on_at_its_cursor) {
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 10; ++n) ASSERT_TRUE(append(log, n).ok());
  auto reader = *RecordReader::open(files_, "logs");
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(reader.next()->found);
  EXPECT_EQ(read_all(files_, reader.place()).numbers, (std::vector<std::uint64_t>{8, 9, 10}));
  while (reader.next()->found) {
  }
  ASSERT_TRUE(append(log, 11).ok());
  EXPECT_EQ(read_all(files_, reader.place()).numbers, std::vector<std::uint64_t>{11});
}

TEST_F(RecordLogTest, a_segment_removed_under_a_reader_is_passed_over) {
  RecordLog log = open();
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(append(log, n).ok());
  auto reader = *RecordReader::open(files_, "logs");
  ASSERT_TRUE(files_.remove("logs/" + files_.list("logs")->front()).ok());
  const auto next = reader.next();
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->found);
  EXPECT_EQ(reader.damage().places, 0u);
}

TEST_F(RecordLogTest, bounds_too_small_for_a_log_and_records_too_large_are_refused) {
  EXPECT_EQ(RecordLog::open(files_, "logs", {.bytes = 100, .age = std::chrono::hours(1)}).error().reason,
            Reason::log_bounds);
  RecordLog log = open();
  const std::string large(kMaxRecordPayload + 1, 'x');
  EXPECT_EQ(log.append(as_bytes(large), clock_.now()).error().reason, Reason::log_record_too_large);
}

TEST_F(RecordLogTest, a_full_disk_gives_up_the_oldest_records_for_the_newest) {
  RecordLog log = open();
  files_.set_capacity(20 * 1024);
  for (std::uint64_t n = 1; n <= 100; ++n) ASSERT_TRUE(append(log, n).ok()) << n;
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers.back(), 100u);
  EXPECT_GE(read.numbers.size(), 12u);
  EXPECT_EQ(read.damage.places, 0u);
}

TEST_F(RecordLogTest, a_disk_filled_by_others_loses_records_and_recovers_by_itself) {
  RecordLog log = open();
  ASSERT_TRUE(append(log, 1).ok());
  files_.set_capacity(files_.used() + 100);
  EXPECT_EQ(append(log, 2).error().reason, Reason::io_failed);
  EXPECT_EQ(append(log, 3).error().reason, Reason::io_failed);
  files_.set_capacity(1 << 20);
  ASSERT_TRUE(append(log, 4).ok());
  const Log read = read_all(files_);
  EXPECT_EQ(read.numbers, (std::vector<std::uint64_t>{1, 4}));
  EXPECT_EQ(read.damage.places, 0u);
  EXPECT_EQ(log.counters().failed, 2u);
}

// What one life of a writer leaves: the records it was told are durable.
std::vector<std::uint64_t> live(MemoryFiles& files, const FakeClock& clock, std::uint64_t first,
                                std::uint64_t count) {
  std::vector<std::uint64_t> acknowledged;
  auto log = RecordLog::open(files, "logs", kBounds);
  if (!log) return acknowledged;
  for (std::uint64_t n = first; n < first + count; ++n) {
    if (log->append(as_bytes(payload(n)), clock.now())) acknowledged.push_back(n);
  }
  return acknowledged;
}

// Every acknowledged record that the bounds did not remove is there, in order, and what is
// there beyond is at most one record whose acknowledgement was lost.
void expect_kept(const std::vector<std::uint64_t>& acknowledged, const Log& log, const std::string& when) {
  std::vector<std::uint64_t> want;
  for (std::uint64_t n : acknowledged) {
    if (!log.numbers.empty() && n >= log.numbers.front()) want.push_back(n);
  }
  std::vector<std::uint64_t> have;
  std::size_t extra = 0;
  for (std::uint64_t n : log.numbers) {
    const bool known = std::find(acknowledged.begin(), acknowledged.end(), n) != acknowledged.end();
    known ? have.push_back(n) : static_cast<void>(++extra);
  }
  EXPECT_EQ(have, want) << when;
  EXPECT_LE(extra, 1u) << when;
  EXPECT_TRUE(std::is_sorted(log.numbers.begin(), log.numbers.end())) << when;
  if (!acknowledged.empty()) {
    EXPECT_FALSE(log.numbers.empty()) << when;
  }
}

constexpr std::uint64_t kLife = 70;  // long enough to begin and to remove segments

TEST(RecordLogCrash, power_lost_at_any_operation_loses_no_acknowledged_record) {
  const FakeClock clock;
  MemoryFiles whole;
  ASSERT_EQ(live(whole, clock, 1, kLife).size(), kLife);
  ASSERT_GT(whole.operations(), 2 * kLife);
  for (const std::uint64_t torn : {0, 1, 7, 8, 9, 500, 1'000'000}) {
    for (std::uint64_t n = 1; n <= whole.operations() + 1; ++n) {
      MemoryFiles files;
      files.lose_power_at(n);
      const auto first = live(files, clock, 1, kLife);
      files.crash(torn);
      const std::string when = "operation " + std::to_string(n) + ", torn " + std::to_string(torn);
      // As a reader finds it before the writer is back, and after.
      if (files.list("logs")) {
        const Log found = read_all(files);
        expect_kept(first, found, when);
        EXPECT_EQ(found.damage.places, 0u) << when;
      }
      auto second = live(files, clock, 1000, 3);
      ASSERT_EQ(second.size(), 3u) << when;
      second.insert(second.begin(), first.begin(), first.end());
      const Log after = read_all(files);
      expect_kept(second, after, when);
      EXPECT_EQ(after.damage.places, 0u) << when;
      EXPECT_EQ(after.damage.torn_tails, 0u) << when;
      EXPECT_LE(bytes_held(files), kBounds.bytes) << when;
    }
  }
}

TEST(RecordLogCrash, any_one_failed_operation_costs_at_most_one_record) {
  const FakeClock clock;
  MemoryFiles whole;
  ASSERT_EQ(live(whole, clock, 1, kLife).size(), kLife);
  for (std::uint64_t n = 1; n <= whole.operations(); ++n) {
    MemoryFiles files;
    files.fail_operation(n);
    const auto acknowledged = live(files, clock, 1, kLife);
    const std::string when = "operation " + std::to_string(n);
    if (acknowledged.empty()) continue;  // open() said so
    EXPECT_GE(acknowledged.size(), kLife - 1) << when;
    const Log log = read_all(files);
    EXPECT_EQ(log.damage.places, 0u) << when;
    expect_kept(acknowledged, log, when);
    EXPECT_LE(bytes_held(files), kBounds.bytes) << when;
  }
}

TEST(RecordLogCrash, two_failed_operations_in_a_row_are_survived) {
  const FakeClock clock;
  for (std::uint64_t n = 5; n <= 180; ++n) {
    MemoryFiles files;
    auto log = *RecordLog::open(files, "logs", kBounds);
    std::vector<std::uint64_t> acknowledged;
    std::uint64_t failures = 0;
    for (std::uint64_t k = 1; k <= kLife; ++k) {
      if (failures == 0 && files.operations() + 2 >= n) files.fail_operation(2);
      if (log.append(as_bytes(payload(k)), clock.now())) {
        acknowledged.push_back(k);
      } else if (++failures == 1) {
        files.fail_operation(1);  // the repair fails, too
      }
    }
    files.fail_operation(0);
    EXPECT_GE(acknowledged.size(), kLife - 2) << n;
    expect_kept(acknowledged, read_all(files), "operation " + std::to_string(n));
  }
}

TEST(RecordLogHeap, appending_to_a_segment_allocates_nothing) {
  PosixFiles files;
  const FakeClock clock;
  const std::string directory = testing::TempDir() + "torpor-log-heap";
  std::filesystem::remove_all(directory);
  {
    auto log = *RecordLog::open(files, directory, {.bytes = 16 << 20, .age = std::chrono::hours(24)});
    const std::string text = payload(1);
    ASSERT_TRUE(log.append(as_bytes(text), clock.now()).ok());
    const std::uint64_t before = allocations_for_test();
    bool written = true;
    for (int i = 0; i < 20; ++i) written = written && log.append(as_bytes(text), clock.now()).ok();
    EXPECT_EQ(allocations_for_test(), before);
    EXPECT_TRUE(written);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace torpor
