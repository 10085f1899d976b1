// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/files.h"

namespace torpor {

Status check_owner_and_mode(Files& files, const std::string& path, std::uint32_t service_uid) {
  TORPOR_TRY(const FileFacts facts, files.facts(path));
  const bool owner_is_right = facts.owner == 0 || facts.owner == service_uid;
  const bool writable_by_others = (facts.mode & 022) != 0;
  if (owner_is_right && !writable_by_others) return {};
  Error error{.reason = Reason::file_unsafe};
  error.at(path).saw("owner ", facts.owner, ", mode 0");
  for (int shift = 6; shift >= 0; shift -= 3) error.saw((facts.mode >> shift) & 7);  // octal, as ls and chmod
  return error.want("owner 0 or ", service_uid, ", not writable by group or world");
}

}  // namespace torpor
