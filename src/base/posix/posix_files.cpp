// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "base/posix/owned_path.h"
#include "base/posix/unique_fd.h"

namespace torpor {
namespace {

// A path in memory of its own: writing a cycle's state must not touch the heap.
struct PathBuffer {
  char text[PATH_MAX];
  const char* c_str() const { return text; }
};

PathBuffer directory_of(const std::string& path) {
  PathBuffer directory;
  const auto slash = path.find_last_of('/');
  const std::string_view part = slash == std::string::npos ? "."
                                : slash == 0               ? "/"
                                                           : std::string_view(path).substr(0, slash);
  // Cut where it is too long: open() has then refused the path itself with ENAMETOOLONG before.
  const std::size_t n = part.copy(directory.text, sizeof directory.text - 1);
  directory.text[n] = 0;
  return directory;
}

Status write_all(int fd, Bytes content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(path, errno);
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

// The directory that holds `path`, so that a rename or a new name in it is durable.
Status sync_directory_of(const std::string& path) {
  const UniqueFd fd(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return file_error(path, errno);
  return {};
}

Error not_regular(const std::string& path, mode_t mode) {
  const std::string_view kind = S_ISDIR(mode)    ? "a directory"
                                : S_ISLNK(mode)  ? "a symbolic link"
                                : S_ISFIFO(mode) ? "a pipe"
                                : S_ISSOCK(mode) ? "a socket"
                                                 : "a device";
  return Error{.reason = Reason::file_not_regular}.at(path).saw(kind).want("a regular file, or nothing");
}

// A rename takes the place of whatever is there: of /dev/null as well, where root asks for it.
Status check_gives_way(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return errno == ENOENT ? Status{} : file_error(path, errno);
  if (!S_ISREG(info.st_mode)) return not_regular(path, info.st_mode);
  return {};
}

// The new content under a temporary name in the same directory, durable.
Result<PathBuffer> write_beside(const std::string& path, Bytes content, std::uint32_t mode) {
  PathBuffer temporary;
  // With our process id: two processes that replace one file do not write into each other's content.
  const int length = std::snprintf(temporary.text, sizeof temporary.text, "%s%s%d", path.c_str(),
                                   kStrayMark.data(), ::getpid());
  if (length < 0 || static_cast<std::size_t>(length) >= sizeof temporary.text)
    return file_error(path, ENAMETOOLONG);
  ::unlink(temporary.c_str());  // left by a crash of an earlier process with our id
  // O_EXCL and O_NOFOLLOW: a link that somebody put there must not lead the content, which may be a key,
  // elsewhere.
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return file_error(path, errno);
  Status written = write_all(fd.get(), content, path);
  // The mode is asked for twice: open() took the umask off it. Content before name: a rename that
  // is durable before the bytes are would leave an empty file after a power loss.
  if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)) written = file_error(path, errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return written.error();
  }
  return temporary;
}

Result<std::vector<std::byte>> read_whole(int fd, const std::string& path, std::size_t max_bytes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return file_error(path, errno);
  // Of a pipe or a device nothing would be read, and taken for an empty file.
  if (!S_ISREG(info.st_mode)) return not_regular(path, info.st_mode);
  // One byte more than allowed shows that a file (or a device, or a growing file) is
  // larger, whatever its size claims.
  std::vector<std::byte> content(
      std::min<std::size_t>(max_bytes + 1, static_cast<std::size_t>(info.st_size) + 1));
  std::size_t have = 0;
  for (;;) {
    const ssize_t n = ::read(fd, content.data() + have, content.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(path, errno);
    if (n == 0) break;
    // The bound is judged while reading, not by st_size: that is 0 below /proc, and a file may grow.
    have += static_cast<std::size_t>(n);
    if (have > max_bytes) {
      return Error{.reason = Reason::file_too_large}
          .at(path)
          .saw("more than ", max_bytes, " bytes")
          .want("at most ", max_bytes, " bytes");
    }
    if (have == content.size()) content.resize(std::min(max_bytes + 1, 2 * content.size()));
  }
  content.resize(have);
  return content;
}

class PosixDirectoryLock final : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  UniqueFd fd_;
};

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(UniqueFd fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  Status append(Bytes bytes) override {
    TORPOR_CHECK(write_all(fd_.get(), bytes, path_));
    size_ += bytes.size();
    return {};
  }
  Status sync() override {
    // Keeps the size, which reading needs, and leaves out the times, which nobody does.
    // A failure is final: the kernel reports a lost page once and calls it clean afterwards, so that a second
    // fsync that works proves nothing.
    if (::fdatasync(fd_.get()) != 0) return file_error(path_, errno);
    return {};
  }
  std::uint64_t size() const override { return size_; }

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t size_;
};

}  // namespace

Error file_error(std::string_view path, int os_code) {
  Error error;
  switch (os_code) {
    // A path through a file is as missing as one through nothing; a read-only disk is as closed as a
    // forbidden one: grouped by what the operator does about it. The number itself stays in os_code.
    case ENOENT:
    case ENOTDIR:
      error.reason = Reason::file_missing;
      break;
    case EEXIST:
      error.reason = Reason::file_exists;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      error.reason = Reason::file_denied;
      break;
    default:
      error.reason = Reason::io_failed;
  }
  error.where << path;
  char text[80] = {};
  // The GNU form, which may return a text of its own and leave `text` alone.
  error.found << std::string_view(::strerror_r(os_code, text, sizeof text));
  error.os_code = os_code;
  return error;
}

Result<std::vector<std::byte>> PosixFiles::read(const std::string& path, std::size_t max_bytes) {
  // Not blocking, so that a FIFO put there cannot hold us.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return file_error(path, errno);
  return read_whole(fd.get(), path, max_bytes);
}

Status PosixFiles::replace(const std::string& path, Bytes content, std::uint32_t mode) {
  TORPOR_CHECK(check_gives_way(path));
  TORPOR_TRY(const PathBuffer temporary, write_beside(path, content, mode));
  // A reader sees the old content or the new, at every moment, and so does one after a power loss.
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int os_code = errno;
    ::unlink(temporary.c_str());
    return file_error(path, os_code);
  }
  return sync_directory_of(path);
}

Status PosixFiles::create(const std::string& path, Bytes content, std::uint32_t mode) {
  TORPOR_TRY(const PathBuffer temporary, write_beside(path, content, mode));
  // A link, not a rename: it fails where there is something, at the same moment as it would act.
  // A filesystem without hard links (vfat) answers EPERM: there nothing is ever created this way.
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int os_code = errno;
  ::unlink(temporary.c_str());
  if (linked != 0) return file_error(path, os_code);
  return sync_directory_of(path);
}

Result<std::unique_ptr<AppendFile>> PosixFiles::open_append(const std::string& path) {
  // O_APPEND: whatever another descriptor did, a record lands behind the last one, never over it.
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644));
  // So Linux says that it is a directory, or a pipe that nobody reads.
  if (!fd && (errno == EISDIR || errno == ENXIO)) TORPOR_CHECK(check_gives_way(path));
  if (!fd) return file_error(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return file_error(path, errno);
  if (!S_ISREG(info.st_mode)) return not_regular(path, info.st_mode);
  // A new file's name must survive too; for one that holds something it did before.
  if (info.st_size == 0) TORPOR_CHECK(sync_directory_of(path));
  return std::unique_ptr<AppendFile>(
      std::make_unique<PosixAppendFile>(std::move(fd), path, static_cast<std::uint64_t>(info.st_size)));
}

Status PosixFiles::truncate(const std::string& path, std::uint64_t size) {
  // Durable at once: a torn tail that came back after a power loss would stand in front of newer records.
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0 || ::fsync(fd.get()) != 0) {
    return file_error(path, errno);
  }
  return {};
}

Status PosixFiles::make_directories(const std::string& path) {
  // From the top down, each made durable before the next: a directory whose parent's entry is lost takes
  // everything in it along.
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0755) == 0) {
      TORPOR_CHECK(sync_directory_of(part));  // or the state in it is gone after a power loss
    } else if (errno != EEXIST) {
      return file_error(part, errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return file_error(path, errno);
  if (!S_ISDIR(info.st_mode)) return file_error(path, ENOTDIR);
  return {};
}

Result<std::unique_ptr<DirectoryLock>> PosixFiles::lock(const std::string& directory) {
  // The directory itself, not a file in it: a lock file could not be made on a full or read-only
  // disk, and who removes it as rubbish takes the lock away.
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return file_error(directory, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return file_error(directory, errno);
    return Error{.reason = Reason::directory_locked}
        .at(directory)
        .saw("a process that owns it")
        .want("to be its only owner");
  }
  return std::unique_ptr<DirectoryLock>(std::make_unique<PosixDirectoryLock>(std::move(fd)));
}

Result<std::vector<std::string>> PosixFiles::list(const std::string& directory) {
  DIR* handle = ::opendir(directory.c_str());
  if (handle == nullptr) return file_error(directory, errno);
  std::vector<std::string> names;
  int os_code = 0;
  for (;;) {
    errno = 0;  // the only way readdir() tells its end from a failure
    const dirent* entry = ::readdir(handle);
    if (entry == nullptr) {
      os_code = errno;
      break;
    }
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(handle);
  if (os_code != 0) return file_error(directory, os_code);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFiles::remove(const std::string& path) {
  // Durable like a rename: what was removed must not be back after a power loss.
  if (::unlink(path.c_str()) != 0) return file_error(path, errno);
  return sync_directory_of(path);
}

Result<FileFacts> PosixFiles::facts(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return file_error(path, errno);
  return facts_of(info);
}

Result<std::vector<std::byte>> PosixFiles::read_owned(const std::string& path, std::size_t max_bytes,
                                                      std::uint32_t service_uid) {
  TORPOR_TRY(const OwnedPath place, OwnedPath::walk(path, service_uid));
  TORPOR_TRY(const UniqueFd fd, place.open());
  return read_whole(fd.get(), path, max_bytes);
}

Result<FileFacts> PosixFiles::owned_facts(const std::string& path, std::uint32_t service_uid) {
  TORPOR_TRY(const OwnedPath place, OwnedPath::walk(path, service_uid));
  return place.facts();
}

}  // namespace torpor
