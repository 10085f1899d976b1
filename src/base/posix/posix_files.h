// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/files.h"

namespace torpor {

// The real file system. Stateless; any thread. Follows symbolic links when reading;
// replace() and create() write beside the target and never through a link.
class PosixFiles final : public Files {
 public:
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
};

// The Error for a failed call on `path` by its errno: file_missing, file_exists,
// file_denied or io_failed.
Error file_error(std::string_view path, int os_code);

}  // namespace torpor
