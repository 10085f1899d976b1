// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace torpor {

// A file that only grows. Bytes are durable once sync() has returned well.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Status append(Bytes bytes) = 0;  // all of them, or io_failed
  virtual Status sync() = 0;
  virtual std::uint64_t size() const = 0;
};

struct FileFacts {
  std::uint64_t size = 0;
  std::uint32_t mode = 0;   // permission bits
  std::uint32_t owner = 0;  // uid
  std::uint32_t group = 0;  // gid
  bool is_directory = false;
  // With the rest, what tells one state of a file from the next: equal facts, unchanged file.
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  // last change of content, owner or mode; the file system's clock

  bool operator==(const FileFacts&) const = default;
};

// A directory held against every other process, until this is destroyed or the process ends,
// however it ends.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

// replace() and create() write to PATH.new.DIGITS first. A killed one leaves that file behind;
// base/owned_directory.h sweeps such strays.
inline constexpr std::string_view kStrayMark = ".new.";

// The seam to the file system. Paths are UTF-8. Errors: file_missing, file_denied,
// file_too_large, file_exists, file_not_regular, io_failed, each with the path in `where`.
// Implementations: PosixFiles (base/posix/posix_files.h), MemoryFiles (base/fake/memory_files.h).
class Files {
 public:
  virtual ~Files() = default;
  // The whole file; file_too_large when it holds more than max_bytes, before reading it.
  virtual Result<std::vector<std::byte>> read(const std::string& path, std::size_t max_bytes) = 0;
  // Old content or new content, never a mixture, also after power loss: temporary file
  // beside it, fsync, rename, fsync of the directory. Only a regular file gives way:
  // file_not_regular where a device, a pipe, a link or a directory lies, and it stays.
  virtual Status replace(const std::string& path, Bytes content, std::uint32_t mode) = 0;
  // As replace, but file_exists when something is already there.
  virtual Status create(const std::string& path, Bytes content, std::uint32_t mode) = 0;
  // Opens for appending, making the file (mode 0644) where there is none. file_not_regular
  // for anything else that can be written to; never waits for the other end of a pipe.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;
  // Cuts a file to its first `size` bytes (a torn tail), durable on return.
  virtual Status truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Status make_directories(const std::string& path) = 0;
  // Holds the directory for one owner; needs no room and no right to write. directory_locked
  // while another process, or another lock of this one, holds it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) = 0;
  // Plain names in a directory, sorted; no "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Result<FileFacts> facts(const std::string& path) = 0;

  // For what others must not have had a hand in. The whole path is judged, from the root: each
  // directory and link on the way, those that links lead to, and the file, by
  // check_path_part(); file_unsafe names the part at fault. Each part is opened beneath the
  // one before it, so what was judged is what is read. Errors: those of read(), and file_missing
  // where the last part is a device or the like.
  virtual Result<std::vector<std::byte>> read_owned(const std::string& path, std::size_t max_bytes,
                                                    std::uint32_t service_uid) = 0;
  // The same judgement without reading, also of a directory, and for what another program will
  // read or run by its path: where it passes, nobody but root and the service user can put
  // something else there.
  virtual Result<FileFacts> owned_facts(const std::string& path, std::uint32_t service_uid) = 0;
};

// What a part of a path must be, else file_unsafe: owned by root or by `service_uid`, and
// writable by its owner alone. A directory may be writable by others where it is sticky (they
// cannot touch what is not theirs, as in /tmp), or by its group where that is its owner's own,
// of the same number: a user's private group. `part` names it in the error.
Status check_path_part(std::string_view part, const FileFacts& facts, std::uint32_t service_uid);

}  // namespace torpor
