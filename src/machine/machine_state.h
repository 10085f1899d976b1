// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string_view>

#include "contract/contract.h"
#include "window/window.h"

// What the machine was doing while a window was taken: whether there is a running bearing to
// listen to at all. Judged once for each good window, before anything is learned from it or
// scored. Integer arithmetic, no heap. Freestanding.
namespace torpor {

enum class MachineState : std::uint8_t {
  unknown,   // nothing was measured, or nothing says what counts as running
  standing,  // its shaft is at rest, or below what counts as running, throughout
  changing,  // it started, stopped, or its speed moved while it was listened to
  steady,    // it ran throughout
};
inline constexpr std::size_t kMachineStates = 4;
std::string_view name(MachineState state);

// Who says so: the stated speed where there is one, else the level of the signal.
enum class MachineWitness : std::uint8_t { none, speed, level };
inline constexpr std::size_t kMachineWitnesses = 3;
std::string_view name(MachineWitness witness);

// A stated speed that moves by more than this between the first and the last sample of a
// window smears every order by as much: changing.
inline constexpr std::uint32_t kSteadySpeedPercent = 10;

// The state of the machine with the evidence for it.
struct MachineFacts {
  MachineState state = MachineState::unknown;
  MachineWitness witness = MachineWitness::none;
  // Level: RMS of the loudest axis, in the quietest and in the loudest of the window's eight
  // parts. A part's level is the median of its slices' (sixteen where there are samples enough),
  // so that one knock is no start; a slice's is around its own mean, so that a robot that is
  // tilted or rocked does not run.
  std::uint32_t quietest_ug = 0;
  std::uint32_t loudest_ug = 0;
  std::uint32_t running_ug = 0;  // it counted as running from this level on; 0: no such level is known
  // The two witnesses contradict: a shaft is said to turn and is not heard.
  bool contradicts = false;
};

// What is known of a running machine beside the contract.
struct KnownRunning {
  // The level below which no running window has been: from the robot's own baseline, once its
  // fit is closed; 0: not known yet. Used where the contract does not state one (schema 1).
  std::uint32_t running_ug = 0;
};

// Judges a whole, gap-free window whose samples are valid: a good one, or a saturated one.
//
//   by stated speed     standing   stopped, or below machine.running_rpm_milli, at both ends
//                       changing   so at one end, or the speed moved by more than
//                                  kSteadySpeedPercent between them; or (witness: level) the
//                                  contract states a running level, and only the loudest part
//                                  reaches it
//                       steady     else
//   by level            standing   the loudest part lies below the running level
//   (no speed stated)   changing   the quietest part does
//                       steady     else
//   unknown             no speed is stated and no running level is known
//
// A speed stated at one end alone is that of both. A steady speed and a loudest part below the
// contract's running level contradict; the level of KnownRunning contradicts nobody, as the
// machine may never have run so slowly while it was learned.
MachineFacts judge_machine(const Window& window, const SensorTerms& sensor, const MachineTerms& machine,
                           const KnownRunning& known);

}  // namespace torpor
