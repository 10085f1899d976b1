// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <vector>

#include "base/link.h"

namespace torpor {

// Two ends of a link inside one process, for tests and the simulator. Stricter than the
// world: bounded, pieces as small as asked for, and a trap where a socket would forgive
// (touching an end that is not open). Deterministic: no clock, no randomness of its own.
// One thread. The ends live inside the pair.
class MemoryLinkPair {
 public:
  struct Options {
    std::size_t capacity = 16 * 1024;  // bytes in flight per direction, as a kernel buffer
    std::size_t most_per_read = SIZE_MAX;
    std::size_t most_per_write = SIZE_MAX;
  };
  enum class Cut : std::uint8_t {
    hold,  // bytes are taken up to the capacity and come in one burst at restore()
    lose,  // bytes are taken and never arrive, as on a radio or a pulled serial line
  };

  explicit MemoryLinkPair(const Options& options);
  MemoryLinkPair(const MemoryLinkPair&) = delete;
  MemoryLinkPair& operator=(const MemoryLinkPair&) = delete;

  Link& listener() { return listener_; }
  Link& dialer() { return dialer_; }

  // The listening process is there: open() of the dialer finds it. True at first.
  void set_listening(bool yes) { listening_ = yes; }
  void cut(Cut how);
  void restore();
  // Both directions end; each side reads what had arrived, then link_closed.
  void hang_up();
  [[nodiscard]] bool is_cut() const { return cut_; }
  void set_pieces(std::size_t most_per_read, std::size_t most_per_write);

  // What poll(2) would say of an end: bytes, a waiting peer or a hang-up; room to write.
  [[nodiscard]] bool readable(const Link& end) const;
  [[nodiscard]] bool writable(const Link& end) const;
  std::size_t in_flight_to(const Link& end) const;

 private:
  class End final : public Link {
   public:
    End(MemoryLinkPair& pair, bool listens);
    Status open() override;
    bool is_open() const override { return open_; }
    Result<std::size_t> read(MutableBytes into) override;
    Result<std::size_t> write(Bytes from) override;
    void close() override;

    MemoryLinkPair& pair_;
    bool listens_;
    bool open_ = false;
    bool gone_ = false;             // the other side hung up on us; data may still be there
    std::vector<std::byte> inbox_;  // ring of capacity bytes, allocated once
    std::size_t first_ = 0, size_ = 0;
    std::size_t visible_ = 0;  // of size_; less than it only while cut with hold
  };
  End& other(const End& end) { return &end == &listener_ ? dialer_ : listener_; }
  const End& as_end(const Link& end) const;

  Options options_;
  bool listening_ = true;
  bool pending_ = false;  // the dialer has connected, the listener has not taken it yet
  bool cut_ = false;
  Cut how_ = Cut::hold;
  End listener_;
  End dialer_;
};

}  // namespace torpor
