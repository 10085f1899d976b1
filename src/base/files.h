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
  bool is_directory = false;
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
};

// file_unsafe unless the file is owned by root or by `service_uid` and neither group nor
// world may write it.
Status check_owner_and_mode(Files& files, const std::string& path, std::uint32_t service_uid);

}  // namespace torpor
