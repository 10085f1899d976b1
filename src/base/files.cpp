// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/files.h"

namespace torpor {

Status check_path_part(std::string_view part, const FileFacts& facts, std::uint32_t service_uid) {
  constexpr std::uint32_t kSticky = 01000, kGroupMayWrite = 020, kOthersMayWrite = 022;
  std::uint32_t writable = facts.mode & kOthersMayWrite;
  if (facts.is_directory) {
    if ((facts.mode & kSticky) != 0) writable = 0;
    if (facts.group == facts.owner) writable &= ~kGroupMayWrite;
  }
  const bool owner_is_right = facts.owner == 0 || facts.owner == service_uid;
  if (owner_is_right && writable == 0) return {};
  Error error{.reason = Reason::file_unsafe};
  error.at(part).saw("owner ", facts.owner, ", mode 0");
  for (int shift = 6; shift >= 0; shift -= 3) error.saw((facts.mode >> shift) & 7);  // octal, as ls and chmod
  return error.want("owner 0 or ", service_uid, ", not writable by group or world");
}

}  // namespace torpor
