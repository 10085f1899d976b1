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

// The seam to the file system. Paths are UTF-8. Errors: file_missing, file_denied,
// file_too_large, file_exists, io_failed, each with the path in `where`.
// Implementations: PosixFiles (base/posix/posix_files.h), MemoryFiles (base/fake/memory_files.h).
class Files {
 public:
  virtual ~Files() = default;
  // The whole file; file_too_large when it holds more than max_bytes, before reading it.
  virtual Result<std::vector<std::byte>> read(const std::string& path, std::size_t max_bytes) = 0;
  // Old content or new content, never a mixture, also after power loss: temporary file
  // beside it, fsync, rename, fsync of the directory.
  virtual Status replace(const std::string& path, Bytes content, std::uint32_t mode) = 0;
  // As replace, but file_exists when something is already there.
  virtual Status create(const std::string& path, Bytes content, std::uint32_t mode) = 0;
  // Opens for appending, making the file (mode 0644) where there is none.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;
  // Cuts a file to its first `size` bytes (a torn tail), durable on return.
  virtual Status truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Status make_directories(const std::string& path) = 0;
  // Plain names in a directory, sorted; no "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Result<FileFacts> facts(const std::string& path) = 0;
};

// file_unsafe unless the file is owned by root or by `service_uid` and neither group nor
// world may write it.
Status check_owner_and_mode(Files& files, const std::string& path, std::uint32_t service_uid);

}  // namespace torpor
