// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <string>

#include "base/files.h"
#include "contract/contract.h"

namespace torpor {

// The highest sequence this device has worked by, per target class, and trusted time.
//
// STATE/contract/current  the counter: class, sequence and digest of the last contract
//                         under which a cycle was completed in agreement
// STATE/contract/next     the contract that was admitted and has not got that far yet
// Both are one CBOR array behind its CRC (docs/bundle.md), replaced atomically and durably. Only
// one process may own a state directory. A claim of a peer is never adopted.
class RollbackStore {
 public:
  // A larger jump is more likely a slip of the finger than 1000 contracts, and it would
  // shut out every contract with a number in between.
  static constexpr std::uint64_t kMaxJump = 1000;

  // Reads both files. An absent directory or file is not an error (see wiped()).
  // rollback_state_damaged when one is there and cannot be read back.
  static Result<RollbackStore> open(Files& files, const std::string& state_dir);

  // True when there was no counter for any class: the first start of this device, or its
  // state was wiped. Then any sequence is admitted, and the caller reports it.
  [[nodiscard]] bool wiped() const { return wiped_; }
  std::int64_t trusted_s() const { return current_.trusted_s; }

  // rollback_lower, rollback_equivocation (equal sequence, another digest, against
  // current and next), rollback_jump. Writes nothing: a refusal advances nothing.
  Status check(const Contract& contract, std::string_view what) const;

  // check(), then remembers the contract in `next`. Call when agreement is reached.
  Status begin(const Contract& contract, std::string_view what);
  // The first agreed cycle of the contract of begin() was completed: the counter advances.
  // Later calls for the same contract write nothing, unless the file was removed meanwhile.
  Status cycle_completed(const Contract& contract);
  // The record log is the truth of what was done, this file a cache of it: a cycle was completed
  // under this contract of the class. A lower counter, or none, is brought up to it in memory, for
  // check(); the next cycle that is completed writes it. Never down.
  void bring_up_to(const FixedString<32>& target_class, std::uint64_t sequence, const Digest& digest);
  // Keeps trusted time once it has moved by an hour or more, forward or back; see validity.h.
  Status keep_trusted_time(std::int64_t trusted_s);

 private:
  struct Entry {
    FixedString<32> target_class;
    std::uint64_t sequence = 0;
    Digest digest{};
    bool operator==(const Entry&) const = default;
  };
  static constexpr std::size_t kMaxClasses = 8;
  static constexpr std::size_t kMaxStateBytes = 1024;
  // Plain memory, so that what a running role does with it never touches the heap.
  struct Record {
    std::int64_t trusted_s = 0;
    std::array<Entry, kMaxClasses> entries{};  // one a target class, oldest first
    std::size_t count = 0;
    bool operator==(const Record&) const = default;
  };
  RollbackStore(Files& files, const std::string& directory);
  static Result<Record> parse(Bytes raw, const std::string& path);
  static Bytes encode(const Record& record, MutableBytes out);
  [[nodiscard]] static const Entry* find(const Record& record, std::string_view target_class);
  static void put(Record& record, const Entry& entry);
  static Entry entry_of(const Contract& contract);
  Result<bool> load(const std::string& path, Record& record);
  Status write(const std::string& path, const Record& record);

  Files* files_;
  std::string directory_;
  std::string current_path_;
  std::string next_path_;
  bool wiped_ = true;
  bool owed_ = false;  // the log knew more than the file
  Record current_;     // keeps trusted time too
  Record next_;        // at most one entry
};

}  // namespace torpor
