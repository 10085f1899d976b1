// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/fake/memory_files.h"

#include <algorithm>
#include <cerrno>

#include "base/assertion.h"
#include "base/posix/posix_files.h"

namespace torpor {
namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

class MemoryAppendFile final : public AppendFile {
 public:
  MemoryAppendFile(MemoryFiles& files, std::shared_ptr<MemoryFiles::File> file, std::string path)
      : files_(files), file_(std::move(file)), path_(std::move(path)), life_(files.life_) {}

  Status append(Bytes bytes) override {
    TORPOR_CHECK(alive());
    if (files_.read_only_) return file_error(path_, EROFS);
    return files_.write_into(*file_, bytes, path_);
  }
  Status sync() override {
    TORPOR_CHECK(alive());
    file_->synced = file_->bytes.size();
    return {};
  }
  std::uint64_t size() const override { return file_->bytes.size(); }

 private:
  Status alive() {
    TORPOR_CHECK(files_.step(path_));
    if (life_ != files_.life_) return file_error(path_, EBADF);
    return {};
  }
  MemoryFiles& files_;
  std::shared_ptr<MemoryFiles::File> file_;
  std::string path_;
  std::uint64_t life_;
};

// Held as long as it lives.
class MemoryDirectoryLock final : public DirectoryLock {
 public:
  explicit MemoryDirectoryLock(std::shared_ptr<const void> held) : held_(std::move(held)) {}

 private:
  std::shared_ptr<const void> held_;
};

MemoryFiles::MemoryFiles(const MemoryFiles& other) { *this = other; }

// Member by member, and then each file itself: both trees of a disk share their files.
MemoryFiles& MemoryFiles::operator=(const MemoryFiles& other) {
  if (this == &other) return *this;
  std::map<const File*, std::shared_ptr<File>> copies;
  const auto copy = [&copies](const Tree& tree) {
    Tree out;
    for (const auto& [path, file] : tree) {
      auto& own = copies[file.get()];
      if (!own) own = std::make_shared<File>(*file);
      out[path] = own;
    }
    return out;
  };
  live_ = copy(other.live_);
  durable_ = copy(other.durable_);
  directories_ = other.directories_;
  operations_ = other.operations_;
  fail_at_ = other.fail_at_;
  dark_from_ = other.dark_from_;
  capacity_ = other.capacity_;
  ++life_;  // handles into what was here before are dead
  owner_ = other.owner_;
  given_away_ = other.given_away_;
  newest_inode_ = other.newest_inode_;
  read_only_ = other.read_only_;
  locked_.clear();  // a lock is a process's, not the disk's
  return *this;
}

Status MemoryFiles::step(const std::string& path) {
  ++operations_;
  if (on_operation_) on_operation_();
  if (dark() || operations_ == fail_at_) return file_error(path, EIO);
  return {};
}

Status MemoryFiles::writing_step(const std::string& path) {
  TORPOR_CHECK(step(path));
  return read_only_ ? file_error(path, EROFS) : Status{};
}

// What fits is written even when not all of it does.
Status MemoryFiles::write_into(File& file, Bytes bytes, const std::string& path) {
  const std::uint64_t have = used();
  const std::uint64_t room = capacity_ > have ? capacity_ - have : 0;
  const auto fits = static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()));
  file.bytes.insert(file.bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(fits));
  ++file.changes;
  if (fits < bytes.size()) return file_error(path, ENOSPC);
  return {};
}

Status MemoryFiles::need_directory_of(const std::string& path) const {
  const std::string directory = directory_of(path);
  if (directory == "." || directory == "/" || directories_.contains(directory)) return {};
  return file_error(path, ENOENT);
}

// As fsync on a directory: every name in it becomes what is seen now.
Status MemoryFiles::sync_directory_of(const std::string& path) {
  TORPOR_CHECK(step(path));
  const std::string directory = directory_of(path);
  std::erase_if(durable_, [&](const auto& entry) { return directory_of(entry.first) == directory; });
  for (const auto& [name, file] : live_) {
    if (directory_of(name) == directory) durable_[name] = file;
  }
  return {};
}

std::shared_ptr<MemoryFiles::File> MemoryFiles::new_file(std::uint32_t mode) {
  auto file = std::make_shared<File>();
  file->mode = mode;
  file->inode = ++newest_inode_;
  return file;
}

Result<std::vector<std::byte>> MemoryFiles::read(const std::string& path, std::size_t max_bytes) {
  TORPOR_CHECK(step(path));
  return content_of(path, max_bytes);
}

Result<std::vector<std::byte>> MemoryFiles::read_owned(const std::string& path, std::size_t max_bytes,
                                                       std::uint32_t service_uid) {
  TORPOR_CHECK(step(path));
  TORPOR_TRY([[maybe_unused]] const FileFacts judged, judge_path(path, service_uid));
  return content_of(path, max_bytes);
}

Result<FileFacts> MemoryFiles::owned_facts(const std::string& path, std::uint32_t service_uid) {
  TORPOR_CHECK(step(path));
  return judge_path(path, service_uid);
}

// From the root down, as a walk meets them; there are no links here.
Result<FileFacts> MemoryFiles::judge_path(const std::string& path, std::uint32_t service_uid) const {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    TORPOR_TRY(const FileFacts facts, facts_of(part));
    TORPOR_CHECK(check_path_part(part, facts, service_uid));
  }
  TORPOR_TRY(const FileFacts facts, facts_of(path));
  TORPOR_CHECK(check_path_part(path, facts, service_uid));
  return facts;
}

Result<std::vector<std::byte>> MemoryFiles::content_of(const std::string& path, std::size_t max_bytes) const {
  const auto found = live_.find(path);
  if (found == live_.end()) return file_error(path, directories_.contains(path) ? EISDIR : ENOENT);
  if (found->second->bytes.size() > max_bytes) {
    Error error{.reason = Reason::file_too_large};
    error.where << path;
    error.found << "more than " << max_bytes << " bytes";
    error.expected << "at most " << max_bytes << " bytes";
    return error;
  }
  return found->second->bytes;
}

Result<std::string> MemoryFiles::write_beside(const std::string& path, Bytes content, std::uint32_t mode) {
  const std::string temporary = path + ".new.1";
  TORPOR_CHECK(writing_step(path));
  TORPOR_CHECK(need_directory_of(path));
  live_.erase(temporary);
  auto file = new_file(mode);
  live_[temporary] = file;
  Status written = write_into(*file, content, path);
  if (written) written = step(path);
  if (!written) {
    if (!dark()) live_.erase(temporary);
    return written.error();
  }
  file->synced = file->bytes.size();
  return temporary;
}

Status MemoryFiles::replace(const std::string& path, Bytes content, std::uint32_t mode) {
  if (directories_.contains(path))
    return Error{.reason = Reason::file_not_regular}.at(path).saw("a directory");
  TORPOR_TRY(const std::string temporary, write_beside(path, content, mode));
  Status renamed = step(path);
  if (!renamed) {
    if (!dark()) live_.erase(temporary);
    return renamed;
  }
  live_[path] = live_[temporary];
  live_.erase(temporary);
  return sync_directory_of(path);
}

Status MemoryFiles::create(const std::string& path, Bytes content, std::uint32_t mode) {
  TORPOR_TRY(const std::string temporary, write_beside(path, content, mode));
  Status linked = step(path);
  if (linked && (live_.contains(path) || directories_.contains(path))) linked = file_error(path, EEXIST);
  if (!linked) {
    if (!dark()) live_.erase(temporary);
    return linked;
  }
  live_[path] = live_[temporary];
  live_.erase(temporary);
  return sync_directory_of(path);
}

Result<std::unique_ptr<AppendFile>> MemoryFiles::open_append(const std::string& path) {
  TORPOR_CHECK(writing_step(path));
  TORPOR_CHECK(need_directory_of(path));
  if (directories_.contains(path))
    return Error{.reason = Reason::file_not_regular}.at(path).saw("a directory");
  auto& file = live_[path];
  if (!file) file = new_file(0644);
  const auto opened = file;
  if (opened->bytes.empty()) TORPOR_CHECK(sync_directory_of(path));
  return std::unique_ptr<AppendFile>(std::make_unique<MemoryAppendFile>(*this, opened, path));
}

Status MemoryFiles::truncate(const std::string& path, std::uint64_t size) {
  TORPOR_CHECK(writing_step(path));
  const auto found = live_.find(path);
  if (found == live_.end()) return file_error(path, ENOENT);
  found->second->bytes.resize(static_cast<std::size_t>(size));
  ++found->second->changes;
  found->second->synced = found->second->bytes.size();
  return {};
}

Status MemoryFiles::make_directories(const std::string& path) {
  TORPOR_CHECK(step(path));
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (live_.contains(part)) return file_error(part, ENOTDIR);
    if (read_only_ && !directories_.contains(part)) return file_error(part, EROFS);
    directories_.insert(part);
    if (end == std::string::npos) return {};
  }
}

Result<std::unique_ptr<DirectoryLock>> MemoryFiles::lock(const std::string& directory) {
  TORPOR_CHECK(step(directory));
  if (!directories_.contains(directory)) return file_error(directory, ENOENT);
  if (!locked_[directory].expired())
    return Error{.reason = Reason::directory_locked}.at(directory).saw("a process that owns it");
  const std::shared_ptr<const void> held = std::make_shared<int>();
  locked_[directory] = held;
  return std::unique_ptr<DirectoryLock>(std::make_unique<MemoryDirectoryLock>(held));
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& directory) {
  TORPOR_CHECK(step(directory));
  if (!directories_.contains(directory)) return file_error(directory, ENOENT);
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != directory && directory_of(path) == directory)
      names.push_back(path.substr(directory.size() + 1));
  };
  for (const auto& [path, file] : live_) add(path);
  for (const auto& path : directories_) add(path);
  std::sort(names.begin(), names.end());
  return names;
}

Status MemoryFiles::remove(const std::string& path) {
  TORPOR_CHECK(writing_step(path));
  if (live_.erase(path) == 0) return file_error(path, ENOENT);
  return sync_directory_of(path);
}

Result<FileFacts> MemoryFiles::facts(const std::string& path) {
  TORPOR_CHECK(step(path));
  return facts_of(path);
}

Result<FileFacts> MemoryFiles::facts_of(const std::string& path) const {
  FileFacts facts{.mode = 0755, .owner = owner_, .group = owner_, .is_directory = true};
  if (!directories_.contains(path)) {
    const auto found = live_.find(path);
    if (found == live_.end()) return file_error(path, ENOENT);
    const File& file = *found->second;
    facts.size = file.bytes.size();
    facts.mode = file.mode;
    facts.is_directory = false;
    facts.inode = file.inode;
    facts.changed_ns = file.changes;
  }
  if (const auto own = given_away_.find(path); own != given_away_.end()) {
    facts.mode = own->second.mode;
    facts.owner = own->second.owner;
    facts.group = own->second.group;
  }
  return facts;
}

void MemoryFiles::crash(std::uint64_t torn_bytes) {
  live_ = durable_;
  for (auto& [path, file] : live_) {
    const std::uint64_t survives = std::min<std::uint64_t>(file->bytes.size(), file->synced + torn_bytes);
    file->bytes.resize(static_cast<std::size_t>(survives));
    file->synced = file->bytes.size();
  }
  dark_from_ = 0;
  fail_at_ = 0;
  locked_.clear();
  ++life_;
}

void MemoryFiles::remove_tree(const std::string& directory) {
  const auto inside = [&](const std::string& path) {
    return path == directory || path.starts_with(directory + "/");
  };
  for (Tree* tree : {&live_, &durable_})
    std::erase_if(*tree, [&](const auto& entry) { return inside(entry.first); });
  std::erase_if(directories_, inside);
  // A lock is on what it was taken on, whatever comes there under the same name.
  std::erase_if(locked_, [&](const auto& entry) { return inside(entry.first); });
}

std::uint64_t MemoryFiles::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : live_) bytes += file->bytes.size();
  return bytes;
}

void MemoryFiles::put(const std::string& path, Bytes content, std::uint32_t mode) {
  auto file = new_file(mode);
  file->bytes.assign(content.begin(), content.end());
  file->synced = file->bytes.size();
  for (std::string part = directory_of(path); part != "." && part != "/"; part = directory_of(part))
    directories_.insert(part);
  live_[path] = durable_[path] = file;
}

void MemoryFiles::damage(const std::string& path, std::uint64_t offset, std::byte mask) {
  const auto found = live_.find(path);
  TORPOR_ASSERT(found != live_.end() && offset < found->second->bytes.size(),
                "memory_files.what_is_broken_is_there");
  found->second->bytes[static_cast<std::size_t>(offset)] ^= mask;
}

std::uint64_t MemoryFiles::size(const std::string& path) const {
  const auto found = live_.find(path);
  return found == live_.end() ? 0 : found->second->bytes.size();
}

}  // namespace torpor
