// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/fake/memory_link.h"

#include <algorithm>

namespace torpor {
namespace {

Error nobody(std::string_view found) {
  return Error{.reason = Reason::peer_absent, .where = "memory link", .found = found};
}
Error hung_up() { return Error{.reason = Reason::link_closed, .where = "memory link"}; }

}  // namespace

MemoryLinkPair::End::End(MemoryLinkPair& pair, bool listens)
    : pair_(pair), listens_(listens), inbox_(pair.options_.capacity) {}

MemoryLinkPair::MemoryLinkPair(const Options& options)
    : options_(options), listener_(*this, true), dialer_(*this, false) {}

Status MemoryLinkPair::End::open() {
  if (open_) __builtin_trap();
  if (listens_) {
    if (!pair_.pending_) return nobody("no peer waits");
    pair_.pending_ = false;
    open_ = true;
    return {};
  }
  if (!pair_.listening_ || pair_.cut_) return nobody("no listener");
  if (pair_.pending_ || pair_.listener_.open_) return nobody("a listener that is busy");
  for (End* end : {&pair_.listener_, &pair_.dialer_}) {
    end->gone_ = false;
    end->first_ = end->size_ = end->visible_ = 0;
  }
  pair_.pending_ = true;
  open_ = true;
  return {};
}

Result<std::size_t> MemoryLinkPair::End::read(MutableBytes into) {
  if (!open_) __builtin_trap();
  if (visible_ == 0 && gone_ && !pair_.cut_) {
    open_ = false;
    return hung_up();
  }
  const std::size_t count = std::min({into.size(), visible_, pair_.options_.most_per_read});
  for (std::size_t i = 0; i < count; ++i) into[i] = inbox_[(first_ + i) % inbox_.size()];
  first_ = (first_ + count) % inbox_.size();
  size_ -= count;
  visible_ -= count;
  return count;
}

Result<std::size_t> MemoryLinkPair::End::write(Bytes from) {
  if (!open_) __builtin_trap();
  if (gone_ && !pair_.cut_) {
    if (visible_ > 0) return std::size_t{0};  // what the peer said last is to be read first
    open_ = false;
    return hung_up();
  }
  const std::size_t offered = std::min(from.size(), pair_.options_.most_per_write);
  if (pair_.cut_ && pair_.how_ == Cut::lose) return offered;
  End& to = pair_.other(*this);
  const std::size_t count = std::min(offered, to.inbox_.size() - to.size_);
  for (std::size_t i = 0; i < count; ++i) to.inbox_[(to.first_ + to.size_ + i) % to.inbox_.size()] = from[i];
  to.size_ += count;
  if (!pair_.cut_) to.visible_ = to.size_;
  return count;
}

void MemoryLinkPair::End::close() {
  if (!open_) return;
  open_ = false;
  pair_.other(*this).gone_ = true;
}

void MemoryLinkPair::cut(Cut how) {
  cut_ = true;
  how_ = how;
}

void MemoryLinkPair::restore() {
  cut_ = false;
  for (End* end : {&listener_, &dialer_}) end->visible_ = end->size_;
}

void MemoryLinkPair::hang_up() {
  listener_.gone_ = true;
  dialer_.gone_ = true;
}

void MemoryLinkPair::set_pieces(std::size_t most_per_read, std::size_t most_per_write) {
  options_.most_per_read = most_per_read;
  options_.most_per_write = most_per_write;
}

const MemoryLinkPair::End& MemoryLinkPair::as_end(const Link& end) const {
  if (&end == &listener_) return listener_;
  if (&end == &dialer_) return dialer_;
  __builtin_trap();
}

bool MemoryLinkPair::readable(const Link& link) const {
  const End& end = as_end(link);
  if (!end.open_) return end.listens_ && pending_;
  return end.visible_ > 0 || (end.gone_ && !cut_);
}

bool MemoryLinkPair::writable(const Link& link) const {
  const End& end = as_end(link);
  if (!end.open_) return false;
  const End& to = end.listens_ ? dialer_ : listener_;
  return (end.gone_ && !cut_) || (cut_ && how_ == Cut::lose) || to.size_ < to.inbox_.size();
}

std::size_t MemoryLinkPair::in_flight_to(const Link& end) const { return as_end(end).size_; }

}  // namespace torpor
