// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/curl_library.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace torpor {
namespace {

// Opened at the first push, not linked: a robot that pushes nothing does not pay for it.
constexpr const char* kLibrary = "libcurl.so.4";

Error missing(const char* what) {
  Error error{.reason = Reason::push_failed};
  error.where << kLibrary;
  error.found << what;
  error.expected << "libcurl, Debian package libcurl4";
  return error;
}

// Linking and starting 35 libraries touches megabytes of their files that are not needed
// again. The read-only parts can be let go: what is used comes back from the page cache.
int let_go(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr + page - 1) / page * page;
    const std::uintptr_t end = (object->dlpi_addr + part.p_vaddr + part.p_filesz) / page * page;
    // Whether it works only matters to the resident size.
    if (begin < end) static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
  }
  return 0;
}

Result<CurlLibrary> load() {
  // Lazy: of its 35 libraries most are never called.
  void* handle = ::dlopen(kLibrary, RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return missing("not installed");
  ::dl_iterate_phdr(&let_go, nullptr);
  CurlLibrary curl;
  bool all = true;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
    all = all && function != nullptr;
  };
  find(curl.global_init, "curl_global_init");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.easy_reset, "curl_easy_reset");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_perform, "curl_easy_perform");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  if (!all) return missing("a function is missing");
  // Before any easy handle, in the one thread there is: it is not safe beside others.
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return missing("does not start");
  ::dl_iterate_phdr(&let_go, nullptr);
  return curl;
}

}  // namespace

Result<const CurlLibrary*> CurlLibrary::open() {
  // Once per process and never closed. A failure is kept, too: what is not installed does not appear while
  // we run.
  static const Result<CurlLibrary> library = load();
  if (!library) return library.error();
  return &*library;
}

}  // namespace torpor
