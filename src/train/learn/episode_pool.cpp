// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/learn/episode_pool.h"

namespace torpor::train {

EpisodePool::EpisodePool(const std::vector<RealMachine>& real, const EpisodeOptions& options,
                         std::uint64_t seed, std::size_t kept, std::size_t ahead)
    : maker_(real, options), seed_(seed), kept_(kept), ahead_(ahead), thread_([this] { make(); }) {}

EpisodePool::~EpisodePool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EpisodePool::wait_for(std::size_t n) {
  std::unique_lock lock(mutex_);
  if (n > wanted_) wanted_ = n;
  // What lies more than `kept` before the newest one asked for is not asked for again.
  while (first_ + kept_ < wanted_ && !episodes_.empty()) {
    episodes_.pop_front();
    ++first_;
  }
  changed_.notify_all();
  changed_.wait(lock, [&] { return first_ + episodes_.size() >= n; });
}

std::shared_ptr<const Episode> EpisodePool::at(std::size_t i) {
  std::lock_guard lock(mutex_);
  if (i < first_ || i >= first_ + episodes_.size()) return nullptr;
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
      changed_.wait(lock, [&] { return stop_ || first_ + episodes_.size() < wanted_ + ahead_; });
      if (stop_) return;
    }
    // The seed of a machine: far apart from those of validation and measurement, which
    // start at other seeds (trainer.h).
    const std::uint64_t seed = (seed_ << 32) + machine;
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
