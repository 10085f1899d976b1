// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/files.h"

namespace torpor {

// What killed writes left behind (base/files.h), and what became of it at a start.
struct Strays {
  std::uint64_t removed = 0;
  std::optional<Error> left;  // why one stays, the first of them: it costs room and harms nobody
};

// Removes the strays of one file. For a file that lies in a directory of others.
Strays sweep_strays_of(Files& files, const std::string& path);

// A directory that one process writes to, its own as long as this lives. Readers need none.
class OwnedDirectory {
 public:
  // Makes the directory where there is none, locks it, and sweeps it and the directories right
  // in it. Errors: those of Files; directory_locked, and nothing in it was touched.
  static Result<OwnedDirectory> take(Files& files, std::string path);

  const std::string& path() const { return path_; }
  const Strays& strays() const { return strays_; }

 private:
  OwnedDirectory(std::string path, std::unique_ptr<DirectoryLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  std::unique_ptr<DirectoryLock> lock_;
  Strays strays_;
};

}  // namespace torpor
