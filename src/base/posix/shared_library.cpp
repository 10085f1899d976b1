// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/shared_library.h"

#include <dlfcn.h>

namespace torpor {
namespace {

// What the loader has to say, without the file's name where it begins with it: `where` has it.
std::string_view loader_words(std::string_view file) {
  const char* const said = ::dlerror();
  if (said == nullptr) return "nothing";
  std::string_view words = said;
  constexpr std::string_view kColon = ": ";
  if (words.starts_with(file) && words.substr(file.size()).starts_with(kColon))
    words.remove_prefix(file.size() + kColon.size());
  return words;
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const Need& need, Bind bind) {
  void* const handle = ::dlopen(need.file, (bind == Bind::lazy ? RTLD_LAZY : RTLD_NOW) | RTLD_LOCAL);
  // One that is there and cannot be loaded (another machine's, one that lacks a library itself) is told
  // from one that is not by the loader's words.
  if (handle == nullptr)
    return Error{.reason = need.reason}.at(need.file).saw(loader_words(need.file)).want(need.provided_by);
  return SharedLibrary(need, handle);
}

Result<void*> SharedLibrary::address_of(const char* symbol) const {
  void* const found = ::dlsym(handle_, symbol);
  if (found == nullptr)
    return Error{.reason = need_.reason}.at(need_.file).saw("no function ", symbol).want(need_.provided_by);
  return found;
}

}  // namespace torpor
