// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <sndfile.h>

#include "base/result.h"

namespace torpor {

// libsndfile, opened with the first recording and not linked: with its eight codecs it is most of
// a megabyte of resident memory, which a robot that samples a sensor does not pay for.
struct SoundLibrary {
  decltype(&::sf_open_virtual) open_virtual = nullptr;
  decltype(&::sf_close) close = nullptr;
  decltype(&::sf_readf_short) readf_short = nullptr;
  decltype(&::sf_error) error = nullptr;
  decltype(&::sf_strerror) strerror = nullptr;

  // Once a process, never closed. recording_unreadable where it is not installed.
  static Result<const SoundLibrary*> open();
};

}  // namespace torpor
