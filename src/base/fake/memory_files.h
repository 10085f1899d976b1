// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/files.h"

namespace torpor {

// A file system in memory for tests, stricter than a real one:
// - A byte is durable only once sync() returned well; a rename only once its directory
//   was synced, which is a step of its own. crash() takes the power away and leaves what
//   was durable.
// - Every step that can fail on a disk is one operation, counted from 1: read, read_owned,
//   list, facts, owned_facts, append, sync, truncate, mkdir and lock are one each; remove is two (unlink,
//   sync the directory); opening for append is one, and one more (sync the directory) where the file is new
//   or empty; replace() and create() are four: write beside, sync, rename, sync the directory. A test can
//   fail any of them, or take the power away at any.
// - The disk can be full: an append then leaves the bytes that fitted and fails, as
//   write(2) does.
// - A directory must be made before anything can be put into it. One that is locked is
//   refused to everyone else, this process included, until its lock or the power goes.
// Paths are compared as text: "a/b" and "a//b" are two. One thread. Owner of everything
// is set_owner()'s uid, 0 at first; give_away() sets one part of a path apart.
// A copy is another disk with the same content: what happens to one is not seen by the other.
class MemoryFiles final : public Files {
 public:
  MemoryFiles() = default;
  MemoryFiles(const MemoryFiles& other);
  MemoryFiles& operator=(const MemoryFiles& other);
  Result<std::vector<std::byte>> read(const std::string& path, std::size_t max_bytes) override;
  Status replace(const std::string& path, Bytes content, std::uint32_t mode) override;
  Status create(const std::string& path, Bytes content, std::uint32_t mode) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override;
  Status truncate(const std::string& path, std::uint64_t size) override;
  Status make_directories(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status remove(const std::string& path) override;
  Result<FileFacts> facts(const std::string& path) override;
  Result<std::vector<std::byte>> read_owned(const std::string& path, std::size_t max_bytes,
                                            std::uint32_t service_uid) override;
  Result<FileFacts> owned_facts(const std::string& path, std::uint32_t service_uid) override;

  // Operations so far, the failed ones included.
  std::uint64_t operations() const { return operations_; }
  // The n-th operation from now fails once, with io_failed and no effect; 0: none.
  void fail_operation(std::uint64_t n) { fail_at_ = n == 0 ? 0 : operations_ + n; }
  // From the n-th operation from now on everything fails, as on a machine that has no
  // power, until crash(). 0: the power stays.
  void lose_power_at(std::uint64_t n) { dark_from_ = n == 0 ? 0 : operations_ + n; }
  bool dark() const { return dark_from_ != 0 && operations_ >= dark_from_; }

  // Power returns: what was not durable is gone. Of the bytes appended after the last
  // sync, the first `torn_bytes` of each file survive, as a disk may have got them out.
  // A removal that did not return well is undone. Handles opened before are dead: they
  // fail for ever.
  void crash(std::uint64_t torn_bytes = 0);

  // Room for `bytes` in all files together, from now on; what is there stays.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  std::uint64_t used() const;

  // While read-only, whatever would change the disk fails with EROFS; reading goes on.
  void set_read_only(bool yes) { read_only_ = yes; }
  // Called at each operation: a disk that takes its time advances the clock here.
  void on_operation(std::function<void()> call) { on_operation_ = std::move(call); }
  // Behind the back of everyone: a directory and all in it. Who holds a file open notices
  // nothing.
  void remove_tree(const std::string& directory);

  void set_owner(std::uint32_t uid) { owner_ = uid; }
  // A directory or file gets an owner, a group and a mode of its own.
  void give_away(const std::string& path, std::uint32_t owner, std::uint32_t group, std::uint32_t mode) {
    given_away_[path] = {.mode = mode, .owner = owner, .group = group};
  }
  // Behind the back of everyone, and durable: to set a scene or to damage a file.
  void put(const std::string& path, Bytes content, std::uint32_t mode = 0644);
  // Flips the bits of `mask` in one byte. Traps where there is no such byte.
  void damage(const std::string& path, std::uint64_t offset, std::byte mask);
  bool exists(const std::string& path) const { return live_.contains(path); }
  std::uint64_t size(const std::string& path) const;

 private:
  friend class MemoryAppendFile;
  struct File {
    std::vector<std::byte> bytes;
    std::size_t synced = 0;  // bytes[0, synced) survive a crash
    std::uint32_t mode = 0644;
    std::uint64_t inode = 0;
    std::int64_t changes = 0;
  };
  using Tree = std::map<std::string, std::shared_ptr<File>>;

  Status step(const std::string& path);
  std::shared_ptr<File> new_file(std::uint32_t mode);
  Result<FileFacts> facts_of(const std::string& path) const;
  Result<FileFacts> judge_path(const std::string& path, std::uint32_t service_uid) const;
  Result<std::vector<std::byte>> content_of(const std::string& path, std::size_t max_bytes) const;
  Status writing_step(const std::string& path);
  Status write_into(File& file, Bytes bytes, const std::string& path);
  Status need_directory_of(const std::string& path) const;
  Result<std::string> write_beside(const std::string& path, Bytes content, std::uint32_t mode);
  Status sync_directory_of(const std::string& path);

  // Two trees of names that share the files: what is seen, and what a crash leaves.
  Tree live_;
  Tree durable_;
  std::set<std::string> directories_;
  std::map<std::string, std::weak_ptr<const void>> locked_;  // by whoever holds what it points to
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = 0;
  std::uint64_t dark_from_ = 0;
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t life_ = 0;  // +1 per crash
  std::uint32_t owner_ = 0;
  std::map<std::string, FileFacts> given_away_;
  std::uint64_t newest_inode_ = 0;
  bool read_only_ = false;
  std::function<void()> on_operation_;
};

}  // namespace torpor
