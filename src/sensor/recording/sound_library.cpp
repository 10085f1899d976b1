// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/sound_library.h"

#include "base/posix/shared_library.h"

namespace torpor {
namespace {

Result<SoundLibrary> load() {
  // Lazy: of its codecs most are never called.
  TORPOR_TRY(const SharedLibrary library,
             SharedLibrary::open({.reason = Reason::recording_unreadable,
                                  .file = "libsndfile.so.1",
                                  .provided_by = "libsndfile, Debian package libsndfile1"},
                                 SharedLibrary::Bind::lazy));
  SoundLibrary sound;
  TORPOR_CHECK(library.find(sound.open_virtual, "sf_open_virtual"));
  TORPOR_CHECK(library.find(sound.close, "sf_close"));
  TORPOR_CHECK(library.find(sound.readf_short, "sf_readf_short"));
  TORPOR_CHECK(library.find(sound.error, "sf_error"));
  TORPOR_CHECK(library.find(sound.strerror, "sf_strerror"));
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
