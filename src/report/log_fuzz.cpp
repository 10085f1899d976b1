// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// Any bytes as a segment, as a payload, and as damage to a sound segment. Whatever comes:
// no read outside the bytes, every byte is accounted for, and the writer's next record is
// found again.
#include <algorithm>
#include <cstring>

#include "base/fake/memory_files.h"
#include "report/fake/reports.h"
#include "report/report_codec.h"
#include "report/report_log.h"

namespace torpor {
namespace {

constexpr LogBounds kBounds{.bytes = 1 << 20, .age = std::chrono::hours(24)};
constexpr std::size_t kLargest = 64 * 1024;

void require(bool fact) {
  if (!fact) __builtin_trap();
}

void walk(Bytes segment) {
  SegmentWalk steps(segment);
  for (std::size_t at = 0;;) {
    const RecordAt record = steps.next();
    if (record.kind == RecordAt::Kind::end) break;
    require(record.next > at && record.next <= segment.size());
    at = record.next;
  }
}

void round_trip(Bytes payload) {
  CycleReport report;
  if (!decode_report(payload, report)) return;
  std::byte room[kMaxRecordPayload];
  const auto again = encode_report(report, room);
  require(again.ok());
  CycleReport back;
  require(decode_report(*again, back).ok());
}

// A log around `segment` as its newest one: read it, write behind it, read it again.
void live_with(Bytes segment) {
  MemoryFiles files;
  files.put("r/0000000007-01800000000.tlog", segment);
  auto log = ReportLog::open(files, "r", kBounds);
  require(log.ok());
  CycleReport mine;
  mine.device = "fuzz";
  mine.cycle = log->last_cycle() + 1;
  require(log->append(mine).ok());
  auto reader = ReportReader::open(files, "r");
  require(reader.ok());
  CycleReport last;
  CycleReport report;
  for (;;) {
    const auto more = reader->next(report);
    require(more.ok());
    if (!*more) break;
    last = report;
  }
  require(last.device == mine.device && last.cycle == mine.cycle);
  require(reader->counters().damage.bytes <= segment.size());
}

std::vector<std::byte> sound_segment() {
  std::vector<std::byte> segment;
  std::vector<std::byte> payload(kMaxRecordPayload);
  std::vector<std::byte> frame(kMaxRecordBytes);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto report = arbitrary_report_for_test(seed);
    const std::size_t size = frame_record(*encode_report(report, payload), frame);
    segment.insert(segment.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return segment;
}

}  // namespace
}  // namespace torpor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  if (size < 4 || size > kLargest) return 0;
  const Bytes input(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      walk(input);
      live_with(input);
      break;
    case 1:
      round_trip(input);
      break;
    case 2: {  // a sound record with any payload
      if (input.size() > kMaxRecordPayload) return 0;
      std::vector<std::byte> frame(kMaxRecordBytes);
      frame.resize(frame_record(input, frame));
      live_with(frame);
      break;
    }
    case 3: {  // damage: the input lies over a sound segment
      static const std::vector<std::byte> kSound = sound_segment();
      std::vector<std::byte> damaged = kSound;
      const std::size_t at = load_le<std::uint16_t>(input.data()) % damaged.size();
      const Bytes over = input.subspan(2);
      std::memcpy(damaged.data() + at, over.data(), std::min(over.size(), damaged.size() - at));
      walk(damaged);
      live_with(damaged);
      break;
    }
  }
  return 0;
}
