// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fixed_string.h"
#include "base/result.h"

namespace torpor {

// The kernel's small text files (sysfs, procfs, device nodes) below one root: what power,
// sleep and the doctor look at. Tests give a fake tree. Paths begin with '/' and are taken
// below the root. One thread.
//
// Implementations: PosixSystemTree (base/posix/posix_system_tree.h), FakeSystemTree
// (base/fake/fake_system_tree.h).
class SystemTree {
 public:
  // A sysfs attribute is at most a page; what torpor reads of one fits here.
  using Text = FixedString<256>;

  virtual ~SystemTree() = default;
  // The content without the white space at its end. No heap; one open, one read.
  // file_missing; file_denied; file_too_large; io_failed with the errno in os_code (a
  // sensor may answer EIO, ENODEV, EAGAIN: the caller decides what that means).
  virtual Status read(std::string_view path, Text& into) = 0;
  // One write to an existing attribute. May block for as long as the kernel acts on it
  // (a suspend). Errors as read.
  virtual Status write(std::string_view path, std::string_view text) = 0;
  // Names in a directory, sorted. file_missing, file_denied, io_failed. Heap.
  virtual Result<std::vector<std::string>> list(std::string_view path) = 0;
  // Where a symbolic link points, as it is written. Errors as list. Heap.
  virtual Result<std::string> link_target(std::string_view path) = 0;
};

// A whole decimal integer of an attribute, and nothing else: no sign but '-', no rest.
// system_value: not a number, or out of range.
Result<std::int64_t> read_integer(SystemTree& tree, std::string_view path, std::int64_t min,
                                  std::int64_t max);

}  // namespace torpor
