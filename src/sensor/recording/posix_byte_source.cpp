// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "sensor/recording/byte_source.h"

namespace torpor {
namespace {

class PosixBytes final : public ByteSource {
 public:
  PosixBytes(int fd, std::uint64_t size, std::string path) : fd_(fd), size_(size), path_(std::move(path)) {}
  ~PosixBytes() override { ::close(fd_); }
  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      // At an offset: no position to keep beside that of the decoder.
      const ssize_t n =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error{Reason::io_failed, std::string_view(path_), {}, "to read", errno};
      // Shorter than its size said: what is missing is for the caller to name.
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

 private:
  int fd_;
  std::uint64_t size_;
  std::string path_;
};

Error os_error(const std::string& path, int code) {
  // A part of the path that is a file says the same to a person as one that is absent.
  const Reason reason = code == ENOENT || code == ENOTDIR ? Reason::file_missing
                        : code == EACCES || code == EPERM ? Reason::file_denied
                                                          : Reason::io_failed;
  return Error{reason, std::string_view(path), {}, {}, code};
}

Result<std::string> resolved(const std::string& path) {
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real) == nullptr) return os_error(path, errno);
  return std::string(real);
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_inside(const std::string& folder, const std::string& file) {
  const std::string path = folder + "/" + file;
  // Both with their links followed: a link out of the folder is refused as a path out of it is.
  TORPOR_TRY(std::string home, resolved(folder));
  TORPOR_TRY(const std::string target, resolved(path));
  // With its slash, so that "pack2" does not lie inside "pack".
  if (home.back() != '/') home.push_back('/');
  if (!target.starts_with(home))
    return Error{Reason::recording_outside, std::string_view(path), std::string_view(target),
                 std::string_view(home)};

  // Of the resolved name, and not following: a link put there in between is refused.
  // Not blocking, so that a FIFO put there cannot hold us; its type is judged next.
  const int fd = ::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return os_error(path, errno);
  // Of the open descriptor, not of the path: between both the file could have been changed for another.
  struct stat facts {};
  if (::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    ::close(fd);
    return Error{Reason::recording_unreadable, std::string_view(path), "not a regular file", "a recording"};
  }
  return std::unique_ptr<ByteSource>(
      std::make_unique<PosixBytes>(fd, static_cast<std::uint64_t>(facts.st_size), path));
}

}  // namespace torpor
