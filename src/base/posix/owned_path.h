// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/files.h"
#include "base/posix/unique_fd.h"

namespace torpor {

// What the seam tells of a file.
FileFacts facts_of(const struct stat& info);

// A path every part of which passed check_path_part(). Each part is looked up beneath the
// descriptor of the directory that was judged before it, and a link is read, not followed:
// nobody can move another directory in between.
class OwnedPath {
 public:
  // Errors: file_unsafe naming the part, those of file_error(); file_missing where the last
  // part is neither a plain file nor a directory (so that no device or FIFO is ever opened).
  static Result<OwnedPath> walk(const std::string& path, std::uint32_t service_uid);

  const FileFacts& facts() const { return facts_; }  // of the last part
  // The file, for reading. What is opened is judged once more, by its own descriptor.
  Result<UniqueFd> open() const;

 private:
  OwnedPath(const std::string& path, std::uint32_t service_uid) : path_(path), service_uid_(service_uid) {}
  Status enter_root();
  Status judge(int fd, const std::string& part, FileFacts& facts) const;
  Result<bool> step(std::string& rest);
  Status follow(const UniqueFd& link, std::string& rest);

  std::string path_;
  std::uint32_t service_uid_;
  UniqueFd directory_;          // the last directory judged
  std::string directory_path_;  // for errors: where the walk stands
  std::string name_;            // of the last part, in it
  FileFacts facts_;
  int links_ = 0;
};

}  // namespace torpor
