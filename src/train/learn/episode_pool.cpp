// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/learn/episode_pool.h"

namespace torpor::train {

EpisodePool::EpisodePool(const std::vector<RealMachine>& real, const EpisodeOptions& options,
                         std::uint64_t seed, std::size_t kept, std::size_t ahead)
    // The thread is the last member: when it starts, all it uses is there.
    : maker_(real, options), seed_(seed), kept_(kept), ahead_(ahead), thread_([this] { make(); }) {}

EpisodePool::~EpisodePool() {
  {
    std::lock_guard lock(mutex_);
    // Under the lock: set beside it, the maker could look, find nothing and then wait for ever.
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EpisodePool::wait_for(std::size_t n) {
  std::unique_lock lock(mutex_);
  // Only upwards: a second asker with a smaller number must not take back what the first waits for.
  if (n > wanted_) wanted_ = n;
  // What lies more than `kept` before the newest one asked for is not asked for again.
  while (first_ + kept_ < wanted_ && !episodes_.empty()) {
    episodes_.pop_front();
    ++first_;
  }
  changed_.notify_all();
  // Made, not usable: a refused baseline is a null in its place, so that numbers stay what they are.
  changed_.wait(lock, [&] { return first_ + episodes_.size() >= n; });
}

std::shared_ptr<const Episode> EpisodePool::at(std::size_t i) {
  std::lock_guard lock(mutex_);
  if (i < first_ || i >= first_ + episodes_.size()) return nullptr;
  // A share: the maker may drop the episode while a batch still learns from it.
  return episodes_[i - first_];
}

std::size_t EpisodePool::made() {
  std::lock_guard lock(mutex_);
  return first_ + episodes_.size();
}

void EpisodePool::make() {
  for (std::uint64_t machine = 0;; ++machine) {
    {
      std::unique_lock lock(mutex_);
      // Bounded ahead: each episode is half a MiB, and the maker may be much faster than the network.
      changed_.wait(lock, [&] { return stop_ || first_ + episodes_.size() < wanted_ + ahead_; });
      if (stop_) return;
    }
    // The seed of a machine: far apart from those of validation and measurement, which
    // start at other seeds (trainer.h).
    const std::uint64_t seed = (seed_ << 32) + machine;
    // Without the lock: this is nearly all of the work.
    const MachineFeatures features = maker_.measure(seed);
    for (std::size_t k = 0; k < kPerMachine; ++k) {
      auto episode = maker_.assemble(features, seed * kPerMachine + k);
      auto shared = episode && !episode->queries.empty()
                        ? std::make_shared<const Episode>(*std::move(episode))
                        : nullptr;
      std::lock_guard lock(mutex_);
      episodes_.push_back(std::move(shared));
    }
    changed_.notify_all();
  }
}

}  // namespace torpor::train
