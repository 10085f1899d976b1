// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_system_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/posix/posix_files.h"
#include "base/posix/unique_fd.h"

namespace torpor {
namespace {

// A path in memory of its own: reading a meter must not touch the heap.
struct Path {
  std::array<char, 512> text;
  const char* c_str() const { return text.data(); }
};

// False: the path does not fit, and a path that was cut would name something else.
bool join(std::string_view root, std::string_view path, Path& whole) {
  if (root.size() + path.size() >= whole.text.size()) return false;
  char* end = std::copy(root.begin(), root.end(), whole.text.data());
  end = std::copy(path.begin(), path.end(), end);
  *end = '\0';
  return true;
}

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

Status PosixSystemTree::read(std::string_view path, Text& into) {
  into.clear();
  Path whole;
  if (!join(root_, path, whole)) return file_error(path, ENAMETOOLONG);
  // Not blocking, and never our terminal: what lies below /sys and /proc is chosen by drivers, and one read
  // must not hold a cycle.
  const UniqueFd fd(::open(whole.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return file_error(path, errno);
  std::array<char, Text::capacity() + 1> buffer;  // one more, to see that there is more
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t n = ::read(fd.get(), buffer.data() + size, buffer.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  while (size > 0 && is_space(buffer[size - 1])) --size;
  // Refused, not cut: a number whose last digits are missing is another number.
  if (size > Text::capacity()) {
    return Error{.reason = Reason::file_too_large}.at(path).want("at most ", Text::capacity(), " bytes");
  }
  into = Text(std::string_view(buffer.data(), size));
  return {};
}

Status PosixSystemTree::write(std::string_view path, std::string_view text) {
  Path whole;
  if (!join(root_, path, whole)) return file_error(path, ENAMETOOLONG);
  // No O_CREAT: an attribute that is not there must be an error, not a new file in a test's root.
  const UniqueFd fd(::open(whole.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC | O_NOCTTY));
  if (!fd) return file_error(path, errno);
  // One write for the whole text: an attribute of the kernel is set by each write, so that a second one for
  // a rest would set it to that rest.
  ssize_t n = 0;
  do {
    n = ::write(fd.get(), text.data(), text.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return file_error(path, errno);
  return static_cast<std::size_t>(n) == text.size() ? Status{} : file_error(path, EIO);
}

Result<std::vector<std::string>> PosixSystemTree::list(std::string_view path) {
  Path whole;
  if (!join(root_, path, whole)) return file_error(path, ENAMETOOLONG);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(whole.c_str()), &::closedir);
  if (!directory) return file_error(path, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;  // anew for each: what is done with a name may leave an errno of its own
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return file_error(path, errno);
  // readdir() promises no order: sorted, two processes on one machine find the same first RTC or meter.
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> PosixSystemTree::link_target(std::string_view path) {
  Path whole;
  if (!join(root_, path, whole)) return file_error(path, ENAMETOOLONG);
  std::array<char, 4096> target;
  const ssize_t n = ::readlink(whole.c_str(), target.data(), target.size());
  if (n < 0) return file_error(path, errno);
  return std::string(target.data(), static_cast<std::size_t>(n));
}

}  // namespace torpor
