// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/record_log.h"

#include <algorithm>
#include <cerrno>

#include "base/assertion.h"
#include "base/utc.h"
#include "log/segment_walk.h"

namespace torpor {
namespace {

constexpr std::uint64_t kSegmentsInBound = 8;  // so that one removal frees an eighth

// 0 where the clock is not to be believed: such a time neither names nor removes anything.
std::int64_t dated_s(const TimeStamp& at) {
  const std::int64_t s = unix_seconds(at.wall);
  return at.synchronised && s > 0 ? s : 0;
}

}  // namespace

RecordLog::RecordLog(Files& files, OwnedDirectory home, LogBounds bounds)
    : files_(&files),
      home_(std::move(home)),
      bounds_(bounds),
      segment_bytes_(
          std::clamp<std::uint64_t>(bounds.bytes / kSegmentsInBound, kMaxRecordBytes, kMaxSegmentBytes)),
      frame_(kMaxRecordBytes) {}

Result<RecordLog> RecordLog::open(Files& files, std::string directory, LogBounds bounds) {
  if (bounds.bytes < kMinLogBytes || bounds.age <= Duration::zero()) {
    return Error{.reason = Reason::log_bounds}
        .at(directory)
        .saw(bounds.bytes, " bytes, ", bounds.age.count(), " ns")
        .want("at least ", kMinLogBytes, " bytes and some age");
  }
  TORPOR_TRY(OwnedDirectory home, OwnedDirectory::take(files, std::move(directory)));
  RecordLog log(files, std::move(home), bounds);
  TORPOR_CHECK(log.load());
  log.assert_sums();
  return log;
}

// What is held is the sum of the segments, in order: removal by bytes and age relies on both.
void RecordLog::assert_sums() const {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    bytes += segments_[i].bytes;
    TORPOR_ASSERT(i == 0 || segments_[i - 1].name < segments_[i].name, "log.segments_rise");
  }
  TORPOR_ASSERT(bytes == counters_.bytes && segments_.size() == counters_.segments,
                "log.held_is_the_sum_of_segments");
}

Status RecordLog::load() {
  TORPOR_TRY(const std::vector<std::string> names, files_->list(directory()));
  for (const std::string& text : names) {
    const auto name = SegmentName::parse(text);
    if (!name) continue;
    TORPOR_TRY(const FileFacts facts, files_->facts(directory() + "/" + text));
    segments_.push_back({*name, facts.size});
    counters_.bytes += facts.size;
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.name < b.name; });
  counters_.segments = segments_.size();
  if (segments_.empty()) return {};
  newest_number_ = segments_.back().name.number;
  newest_path_ = path_of(segments_.back());

  Segment& newest = segments_.back();
  const std::string& path = newest_path_;
  auto content = files_->read(path, kMaxSegmentBytes);
  if (!content) {
    // Not ours to write to; it stays until it is the oldest.
    return content.error().reason == Reason::file_too_large ? Status{} : content.error();
  }
  SegmentWalk walk(*content);
  for (std::size_t at = 0;;) {
    const RecordAt record = walk.next();
    if (record.kind == RecordAt::Kind::damaged) return {};  // evidence: nothing is added behind it
    if (record.kind == RecordAt::Kind::end) break;
    if (record.kind == RecordAt::Kind::torn) {
      // On a disk that takes no change now the next append cuts it off, before it adds anything.
      suspect_ = !files_->truncate(path, at).ok();
      counters_.cut_bytes = newest.bytes - at;
      counters_.bytes -= counters_.cut_bytes;
      newest.bytes = at;
      break;
    }
    at = record.next;
  }
  // What cannot be written now may be later: a log that can be read can be opened.
  auto opened = suspect_ ? Result<std::unique_ptr<AppendFile>>(nullptr) : files_->open_append(path);
  if (opened) {
    file_ = *std::move(opened);
  } else {
    suspect_ = true;
  }
  return {};
}

Status RecordLog::append(Bytes payload, const TimeStamp& at) {
  if (payload.empty() || payload.size() > kMaxRecordPayload) {
    return Error{.reason = Reason::log_record_too_large}
        .at(directory())
        .saw(payload.size(), " bytes")
        .want("1..", kMaxRecordPayload, " bytes");
  }
  Status written = write(payload, at);
  if (!written && written.error().os_code == ENOSPC && segments_.size() > 1) {
    written = remove_oldest();
    if (written) written = write(payload, at);
  }
  ++(written ? counters_.appended : counters_.failed);
  assert_sums();
  return written;
}

// A file that was removed takes what is appended to it all the same, and it is gone. One look a
// cycle: what was removed under us is counted, and the log goes on in a directory made anew,
// behind the numbers it had, so that no place means two records.
Status RecordLog::see_that_it_is_there() {
  const auto gone = [this](const std::string& path) {
    const auto facts = files_->facts(path);
    return !facts && facts.error().reason == Reason::file_missing;
  };
  if (segments_.empty() ? !gone(directory()) : !gone(newest_path_)) return {};
  // The lock went with a directory that went.
  if (gone(directory())) {
    TORPOR_TRY(home_, OwnedDirectory::take(*files_, directory()));
  }
  file_.reset();
  suspect_ = false;
  ++counters_.vanished;
  std::erase_if(segments_, [&](const Segment& segment) {
    if (!gone(path_of(segment))) return false;
    counters_.bytes -= segment.bytes;
    return true;
  });
  counters_.segments = segments_.size();
  if (!segments_.empty()) newest_path_ = path_of(segments_.back());
  return {};
}

Status RecordLog::write(Bytes payload, const TimeStamp& at) {
  TORPOR_CHECK(see_that_it_is_there());
  // Repair before anything is added: behind a torn record a whole one would be damage.
  if (suspect_) TORPOR_CHECK(repair());
  const std::size_t size = frame_record(payload, frame_);
  // Room before the segment: what is removed must not be the segment just begun.
  TORPOR_CHECK(make_room(size, at));
  if (!file_ || newest_is_done(size, at)) TORPOR_CHECK(begin_segment(at));
  Status written = file_->append({frame_.data(), size});
  if (written) written = file_->sync();
  if (!written) {
    suspect_ = true;
    return written;
  }
  TORPOR_ASSERT(newest_ < end() || counters_.appended == 0, "log.a_record_lies_behind_the_one_before");
  newest_ = end();
  segments_.back().bytes += size;
  counters_.bytes += size;
  return {};
}

bool RecordLog::newest_is_done(std::size_t more, const TimeStamp& at) const {
  const Segment& newest = segments_.back();
  if (newest.bytes + more > segment_bytes_) return newest.bytes > 0;
  // A segment that went on for ever would keep its first records beyond their age.
  const std::int64_t now_s = dated_s(at);
  return now_s != 0 && newest.name.began_s != 0 && newest.bytes > 0 &&
         now_s - newest.name.began_s > age_s() / static_cast<std::int64_t>(kSegmentsInBound);
}

Status RecordLog::begin_segment(const TimeStamp& at) {
  file_.reset();
  // No log gets there by itself, but a file with that name may have been put beside it.
  if (newest_number_ >= SegmentName::kLast)
    return Error{.reason = Reason::io_failed}.at(directory()).saw("the last number there is");
  const SegmentName name{.number = newest_number_ + 1, .began_s = dated_s(at)};
  segments_.push_back({name, 0});
  newest_number_ = name.number;
  newest_path_ = path_of(segments_.back());
  auto opened = files_->open_append(newest_path_);
  if (!opened) {
    // It may be there in spite of the failure (its directory was not synced); then its
    // number is taken.
    auto facts = files_->facts(newest_path_);
    if (!facts && facts.error().reason == Reason::file_missing) {
      segments_.pop_back();
      --newest_number_;
      if (!segments_.empty()) newest_path_ = path_of(segments_.back());
    }
    counters_.segments = segments_.size();
    return opened.error();
  }
  file_ = *std::move(opened);
  counters_.segments = segments_.size();
  return {};
}

Status RecordLog::repair() {
  TORPOR_ASSERT(!segments_.empty(), "log.a_failed_append_had_a_segment");
  Segment& newest = segments_.back();
  file_.reset();
  suspect_ = false;
  const std::string path = path_of(newest);
  if (!files_->truncate(path, newest.bytes)) {
    // What the failed append left stays there, inside the bound; a new segment goes on.
    if (auto facts = files_->facts(path); facts && facts->size > newest.bytes) {
      counters_.bytes += facts->size - newest.bytes;
      newest.bytes = facts->size;
    }
    return {};
  }
  if (auto opened = files_->open_append(path)) file_ = *std::move(opened);
  return {};
}

Status RecordLog::make_room(std::uint64_t more, const TimeStamp& at) {
  while (segments_.size() > 1 && (counters_.bytes + more > bounds_.bytes || oldest_is_too_old(at)))
    TORPOR_CHECK(remove_oldest());
  return {};
}

// All records of the oldest segment are older than the beginning of any later one.
bool RecordLog::oldest_is_too_old(const TimeStamp& at) const {
  const std::int64_t now_s = dated_s(at);
  if (now_s == 0) return false;
  const auto later = std::find_if(segments_.begin() + 1, segments_.end(),
                                  [](const Segment& segment) { return segment.name.began_s != 0; });
  return later != segments_.end() && now_s - later->name.began_s > age_s();
}

Status RecordLog::remove_oldest() {
  TORPOR_ASSERT(segments_.size() > 1, "log.the_segment_in_use_stays");
  const Segment& oldest = segments_.front();
  if (const Status removed = files_->remove(path_of(oldest));
      !removed && removed.error().reason != Reason::file_missing) {
    return removed;
  }
  counters_.bytes -= oldest.bytes;
  counters_.removed_bytes += oldest.bytes;
  ++counters_.removed_segments;
  segments_.erase(segments_.begin());
  counters_.segments = segments_.size();
  return {};
}

}  // namespace torpor
