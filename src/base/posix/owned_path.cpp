// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/owned_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>

#include "base/assertion.h"
#include "base/posix/posix_files.h"

namespace torpor {
namespace {

constexpr int kMostLinks = 40;  // as the kernel's own bound: a circle of links ends

// Without a directory of its own a path begins where the process stands.
Result<std::string> absolute(const std::string& path) {
  if (path.empty()) return file_error(path, ENOENT);
  if (path.front() == '/') return path;
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) == nullptr) return file_error(path, errno);
  return std::string(here) + "/" + path;
}

// The first name of `rest`, which loses it; empty when there is none left.
std::string take_name(std::string& rest) {
  const std::size_t begin = rest.find_first_not_of('/');
  if (begin == std::string::npos) return rest.clear(), std::string();
  const std::size_t end = rest.find('/', begin);
  std::string name = rest.substr(begin, end == std::string::npos ? end : end - begin);
  rest.erase(0, end == std::string::npos ? rest.size() : end);
  return name;
}

bool only_slashes(const std::string& rest) { return rest.find_first_not_of('/') == std::string::npos; }

}  // namespace

FileFacts facts_of(const struct stat& info) {
  return {.size = static_cast<std::uint64_t>(info.st_size),
          .mode = static_cast<std::uint32_t>(info.st_mode & 07777),
          .owner = info.st_uid,
          .group = info.st_gid,
          .is_directory = S_ISDIR(info.st_mode),
          .inode = info.st_ino,
          .changed_ns = std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec};
}

Result<OwnedPath> OwnedPath::walk(const std::string& path, std::uint32_t service_uid) {
  OwnedPath place(path, service_uid);
  TORPOR_TRY(std::string rest, absolute(path));
  TORPOR_CHECK(place.enter_root());
  if (only_slashes(rest)) rest = "/.";  // the root itself
  for (;;) {
    TORPOR_TRY(const bool there, place.step(rest));
    if (there) break;
  }
  TORPOR_ASSERT(place.directory_ && !place.name_.empty(), "owned_path.a_walk_ends_at_a_file_of_a_directory");
  return place;
}

Status OwnedPath::enter_root() {
  directory_.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory_) return file_error("/", errno);
  directory_path_.clear();
  FileFacts facts;
  return judge(directory_.get(), "/", facts);
}

Status OwnedPath::judge(int fd, const std::string& part, FileFacts& facts) const {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return file_error(part, errno);
  facts = facts_of(info);
  // A link has no mode of its own: whose it is decides, and the directory it lies in.
  if (S_ISLNK(info.st_mode)) facts.mode = 0;
  return check_path_part(part, facts, service_uid_);
}

// One name further; true when it was the last, and is a plain file or a directory.
Result<bool> OwnedPath::step(std::string& rest) {
  name_ = take_name(rest);
  TORPOR_ASSERT(!name_.empty(), "owned_path.there_is_a_name_left");
  const std::string part = directory_path_ + "/" + name_;
  UniqueFd fd(::openat(directory_.get(), name_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return file_error(part, errno);
  TORPOR_CHECK(judge(fd.get(), part, facts_));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return file_error(part, errno);
  if (S_ISLNK(info.st_mode)) {
    TORPOR_CHECK(follow(fd, rest));
    return false;
  }
  if (S_ISDIR(info.st_mode)) {
    if (only_slashes(rest)) return true;
    directory_ = std::move(fd);
    directory_path_ = part;
    return false;
  }
  if (!rest.empty()) return file_error(part, ENOTDIR);
  // A device or a FIFO is not what was meant, and opening one can have effects.
  if (!S_ISREG(info.st_mode)) return Error{.reason = Reason::file_missing}.at(part).saw("no plain file");
  return true;
}

// What the link names takes the link's place, and is walked like everything else.
Status OwnedPath::follow(const UniqueFd& link, std::string& rest) {
  if (++links_ > kMostLinks) return file_error(path_, ELOOP);
  char target[PATH_MAX];
  const ssize_t n = ::readlinkat(link.get(), "", target, sizeof target);
  if (n < 0) return file_error(path_, errno);
  if (static_cast<std::size_t>(n) >= sizeof target) return file_error(path_, ENAMETOOLONG);
  const std::string named(target, static_cast<std::size_t>(n));
  rest = rest.empty() ? named : named + "/" + rest;
  if (only_slashes(rest)) rest += "/.";
  if (named.starts_with('/')) return enter_root();
  return {};
}

Result<UniqueFd> OwnedPath::open() const {
  TORPOR_ASSERT(directory_ && !name_.empty(), "owned_path.only_what_was_walked_is_opened");
  UniqueFd fd(::openat(directory_.get(), name_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return file_error(path_, errno);
  FileFacts facts;
  TORPOR_CHECK(judge(fd.get(), path_, facts));
  if (facts.is_directory) return file_error(path_, EISDIR);
  return fd;
}

}  // namespace torpor
