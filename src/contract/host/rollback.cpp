// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/rollback.h"

#include <algorithm>

#include "base/assertion.h"
#include "base/cbor.h"
#include "base/hex.h"

namespace torpor {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::int64_t kTrustedTimeGrainS = 3600;
constexpr std::size_t kCrcBytes = 4;

Error damaged(const std::string& path, std::string_view found) {
  Error error{.reason = Reason::rollback_state_damaged};
  error.where << path;
  error.found << found;
  error.expected << "a counter as torpor writes it";
  return error;
}

FixedString<120> sequence_and_digest(std::uint64_t sequence, const Digest& digest) {
  FixedString<120> text;
  return text << "sequence " << sequence << ", digest " << hex(digest);
}

}  // namespace

// CRC-32C, little-endian, of what follows: [format, trusted time, [[class, sequence, digest], ..]]
Bytes RollbackStore::encode(const Record& record, MutableBytes out) {
  cbor::Writer writer(out.subspan(kCrcBytes));
  writer.array(3);
  writer.uint(kFormat);
  writer.integer(record.trusted_s);
  writer.array(record.count);
  for (const Entry& entry : std::span(record.entries).first(record.count)) {
    writer.array(3);
    writer.text(entry.target_class);
    writer.uint(entry.sequence);
    writer.bytes(entry.digest);
  }
  const Bytes whole = out.first(kCrcBytes + writer.size());
  store_le<std::uint32_t>(out.data(), crc32c(whole.subspan(kCrcBytes)));
  return whole;
}

Result<RollbackStore::Record> RollbackStore::parse(Bytes raw, const std::string& path) {
  if (raw.size() < kCrcBytes || load_le<std::uint32_t>(raw.data()) != crc32c(raw.subspan(kCrcBytes)))
    return damaged(path, "a wrong checksum");
  cbor::Reader reader(raw.subspan(kCrcBytes), path);
  Record record;
  const auto read = [&]() -> Status {
    TORPOR_TRY(const std::size_t parts, reader.array());
    TORPOR_TRY(const std::uint64_t format, reader.uint());
    if (parts != 3 || format != kFormat) return damaged(path, "another format");
    TORPOR_TRY(record.trusted_s, reader.integer());
    TORPOR_TRY(const std::size_t count, reader.array());
    if (count > kMaxClasses) return damaged(path, "too many classes");
    for (std::size_t i = 0; i < count; ++i) {
      Entry entry;
      TORPOR_TRY(const std::size_t fields, reader.array());
      TORPOR_TRY(const std::string_view target_class, reader.text());
      TORPOR_TRY(entry.sequence, reader.uint());
      TORPOR_TRY(const Bytes digest, reader.bytes());
      if (fields != 3 || target_class.size() > entry.target_class.capacity() ||
          digest.size() != entry.digest.size())
        return damaged(path, "an entry of another shape");
      entry.target_class = target_class;
      std::copy(digest.begin(), digest.end(), entry.digest.begin());
      record.entries[record.count++] = entry;
    }
    return reader.finish();
  };
  if (auto status = read(); !status) {
    if (status.error().reason == Reason::rollback_state_damaged) return status.error();
    return damaged(path, one_line(status.error()));
  }
  return record;
}

RollbackStore::RollbackStore(Files& files, const std::string& directory)
    : files_(&files),
      directory_(directory),
      current_path_(directory + "/current"),
      next_path_(directory + "/next") {}

Result<bool> RollbackStore::load(const std::string& path, Record& record) {
  auto content = files_->read(path, kMaxStateBytes);
  if (!content) {
    if (content.error().reason == Reason::file_missing) return false;
    if (content.error().reason == Reason::file_too_large)
      return damaged(path, "more bytes than a counter has");
    return content.error();
  }
  TORPOR_TRY(record, parse(*content, path));
  return true;
}

Result<RollbackStore> RollbackStore::open(Files& files, const std::string& state_dir) {
  RollbackStore store(files, state_dir + "/contract");
  TORPOR_TRY([[maybe_unused]] const bool has_current, store.load(store.current_path_, store.current_));
  TORPOR_TRY([[maybe_unused]] const bool has_next, store.load(store.next_path_, store.next_));
  store.wiped_ = store.current_.count == 0;
  return store;
}

const RollbackStore::Entry* RollbackStore::find(const Record& record, std::string_view target_class) {
  for (const Entry& entry : std::span(record.entries).first(record.count))
    if (entry.target_class.view() == target_class) return &entry;
  return nullptr;
}

// The class's entry goes to the end; a ninth class takes the place of the oldest.
void RollbackStore::put(Record& record, const Entry& entry) {
  std::size_t gone = record.count == kMaxClasses ? 0 : record.count;
  for (std::size_t i = 0; i < record.count; ++i)
    if (record.entries[i].target_class == entry.target_class) gone = i;
  if (gone < record.count) {
    std::move(record.entries.begin() + gone + 1, record.entries.begin() + record.count,
              record.entries.begin() + gone);
    --record.count;
  }
  TORPOR_ASSERT(record.count < kMaxClasses, "contract.a_class_was_put_out_for_the_new_one");
  record.entries[record.count++] = entry;
}

RollbackStore::Entry RollbackStore::entry_of(const Contract& contract) {
  return {contract.terms().target_class, contract.sequence(), contract.digest()};
}

void RollbackStore::bring_up_to(const FixedString<32>& target_class, std::uint64_t sequence,
                                const Digest& digest) {
  const Entry* current = find(current_, target_class);
  if (current != nullptr && current->sequence >= sequence) return;
  put(current_, {target_class, sequence, digest});
  owed_ = true;
}

Status RollbackStore::check(const Contract& contract, std::string_view what) const {
  const std::string_view target_class = contract.terms().target_class;
  const auto refuse = [&](Reason reason, const Entry& seen, std::string_view relation) {
    Error error{.reason = reason};
    error.where << what << ": sequence";
    error.found = sequence_and_digest(contract.sequence(), contract.digest());
    error.expected << relation;
    if (reason == Reason::rollback_equivocation) {
      error.expected << " " << hex(seen.digest);
    } else {
      error.expected << " " << seen.sequence;
    }
    return error;
  };
  const Entry* current = find(current_, target_class);
  for (const Entry* seen : {current, find(next_, target_class)}) {
    // Equal numbers and other terms: two contracts were signed as the same one, and no device can say
    // which is right. Also against `next`, which an earlier start agreed to and did not finish.
    if (seen != nullptr && seen->sequence == contract.sequence() && seen->digest != contract.digest())
      return refuse(Reason::rollback_equivocation, *seen, "for this sequence digest");
  }
  // A class never seen: a new device, or a state that was wiped. Any sequence; the caller tells it.
  if (current == nullptr) return {};
  if (contract.sequence() < current->sequence)
    return refuse(Reason::rollback_lower, *current, "at least the device's sequence");
  if (contract.sequence() - current->sequence > kMaxJump) {
    Error error = refuse(Reason::rollback_jump, *current, "at most 1000 above the device's sequence");
    return error;
  }
  return {};
}

Status RollbackStore::begin(const Contract& contract, std::string_view what) {
  TORPOR_CHECK(check(contract, what));
  const Entry* current = find(current_, contract.terms().target_class);
  if (current != nullptr && current->sequence == contract.sequence()) return {};
  Record next;
  put(next, entry_of(contract));
  // On disk before in memory: a role that goes on after a failed write must not believe what the next
  // start cannot know.
  TORPOR_CHECK(write(next_path_, next));
  next_ = next;
  return {};
}

Status RollbackStore::cycle_completed(const Contract& contract) {
  const Entry* current = find(current_, contract.terms().target_class);
  if (current != nullptr && current->sequence == contract.sequence() && !owed_) {
    // A state directory may be removed under us: what is known here is written again.
    const auto there = files_->facts(current_path_);
    if (there || there.error().reason != Reason::file_missing) return {};
  }
  TORPOR_CHECK(check(contract, "contract in force"));
  TORPOR_ASSERT(current == nullptr || contract.sequence() >= current->sequence,
                "contract.the_counter_only_rises");
  Record advanced = current_;
  put(advanced, entry_of(contract));
  // `current` first: killed between the two, the next start finds the counter advanced and a `next`
  // of the same sequence. The other way round it would find neither.
  TORPOR_CHECK(write(current_path_, advanced));
  current_ = advanced;
  owed_ = false;
  // From here on the counter stands; `next` says nothing more, and may stay if this fails.
  next_ = {};
  const Status removed = files_->remove(next_path_);
  if (!removed && removed.error().reason != Reason::file_missing) return removed;
  return {};
}

Status RollbackStore::keep_trusted_time(std::int64_t trusted_s) {
  // Once an hour: each write wears the flash, and an hour is nothing beside the days of a contract.
  if (trusted_s < current_.trusted_s + kTrustedTimeGrainS &&
      trusted_s > current_.trusted_s - kTrustedTimeGrainS)
    return {};
  Record raised = current_;
  raised.trusted_s = trusted_s;
  TORPOR_CHECK(write(current_path_, raised));
  current_ = raised;
  return {};
}

Status RollbackStore::write(const std::string& path, const Record& record) {
  std::byte room[kMaxStateBytes];
  const Bytes whole = encode(record, room);
  // A counter that cannot be read back would refuse every contract at the next start.
  const auto again = parse(whole, path);
  TORPOR_ASSERT(again && *again == record, "contract.a_counter_reads_back");
  TORPOR_CHECK(files_->make_directories(directory_));
  return files_->replace(path, whole, 0644);
}

}  // namespace torpor
