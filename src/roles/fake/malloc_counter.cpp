// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Preloaded into a real torpord by roles_test: counts every allocation of the process and,
// at each fdatasync() (one per cycle report), appends the count so far to the file named by
// TORPOR_ALLOCATION_LOG. Uses no heap itself.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

static std::atomic<unsigned long> allocations{0};

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  ++allocations;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? 12 : 0;
}

int fdatasync(int fd) {
  static const char* const path = std::getenv("TORPOR_ALLOCATION_LOG");
  if (path != nullptr) {
    const int log = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char text[24];
    std::size_t at = sizeof text;
    text[--at] = '\n';
    unsigned long rest = allocations;
    do {
      text[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (log >= 0 && ::write(log, text + at, sizeof text - at) < 0) std::abort();
    ::close(log);
  }
  return ::fsync(fd);
}

}  // extern "C"
