// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "duty/appraiser.h"
#include "duty/report_builder.h"
#include "link/message.h"
#include "window/frame_queue.h"
#include "window/window_assembler.h"

namespace torpor {

// One sensor of the contract through the cycles: its frames, the window they make, and what
// that window comes to. The sensor is the appraiser's. One thread.
class SensorWatch {
 public:
  struct Parts {
    Appraiser& appraiser;
    Appraiser* fallback = nullptr;  // on another backend: scores what `appraiser` could not, once armed
    FrameQueue::Memory memory;      // for the frames of one window
  };
  // `contract` outlives this. `link_buffer_bytes`: what the link may hold of the frames.
  SensorWatch(const Contract& contract, const Parts& parts, std::uint32_t link_buffer_bytes);

  std::uint32_t sensor() const { return parts_.appraiser.sensor(); }
  std::uint32_t window_samples() const { return samples_; }  // per axis
  // The newest cycle that was judged, by either backend.
  std::uint64_t last_cycle() const;

  // From now on this window is wanted; frames of any other are dropped and counted.
  void begin(std::uint64_t window);
  void take(const Frame& frame, BootTime now);
  void take(const ContextUpdate& update) { assembler_.set_context(update.window_id, update.context); }
  // The sampler has sent all of a window. False: of another than is wanted.
  [[nodiscard]] bool take(const WindowEnd& end);
  bool has_window() const { return ended_; }

  // The one inference of a cycle: the window as it is now, judged, into the report. Error:
  // worker_interrupted, when the process is being stopped; then nothing was judged.
  Status judge(BootTime now, ReportBuilder& builder);
  // No window can be had in this cycle, or none may be asked for.
  void lose(VerdictReason why, CycleReport& report);
  // The fallback scored this cycle.
  bool fell_back() const { return fell_back_; }
  // What came and what was dropped since the cycle before, into the report.
  void count(CycleReport& report);

  // Where the judges stand, into the record of the cycle.
  void put_evidence(CycleReport& report) const;

  // What was learned, before the record that speaks of it; the evidence, after it. Durable on
  // return. `closing` writes all that is unsaved.
  Status save_learned(bool closing = false);
  Status save_evidence();

 private:
  void fall_back(const Window& window, CycleReport& report, Appraisal& appraisal);
  void share_alarm();

  Parts parts_;
  std::uint32_t samples_;
  FrameQueue queue_;
  WindowAssembler assembler_;

  std::uint64_t window_ = 0;  // wanted
  bool ended_ = false;        // the sampler has sent all of it
  bool fell_back_ = false;
  std::uint32_t frames_ = 0;
  std::uint32_t sampler_dropped_ = 0;
  DropCounts drops_before_{};  // when the cycle before was counted
};

}  // namespace torpor
