// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/sound_library.h"

#include <dlfcn.h>

#include <type_traits>

namespace torpor {
namespace {

constexpr const char* kLibrary = "libsndfile.so.1";

Error missing(const char* what) {
  return Error{.reason = Reason::recording_unreadable}.at(kLibrary).saw(what).want(
      "libsndfile, Debian package libsndfile1");
}

Result<SoundLibrary> load() {
  // Lazy: of its codecs most are never called.
  void* handle = ::dlopen(kLibrary, RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return missing("not installed");
  SoundLibrary sound;
  bool all = true;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
    all = all && function != nullptr;
  };
  find(sound.open_virtual, "sf_open_virtual");
  find(sound.close, "sf_close");
  find(sound.readf_short, "sf_readf_short");
  find(sound.error, "sf_error");
  find(sound.strerror, "sf_strerror");
  if (!all) return missing("a function is missing");
  return sound;
}

}  // namespace

Result<const SoundLibrary*> SoundLibrary::open() {
  // A failure is kept, too: what is not installed does not appear while we run.
  static const Result<SoundLibrary> library = load();
  if (!library) return library.error();
  return &*library;
}

}  // namespace torpor
