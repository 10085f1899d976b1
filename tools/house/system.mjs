// SPDX-License-Identifier: Apache-2.0
// Who may see the operating system: the one list, held by tools/house_rules.mjs. Everything else
// goes through the seams.

export const kSystemHeader = /^(?:unistd|fcntl|signal|csignal|dirent|poll|spawn|dlfcn|pthread|sched|termios|pwd|grp|netdb|syslog|ifaddrs|mqueue|semaphore|glob|ftw|wordexp|utime|sys\/\w+|linux\/\w+|asm\/\w+|net\/\w+|netinet\/\w+|arpa\/\w+)(?:\.h)?$/;

// Rooms (with a slash at the end) and single files, each with its reason.
export const kSystemRooms = [
  { at: 'src/base/posix/', why: 'the other side of the seams' },
  { at: 'src/link/host/', why: 'sockets of the link' },
  { at: 'src/firmware/host/', why: 'the alarm that wakes the machine' },
  { at: 'src/roles/', why: 'wiring of processes: user ids, randomness, signals' },
  { at: 'src/cli/', why: 'verbs run at a desk, as the user that called them' },
  { at: 'src/model/worker/', why: 'starts, bounds and ends the process that infers' },
  { at: 'src/model/device/driver.cpp', why: 'loads the driver of a GPU, which may not be there' },
  { at: 'src/model/tensorrt/plugin.cpp', why: 'loads the plugin that links TensorRT' },
  { at: 'src/model/model_file.cpp', why: 'memory that can be locked and given back in whole pages' },
  { at: 'src/model/cpu/kernels.cpp', why: 'asks once what the processor can do' },
  { at: 'src/sensor/recording/posix_byte_source.cpp', why: 'the side of its seam that reads files' },
  { at: 'src/sensor/recording/sound_library.cpp', why: 'loads the codecs of recordings, which few robots ever need' },
  { at: 'src/telemetry/http/', why: 'libcurl: loaded when it is needed, and its signals' },
];
