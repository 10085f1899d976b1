// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/record_reader.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

Result<RecordReader> RecordReader::open(Files& files, std::string directory, RecordPlace from) {
  RecordReader reader(files, std::move(directory));
  TORPOR_TRY(const std::vector<std::string> names, files.list(reader.directory_));
  for (const std::string& text : names) {
    const auto name = SegmentName::parse(text);
    if (name && name->number >= from.segment) reader.names_.push_back(*name);
  }
  std::sort(reader.names_.begin(), reader.names_.end());
  reader.place_ = from;
  return reader;
}

// False: the segment is gone or unusable, and counted where that is damage.
Result<bool> RecordReader::load_segment() {
  const SegmentName& name = names_[at_];
  TORPOR_ASSERT(name.number >= place_.segment, "log.segments_are_read_in_order");
  auto content = files_->read(directory_ + "/" + name.text(), kMaxSegmentBytes);
  if (!content) {
    ++at_;
    const Reason reason = content.error().reason;
    if (reason == Reason::file_missing) return false;  // the writer removed it meanwhile
    count_damage(name, 0, 0);
    if (reason == Reason::file_too_large) return false;
    return content.error();
  }
  segment_ = *std::move(content);
  if (place_.segment != name.number) place_ = {.segment = name.number, .offset = 0};
  place_.offset = std::min<std::uint64_t>(place_.offset, segment_.size());
  walk_.emplace(segment_, static_cast<std::size_t>(place_.offset));
  return true;
}

void RecordReader::count_damage(const SegmentName& name, std::uint64_t offset, std::uint64_t bytes) {
  if (damage_.places++ == 0) {
    damage_.first = {.segment = name.number, .offset = offset};
    damage_.first_segment = name.text();
  }
  damage_.bytes += bytes;
}

Result<RecordReader::Next> RecordReader::next() {
  while (at_ < names_.size()) {
    if (!walk_) {
      TORPOR_TRY(const bool usable, load_segment());
      if (!usable) continue;
    }
    const auto offset = static_cast<std::size_t>(place_.offset);
    const RecordAt record = walk_->next();
    const bool newest = at_ + 1 == names_.size();
    switch (record.kind) {
      case RecordAt::Kind::record: {
        const RecordPlace here = place_;
        place_.offset = record.next;
        TORPOR_ASSERT(here < place_ && place_.offset <= segment_.size(), "log.reading_goes_on");
        return Next{.found = true, .payload = record.payload, .place = here};
      }
      case RecordAt::Kind::damaged:
        count_damage(names_[at_], offset, record.next - offset);
        place_.offset = record.next;
        continue;
      case RecordAt::Kind::torn:
        // The writer cuts such an end off before it goes on; in an older segment it has
        // another cause. The cursor stays before it: the record may yet be completed.
        if (newest) {
          ++damage_.torn_tails;
        } else {
          count_damage(names_[at_], offset, record.next - offset);
        }
        [[fallthrough]];
      case RecordAt::Kind::end:
        walk_.reset();
        ++at_;
        continue;
    }
  }
  return Next{};
}

}  // namespace torpor
